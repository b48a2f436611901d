using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>How Elsa calls what a run is doing. A run that waits for a person is suspended and has an incident; one that is quarantined is interrupted.</summary>
internal static class ElsaStatus
{
    public const string Running = "Running";
    public const string Finished = "Finished";

    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        Running, Finished, "Pending", "Executing", "Suspended", "Cancelled", "Faulted", "Interrupted",
    };

    public static (string Status, string SubStatus) Of(RunStatus status) => status switch
    {
        RunStatus.Running => (Running, "Executing"),
        RunStatus.Suspended => (Running, "Suspended"),
        RunStatus.Quarantined => (Running, "Interrupted"),
        RunStatus.Succeeded => (Finished, "Finished"),
        RunStatus.Faulted => (Finished, "Faulted"),
        _ => (Finished, "Cancelled"),
    };

    public static bool IsKnown(string name) => Known.Contains(name);

    /// <summary>The runs that have one of these statuses and one of these substatuses; null: none is excluded.</summary>
    public static IReadOnlyList<RunStatus>? Matching(IReadOnlyCollection<string> statuses, IReadOnlyCollection<string> subStatuses) =>
        statuses.Count == 0 && subStatuses.Count == 0
            ? null
            : [.. Enum.GetValues<RunStatus>().Where(s => IsOneOf(Of(s).Status, statuses) && IsOneOf(Of(s).SubStatus, subStatuses))];

    private static bool IsOneOf(string name, IReadOnlyCollection<string> names) =>
        names.Count == 0 || names.Contains(name, StringComparer.OrdinalIgnoreCase);
}
