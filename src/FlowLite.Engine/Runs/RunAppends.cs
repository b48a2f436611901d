namespace FlowLite.Engine.Runs;

/// <summary>Makes the append of events that are already folded into the state: their bytes, the run's row, timers, a snapshot when one is due.</summary>
internal static class RunAppends
{
    public static RunAppend Make(RunState state, IReadOnlyList<RunEvent> events, int snapshotEvery, RunActivation activation = RunActivation.Always)
    {
        var values = new List<StoredValue>();
        var firstSeq = state.Seq - events.Count;
        var (set, cleared) = Timers(events, state);
        state.Cancelled.Clear();
        state.DeadlinesChanged.Clear();
        IReadOnlyList<MailItem> mail = state.Outgoing.Count > 0 ? [.. state.Outgoing] : [];
        state.Outgoing.Clear();
        var isLeft = (state.IsOver || state.Status == RunStatus.Quarantined) && firstSeq > 0;
        var snapshotDue = !state.IsOver && state.Seq / snapshotEvery > firstSeq / snapshotEvery;
        // A plain null would become an empty memory.
        var snapshot = snapshotDue ? RunStateJson.Write(state, values) : default(ReadOnlyMemory<byte>?);
        return new RunAppend
        {
            RunId = state.RunId,
            FirstSeq = firstSeq,
            Count = events.Count,
            Events = RunJournal.Write(events, values),
            Summary = Summarize(state),
            NamesRun = firstSeq > 0 && events.Any(static e => e is ActivityEvent { Run: { Name: not null } or { CorrelationId: not null } }),
            TimersSet = set,
            TimersCleared = cleared,
            Activation = activation,
            ClearAllTimers = isLeft,
            Mail = mail,
            ClearMailbox = isLeft && state.HasMailbox,
            Snapshot = snapshot,
            Values = values,
        };
    }

    public static RunSummary Summarize(RunState state)
    {
        var incident = state.Incidents.Count > 0 ? state.Incidents[^1].Failure : null;
        return new RunSummary
        {
            RunId = state.RunId,
            DefinitionId = state.Start.DefinitionId,
            VersionId = state.Start.VersionId,
            RootRunId = state.Start.RootRunId,
            ResubmitOf = state.Start.ResubmitOf,
            ClientTrackingId = state.Start.ClientTrackingId,
            ParentRunId = state.Start.Parent?.RunId,
            Name = state.Name,
            CorrelationId = state.CorrelationId,
            Status = state.Status,
            StartedAt = state.Start.At,
            UpdatedAt = state.UpdatedAt,
            FinishedAt = state.FinishedAt,
            ErrorCode = incident?.Code,
            ErrorMessage = incident?.Message,
            IncidentCount = state.Incidents.Count,
        };
    }

    /// <summary>All that its rows have to say of when it goes on by itself.</summary>
    public static IReadOnlyList<RunTimer> Timers(RunState state) =>
        [.. state.Instances.Values.Where(i => i.Timer is not null).Select(i => new RunTimer(i.Id, i.Timer!.Value, i.Gate))];

    /// <summary>All that its rows have to say of what it waits for besides time.</summary>
    public static IReadOnlyList<MailItem> Bookmarks(RunState state) =>
        [.. from instance in state.Instances.Values from bookmark in instance.Bookmarks.All select new BookmarkSet(instance.Id, bookmark)];

    // What was touched has the timer that the state now says, or none: a late answer of what is gone sets nothing.
    private static (IReadOnlyList<RunTimer> Set, IReadOnlyList<Guid> Cleared) Timers(IReadOnlyList<RunEvent> events, RunState state)
    {
        HashSet<Guid>? touched = null;
        foreach (var @event in events)
        {
            if (@event is ActivityFailed { RetryAt: not null } or ActivitySuspended or TimerFired or SignalReceived)
            {
                (touched ??= []).Add(((ActivityEvent)@event).Instance);
            }
        }

        foreach (var instance in state.Cancelled)
        {
            if (instance.Due is not null)
            {
                (touched ??= []).Add(instance.Id);
            }
        }

        foreach (var instance in state.DeadlinesChanged)
        {
            (touched ??= []).Add(instance);
        }

        if (touched is null)
        {
            return ([], []);
        }

        var timers = touched.Select(id => (Id: id, state.Instances.GetValueOrDefault(id)?.Gate, Due: state.Instances.GetValueOrDefault(id)?.Timer)).ToList();
        return ([.. timers.Where(t => t.Due is not null).Select(t => new RunTimer(t.Id, t.Due!.Value, t.Gate))],
            [.. timers.Where(t => t.Due is null).Select(t => t.Id)]);
    }
}
