namespace FlowLite.Server.Replay;

/// <summary>
/// How cases call one execution of an activity: its name, in loops with the items' indices, <c>Create a new record[2][0]</c>; in the run of
/// another flow with that flow's id before it, <c>enrich-lead/Create a new record</c>.
/// </summary>
internal static class ReplayKeys
{
    /// <param name="itemPath">The engine's form, <c>2/0</c>; null outside of loops.</param>
    public static string Key(string name, string? itemPath) =>
        itemPath is null ? name : $"{name}[{itemPath.Replace("/", "][", StringComparison.Ordinal)}]";

    /// <summary>What stands before the names of another flow's activities.</summary>
    public static string OfFlow(string definitionId) => $"{definitionId}/";
}
