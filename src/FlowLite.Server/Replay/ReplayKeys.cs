namespace FlowLite.Server.Replay;

/// <summary>How cases call one execution of an activity: its name, in loops with the items' indices, <c>Create a new record[2][0]</c>.</summary>
internal static class ReplayKeys
{
    /// <param name="itemPath">The engine's form, <c>2/0</c>; null outside of loops.</param>
    public static string Key(string name, string? itemPath) =>
        itemPath is null ? name : $"{name}[{itemPath.Replace("/", "][", StringComparison.Ordinal)}]";
}
