namespace FlowLite.Engine.Runs;

/// <summary>One line of what happened in a run.</summary>
/// <param name="Sequence">From 0; the same whenever the run is read, as lines are only added.</param>
/// <param name="Action">Null: the run itself.</param>
/// <param name="Until">When a wait ends, or the next attempt is due.</param>
public sealed record RunLogEntry(
    long Sequence,
    RunLogKind Kind,
    DateTimeOffset At,
    ActionHistory? Action,
    string? Message,
    RunFailure? Failure,
    IReadOnlyList<string> Outcomes,
    DateTimeOffset? Until);

public enum RunLogKind
{
    Started,
    Completed,
    /// <summary>Failed for good, or until a person decides.</summary>
    Faulted,
    /// <summary>An attempt failed, and another one follows.</summary>
    Retrying,
    Suspended,
    /// <summary>A wait is over; of the run itself: taken up again after a crash of the server.</summary>
    Resumed,
    Cancelled,
    /// <summary>Something to know that changed nothing.</summary>
    Noted,
}

/// <param name="keeps">Asked once for each entry, in order.</param>
internal sealed class RunLog(Func<RunLogEntry, bool> keeps)
{
    private readonly List<RunLogEntry> _entries = [];

    public IReadOnlyList<RunLogEntry> Entries => _entries;

    public int Count { get; private set; }

    public void Add(RunLogKind kind, DateTimeOffset at, ActionHistory? action, string? message = null, RunFailure? failure = null, IReadOnlyList<string>? outcomes = null, DateTimeOffset? until = null)
    {
        var entry = new RunLogEntry(Count++, kind, at, action, message ?? failure?.Message, failure, outcomes ?? [], until);
        if (keeps(entry))
        {
            _entries.Add(entry);
        }
    }
}
