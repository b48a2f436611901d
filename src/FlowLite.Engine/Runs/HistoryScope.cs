namespace FlowLite.Engine.Runs;

/// <summary>
/// What a reader wants of a run's history. The rest is folded and forgotten, so that a page of a run with hundreds of thousands
/// of executions costs no more memory than the page.
/// </summary>
public sealed class HistoryScope
{
    public static HistoryScope Everything { get; } = new();

    /// <summary>No line and no execution: the run as it stands, and its counts.</summary>
    public static HistoryScope Nothing { get; } = new() { Lines = static _ => false, Executions = static _ => false };

    /// <summary>Asked once for each line, in their order: whether it is kept.</summary>
    public Func<RunLogEntry, bool> Lines { get; init; } = static _ => true;

    /// <summary>Asked once for each execution, when nothing happens to it any more or the journal ends: whether it is kept.</summary>
    public Func<ActionHistory, bool> Executions { get; init; } = static _ => true;
}
