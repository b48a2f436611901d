namespace FlowLite.Engine.Runs;

/// <summary>Makes the append of events that are already folded into the state: their bytes, the run's row, timers, a snapshot when one is due.</summary>
internal static class RunAppends
{
    public static RunAppend Make(RunState state, IReadOnlyList<RunEvent> events, int snapshotEvery)
    {
        var values = new List<StoredValue>();
        var firstSeq = state.Seq - events.Count;
        var (set, cleared) = Timers(events, state.Cancelled);
        state.Cancelled.Clear();
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
            TimersSet = set,
            TimersCleared = cleared,
            ClearAllTimers = (state.IsOver || state.Status == RunStatus.Quarantined) && firstSeq > 0,
            Snapshot = snapshot,
            Values = values,
        };
    }

    private static RunSummary Summarize(RunState state)
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

    // The last word on an instance counts: a timer that fired and was set anew in one append is set.
    private static (IReadOnlyList<RunTimer> Set, IReadOnlyList<Guid> Cleared) Timers(IReadOnlyList<RunEvent> events, List<ActivityInstance> cancelled)
    {
        Dictionary<Guid, DateTimeOffset?>? timers = null;
        foreach (var @event in events)
        {
            switch (@event)
            {
                case ActivityFailed { RetryAt: { } due } failed:
                    (timers ??= [])[failed.Instance] = due;
                    break;
                case ActivitySuspended suspended:
                    (timers ??= [])[suspended.Instance] = suspended.ResumeAt;
                    break;
                case TimerFired fired:
                    (timers ??= [])[fired.Instance] = null;
                    break;
            }
        }

        foreach (var instance in cancelled)
        {
            if (instance.Due is not null)
            {
                (timers ??= [])[instance.Id] = null;
            }
        }

        return timers is null
            ? ([], [])
            : ([.. timers.Where(t => t.Value is not null).Select(t => new RunTimer(t.Key, t.Value!.Value))],
               [.. timers.Where(t => t.Value is null).Select(t => t.Key)]);
    }
}
