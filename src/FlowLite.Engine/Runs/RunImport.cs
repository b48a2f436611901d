using FlowLite.Engine.Compilation;
using FlowLite.Engine.Secure;

namespace FlowLite.Engine.Runs;

/// <summary>A run as another server had it.</summary>
/// <param name="Status">What it was there.</param>
/// <param name="Events">All of its events, in order.</param>
public sealed record ImportedRun(Guid RunId, RunStatus Status, DateTimeOffset? FinishedAt, IReadOnlyList<RunEvent> Events)
{
    /// <summary>
    /// The append that brings it in. With its version it stands where it stood; without, one that was not over can't go on and
    /// is left to a person.
    /// </summary>
    /// <exception cref="FormatException">Its events are no run of that version.</exception>
    internal RunAppend ToAppend(CompiledWorkflow? workflow, DateTimeOffset now)
    {
        if (Events is not [RunStarted { Format: <= RunJournal.Format } started, ..])
        {
            throw new FormatException("The journal does not begin with the start of a run, or a newer FlowLite has written it.");
        }

        if (!RunRepairs.IsOver(Status) && Events.Any(SecureEvents.AreIn))
        {
            return Closed(started, now, new RunFailure(
                SecureValueLostException.Code, "This run was under way where it comes from. It was exported without its secure values, so it can't go on here."));
        }

        return workflow is null
            ? Closed(started, now, new RunFailure("VersionUnknown", "This run was under way where it comes from. The version that it is pinned to is not here, so it can't go on."))
            : Open(workflow);
    }

    private RunAppend Open(CompiledWorkflow workflow)
    {
        RunState state;
        try
        {
            state = RunDecider.Fold(workflow, RunId, Events);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new FormatException("The journal does not fit the version that its run is pinned to.", e);
        }

        return state.Status == RunStatus.Quarantined
            ? Append(RunAppends.Summarize(state), Events, [])
            : Append(RunAppends.Summarize(state), Events, RunAppends.Timers(state), RunAppends.Bookmarks(state));
    }

    /// <param name="reason">Why it can't go on, if it was not over.</param>
    private RunAppend Closed(RunStarted started, DateTimeOffset now, RunFailure reason)
    {
        var failure = Events.OfType<ActivityFailed>().LastOrDefault(f => f.RetryAt is null)?.Failure;
        var failed = Status is RunStatus.Faulted or RunStatus.Quarantined;
        var run = new RunSummary
        {
            RunId = RunId,
            DefinitionId = started.DefinitionId,
            VersionId = started.VersionId,
            RootRunId = started.RootRunId,
            ResubmitOf = started.ResubmitOf,
            ParentRunId = started.Parent?.RunId,
            CorrelationId = started.CorrelationId,
            ClientTrackingId = started.ClientTrackingId,
            Status = Status,
            StartedAt = started.At,
            UpdatedAt = Events[^1].At,
            FinishedAt = RunRepairs.IsOver(Status) ? FinishedAt ?? Events[^1].At : null,
            ErrorCode = failed ? failure?.Code : null,
            ErrorMessage = failed ? failure?.Message : null,
            IncidentCount = failed ? 1 : 0,
        };
        if (RunRepairs.IsOver(Status) || Status == RunStatus.Quarantined)
        {
            return Append(run, Events, []);
        }

        var (quarantined, after) = RunRepairs.Quarantine(run, reason, now);
        return Append(after, [.. Events, quarantined], []);
    }

    private RunAppend Append(RunSummary run, IReadOnlyList<RunEvent> events, IReadOnlyList<RunTimer> timers, IReadOnlyList<MailItem>? mail = null)
    {
        var values = new List<StoredValue>();
        return new RunAppend
        {
            RunId = RunId,
            FirstSeq = 0,
            Count = events.Count,
            Events = RunJournal.Write(events, values),
            Summary = run,
            TimersSet = timers,
            Mail = mail ?? [],
            Values = values,
        };
    }
}
