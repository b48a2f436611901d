using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>What people read of a run: its events folded by activity instance, in the order in which those became ready.</summary>
public sealed partial class RunHistory
{
    private readonly CompiledWorkflow? _workflow;
    private readonly RunState? _state;
    private readonly HistoryScope _scope;
    private readonly List<ActionHistory> _kept = [];
    /// <summary>Executions to which something can still happen.</summary>
    private readonly Dictionary<Guid, ActionHistory> _open = [];
    /// <summary>Those that ended with the event that is folded, and get no late answer.</summary>
    private readonly List<ActionHistory> _ended = [];
    /// <summary>Activities that were executed, by id.</summary>
    private readonly HashSet<string> _seen = [];
    private readonly List<Incident> _incidents = [];
    private bool _isQuarantined;
    /// <summary>Containers whose children run.</summary>
    private readonly List<ActionHistory> _entered = [];
    private readonly RunLog _log;
    private int _count;
    private bool _stopped;

    private RunHistory(RunSummary summary, CompiledWorkflow? workflow, HistoryScope scope)
    {
        Summary = summary;
        _scope = scope;
        _log = new RunLog(scope.Lines);
        _workflow = workflow;
        _state = workflow is null ? null : new RunState { RunId = summary.RunId };
    }

    public RunSummary Summary { get; }
    public RunStarted Started { get; private set; } = null!;
    public IEnumerable<ActionHistory> Actions => _kept.Where(a => !a.IsSilent);
    /// <summary>How many actions there are, whatever was kept.</summary>
    public int ActionCount { get; private set; }
    /// <summary>The actions, and the containers around them that only hold them together. Those that were skipped come last.</summary>
    public IReadOnlyList<ActionHistory> Executions => _kept;
    /// <summary>What happened, in order. Entries are only ever added, so an entry keeps its number.</summary>
    public IReadOnlyList<RunLogEntry> Log => _log.Entries;
    /// <summary>How many lines there are, whatever was kept.</summary>
    public int LogCount => _log.Count;
    /// <summary>The run as it stands; null when its version does not compile any more.</summary>
    public RunState? State => _state;
    /// <summary>What ended the run, or waits for a person.</summary>
    public IReadOnlyList<Incident> Incidents => _incidents;
    public string? CancelReason { get; private set; }
    /// <summary>When the run was taken up again after a crash of the server.</summary>
    public IReadOnlyList<DateTimeOffset> Recoveries { get; private set; } = [];

    /// <param name="events">All of the run's events, in order.</param>
    /// <param name="workflow">
    /// The version that the run is pinned to; null when it does not compile any more. Then activities go by their ids, and
    /// those that are under way without an event yet are not seen.
    /// </param>
    public static RunHistory From(RunSummary summary, IEnumerable<RunEvent> events, CompiledWorkflow? workflow)
    {
        var history = new RunHistory(summary, workflow, HistoryScope.Everything);
        foreach (var @event in events)
        {
            history.Fold(@event);
        }

        history.Finish();
        return history;
    }

    /// <summary>The same of events that are read as they are folded, with what the scope says of it.</summary>
    public static async ValueTask<RunHistory> FromAsync(RunSummary summary, IAsyncEnumerable<RunEvent> events, CompiledWorkflow? workflow, HistoryScope scope)
    {
        var history = new RunHistory(summary, workflow, scope);
        await foreach (var @event in events)
        {
            history.Fold(@event);
        }

        history.Finish();
        return history;
    }

    /// <summary>In Flow's words: Running, Waiting, Succeeded, Failed, Cancelled; Quarantined is ours.</summary>
    public static string StatusOf(RunStatus status) => status switch
    {
        RunStatus.Suspended => ActionHistory.Waiting,
        RunStatus.Faulted => ActionHistory.Failed,
        _ => status.ToString(),
    };

    private void Fold(RunEvent @event)
    {
        switch (@event)
        {
            case RunStarted started:
                Started = started;
                _log.Add(RunLogKind.Started, started.At, null);
                break;
            case RunCancelled cancelled:
                CancelReason = cancelled.Reason;
                break;
            case RunRecovered recovered:
                Recoveries = [.. Recoveries, recovered.At];
                _log.Add(RunLogKind.Resumed, recovered.At, null, _isQuarantined
                    ? "Taken up again: its version can run here again."
                    : "Taken up again: the server had stopped while this run was under way.");
                if (_isQuarantined)
                {
                    _isQuarantined = false;
                    _incidents.RemoveAt(_incidents.Count - 1);
                }

                break;
            case SignalDropped dropped:
                _log.Add(RunLogKind.Noted, dropped.At, null, $"{dropped.Kind} '{dropped.Key}' came when nobody waited for it any more.");
                break;
            case RunQuarantined quarantined:
                _incidents.Add(new Incident("", null, quarantined.Failure, quarantined.At));
                _log.Add(RunLogKind.Faulted, quarantined.At, null, failure: quarantined.Failure);
                _isQuarantined = true;
                break;
            case RunFaulted faulted:
                _incidents.Add(new Incident("", null, faulted.Failure, faulted.At));
                _log.Add(RunLogKind.Faulted, faulted.At, null, failure: faulted.Failure);
                break;
            case ActivityEvent activity:
                Fold(activity);
                break;
        }

        if (_state is null)
        {
            if (@event is RunCancelled or RunFaulted)
            {
                Stop(@event.At, @event is RunCancelled ? RunStatus.Cancelled : RunStatus.Faulted);
            }
        }
        else
        {
            FoldState(@event);
        }

        _ended.ForEach(Close);
        _ended.Clear();
    }

    private void Fold(ActivityEvent @event)
    {
        var action = Action(@event);
        // Over, or lost a race: nothing that it still does counts.
        action.IsLate = _state is not null && (_state.IsOver || action.EndTime is not null);
        var late = action.IsLate ? _state!.IsOver ? "The answer came when the run was over." : "The answer came when nobody waited for it any more." : null;
        action.Runs = [.. action.Runs, .. @event.Runs ?? []];
        switch (@event)
        {
            case EffectIntended intended:
                action.Inputs = intended.Inputs;
                break;
            case ActivityEntered entered:
                action.Inputs = entered.Inputs;
                action.Outputs = entered.Outputs ?? action.Outputs;
                if (!_entered.Contains(action))
                {
                    _entered.Add(action);
                }

                break;
            case ActivityCompleted completed:
                action.Inputs = completed.Inputs ?? action.Inputs;
                // A trigger's outputs are what started the run, and are journaled there.
                action.Outputs = completed.Outputs ?? (completed.Activity == Started?.TriggerActivity ? Started.Trigger : null);
                action.Outcomes = completed.Outcomes;
                (action.Log, action.Note) = Shown(action).ShowsTexts ? (completed.Log ?? [], completed.Note) : ([], null);
                action.Add(new ActionAttempt(action.Attempts.Count + 1, completed.StartedAt, completed.At, null, null));
                End(action, ActionHistory.Succeeded, completed.At);
                _log.Add(RunLogKind.Completed, completed.At, action, late ?? action.Note, outcomes: completed.Outcomes);
                if (!action.IsLate && completed.Ending is { Failure: { } failure } ending)
                {
                    Fold(action, ending, failure, completed.At);
                }

                break;
            case ActivityFailed failed:
                Fold(action, failed);
                _log.Add(failed.RetryAt is null ? RunLogKind.Faulted : RunLogKind.Retrying, failed.At, action, late, failed.Failure, until: failed.RetryAt);
                break;
            case ActivitySuspended suspended:
                action.Inputs = suspended.Inputs ?? action.Inputs;
                action.StartTime = action.HasStarted ? action.StartTime : suspended.StartedAt;
                action.HasStarted = true;
                action.Wait(suspended.ResumeAt, suspended.Bookmarks, suspended.Reason);
                _log.Add(RunLogKind.Suspended, suspended.At, action, suspended.Reason?.Message ?? WaitsFor(action), suspended.Reason, until: suspended.ResumeAt);
                break;
            case SignalReceived signal:
                action.Resume(signal);
                _log.Add(RunLogKind.Resumed, signal.At, action, $"{signal.Kind} '{signal.Key}' came.");
                break;
            case TimerFired:
                action.Resume();
                _log.Add(RunLogKind.Resumed, @event.At, action);
                break;
        }
    }

    private static string? WaitsFor(ActionHistory action) => action.WaitsFor switch
    {
        [] => null,
        [var one] => $"Waits for {one.Kind} '{one.Key}'.",
        _ => $"Waits for {action.WaitsFor.Count} of kind {action.WaitsFor[0].Kind}.",
    };

    private void Fold(ActionHistory action, RunEnding ending, RunFailure failure, DateTimeOffset at)
    {
        if (ending.Status == RunStatus.Faulted)
        {
            Add(new Incident(action.ActivityId, action.Instance, failure, at), action);
            _log.Add(RunLogKind.Faulted, at, null, failure: failure);
        }
        else if (ending.Status == RunStatus.Cancelled)
        {
            CancelReason = failure.Message;
        }
    }

    private void Fold(ActionHistory action, ActivityFailed failed)
    {
        action.Inputs = failed.Inputs ?? action.Inputs;
        action.Add(new ActionAttempt(action.Attempts.Count + 1, failed.StartedAt, failed.At, failed.Failure, failed.RetryAt));
        if (failed.NeedsDecision)
        {
            action.Wait(null);
        }
        else if (failed.RetryAt is { } retryAt)
        {
            if (!action.IsLate)
            {
                action.Wait(retryAt);
            }

            return;
        }
        else if (failed.TimedOut)
        {
            action.End(ActionHistory.TimedOut, failed.At);
        }
        else
        {
            End(action, ActionHistory.Failed, failed.At);
        }

        if (!action.IsLate && (failed.NeedsDecision || !IsHandled(failed)))
        {
            Add(new Incident(failed.Activity, failed.Instance, failed.Failure, failed.At), action);
        }
    }

    private void Add(Incident incident, ActionHistory action)
    {
        _incidents.Add(incident);
        for (var parent = action.Parent; parent is { } id && _open.TryGetValue(id, out var container); parent = container.Parent)
        {
            container.IncidentsBelow++;
        }
    }

    /// <summary>The run goes on with it. Asked before the event is folded into the state.</summary>
    private bool IsHandled(ActivityFailed failed) => _state is null
        ? _workflow?.Nodes.GetValueOrDefault(failed.Activity)?.HasOutcome(Outcomes.Failed) == true
        : _state.Instances.TryGetValue(failed.Instance, out var instance) && FailureHandling.Find(_workflow!, _state, instance, failed.TimedOut) is not null;

    private ActionHistory Action(ActivityEvent @event) =>
        // Without a state nobody saw it become ready.
        _open.TryGetValue(@event.Instance, out var action) ? action : Add(@event.Instance, @event.Activity, @event.At, null, null);

    private ActionHistory Add(Guid instance, string activity, DateTimeOffset at, ActivityInstance? scheduled, Guid? scheduledBy)
    {
        var node = _workflow?.Nodes.GetValueOrDefault(activity);
        var cause = scheduledBy is { } by ? _open.GetValueOrDefault(by) : null;
        var action = new ActionHistory
        {
            Number = _count++,
            ActionNumber = ActionCount,
            Instance = instance,
            ActivityId = activity,
            Name = node?.Name ?? activity,
            Type = node?.Type,
            Parent = scheduled?.Parent,
            ParentActivity = scheduled?.Parent is { } parent ? _open.GetValueOrDefault(parent)?.ActivityId : null,
            ScheduledBy = cause is null ? null : scheduledBy,
            ScheduledByActivity = cause?.ActivityId,
            Depth = (cause?.Depth ?? 0) + 1,
            IsSilent = node?.Activity is Container { EvaluatesInputs: false, CatchesFailures: false },
            ItemPath = scheduled?.ItemPath,
            StartTime = at,
        };
        _open[instance] = action;
        _seen.Add(activity);
        ActionCount += action.IsSilent ? 0 : 1;
        _log.Add(RunLogKind.Started, at, action);
        return action;
    }

    private void Finish()
    {
        foreach (var action in _open.Values.OrderBy(a => a.Number).ToList())
        {
            Close(action);
        }

        if (_state?.IsOver == true)
        {
            AddSkipped();
        }

        _kept.Sort(static (a, b) => a.Number.CompareTo(b.Number));
    }

    /// <summary>Nothing happens to it any more.</summary>
    private void Close(ActionHistory action)
    {
        if (!_open.Remove(action.Instance!.Value))
        {
            return;
        }

        LeaveOut(action);
        if (_scope.Executions(action))
        {
            _kept.Add(action);
        }
    }

    private LogPersistence Shown(ActionHistory action) => _workflow?.Nodes.GetValueOrDefault(action.ActivityId)?.Log ?? LogPersistence.All;

    /// <summary>What the author doesn't want in the history, though the journal needs it.</summary>
    private void LeaveOut(ActionHistory action)
    {
        var shown = Shown(action);
        if (shown.ShowsAll)
        {
            return;
        }

        (action.Inputs, action.Outputs) = (shown.Inputs(action.Inputs), shown.Outputs(action.Outputs));
        if (action.ActivityId == Started.TriggerActivity)
        {
            Started = Started with { Trigger = shown.Outputs(Started.Trigger) };
        }
    }

    private void AddSkipped()
    {
        foreach (var node in _workflow!.Nodes.Values.Where(n => n.Activity is not Container && !_seen.Contains(n.Id)))
        {
            var action = new ActionHistory { Number = _count++, ActionNumber = ActionCount++, ActivityId = node.Id, Name = node.Name, Type = node.Type, Status = ActionHistory.Skipped };
            if (_scope.Executions(action))
            {
                _kept.Add(action);
            }
        }
    }
}
