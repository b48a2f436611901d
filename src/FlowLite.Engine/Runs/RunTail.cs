namespace FlowLite.Engine.Runs;

/// <summary>The end of a run's journal: events that are folded in and not appended yet, and the appends that are on their way. Guarded by the run's lock.</summary>
internal sealed class RunTail(RunState state, EngineServices services)
{
    private readonly List<RunEvent> _pending = [];

    public IReadOnlyList<RunEvent> Pending => _pending;

    /// <summary>Completes when everything that was given to <see cref="Append"/> is durable.</summary>
    public Task Appended { get; private set; } = Task.CompletedTask;

    /// <summary>An event since the last append holds a value that would not come out the same again.</summary>
    public bool IsUnrepeatable { get; set; }

    /// <summary>Something waits for the next append that others should not wait for long.</summary>
    public bool IsAwaited => _pending.Count > 0
        && (state.IsOver || state.Outgoing.Count > 0 || _pending.Exists(static e => e is ActivitySuspended or ActivityFailed { RetryAt: not null }));

    public void Add(RunEvent @event) => _pending.Add(@event);

    /// <summary>Null, or why an earlier append failed: behind what is not there, nothing is written.</summary>
    public Exception? Append()
    {
        if (_pending.Count == 0)
        {
            return null;
        }

        if (Appended.Exception is { } failed)
        {
            return failed.InnerException!;
        }

        var append = RunAppends.Make(state, _pending, services.Options.SnapshotEvery);
        _pending.Clear();
        IsUnrepeatable = false;
        // One lane, first come first served: when the last append is durable, all before it are.
        Appended = StoredAsync(Appended, append);
        return null;
    }

    /// <summary>Writes the run's row anew, without an event.</summary>
    public void AppendRow() => Appended = StoredAsync(Appended, RunAppends.Make(state, [], services.Options.SnapshotEvery));

    private async Task StoredAsync(Task before, RunAppend append)
    {
        await services.AppendAsync(append);
        await before;
    }
}
