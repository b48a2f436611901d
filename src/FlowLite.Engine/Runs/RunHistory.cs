using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>What people read of a run: its events folded by activity instance, in the order in which those became ready.</summary>
public sealed class RunHistory
{
    private readonly CompiledWorkflow? _workflow;
    private readonly RunState? _state;
    private readonly List<ActionHistory> _actions = [];
    private readonly Dictionary<Guid, ActionHistory> _byInstance = [];
    private readonly List<Incident> _incidents = [];
    /// <summary>Containers whose children run.</summary>
    private readonly List<ActionHistory> _entered = [];
    private readonly RunLog _log = new();
    private bool _stopped;

    private RunHistory(RunSummary summary, CompiledWorkflow? workflow)
    {
        Summary = summary;
        _workflow = workflow;
        _state = workflow is null ? null : new RunState { RunId = summary.RunId };
    }

    public RunSummary Summary { get; }
    public RunStarted Started { get; private set; } = null!;
    public IEnumerable<ActionHistory> Actions => _actions.Where(a => !a.IsSilent);
    /// <summary>The actions, and the containers around them that only hold them together. Those that were skipped come last.</summary>
    public IReadOnlyList<ActionHistory> Executions => _actions;
    /// <summary>What happened, in order. Entries are only ever added, so an entry keeps its number.</summary>
    public IReadOnlyList<RunLogEntry> Log => _log.Entries;
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
        var history = new RunHistory(summary, workflow);
        foreach (var @event in events)
        {
            history.Fold(@event);
        }

        history.AddSkipped();
        history.LeaveOut();
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
                _log.Add(RunLogKind.Resumed, recovered.At, null, "Taken up again: the server had stopped while this run was under way.");
                break;
            case SignalDropped dropped:
                _log.Add(RunLogKind.Noted, dropped.At, null, $"{dropped.Kind} '{dropped.Key}' came when nobody waited for it any more.");
                break;
            case RunQuarantined quarantined:
                _incidents.Add(new Incident("", null, quarantined.Failure, quarantined.At));
                _log.Add(RunLogKind.Faulted, quarantined.At, null, failure: quarantined.Failure);
                break;
            case ActivityEvent activity:
                Fold(activity);
                break;
        }

        if (_state is null)
        {
            if (@event is RunCancelled)
            {
                Stop(@event.At, RunStatus.Cancelled);
            }

            return;
        }

        var known = _state.NextOrder;
        RunDecider.Apply(_workflow!, _state, @event);
        _state.Ready.Clear();
        EndCancelled(@event.At);
        if (!_state.IsOver)
        {
            EndContainers(@event.At);
        }

        if (_state.NextOrder > known)
        {
            AddScheduled(@event, known);
        }

        if (_state.IsOver)
        {
            Stop(@event.At, _state.Status);
        }
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
                action.Log = completed.Log ?? [];
                action.Note = completed.Note;
                action.Add(new ActionAttempt(action.Attempts.Count + 1, completed.StartedAt, completed.At, null, null));
                action.End(ActionHistory.Succeeded, completed.At);
                _log.Add(RunLogKind.Completed, completed.At, action, late ?? completed.Note, outcomes: completed.Outcomes);
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
            _incidents.Add(new Incident(action.ActivityId, action.Instance, failure, at));
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
        else
        {
            action.End(failed.TimedOut ? ActionHistory.TimedOut : ActionHistory.Failed, failed.At);
        }

        if (!action.IsLate && (failed.NeedsDecision || !IsHandled(failed)))
        {
            _incidents.Add(new Incident(failed.Activity, failed.Instance, failed.Failure, failed.At));
        }
    }

    /// <summary>The run goes on with it. Asked before the event is folded into the state.</summary>
    private bool IsHandled(ActivityFailed failed) => _state is null
        ? _workflow?.Nodes.GetValueOrDefault(failed.Activity)?.HasOutcome(Outcomes.Failed) == true
        : _state.Instances.TryGetValue(failed.Instance, out var instance) && FailureHandling.Find(_workflow!, _state, instance, failed.TimedOut) is not null;

    private ActionHistory Action(ActivityEvent @event) =>
        // Without a state nobody saw it become ready.
        _byInstance.TryGetValue(@event.Instance, out var action) ? action : Add(@event.Instance, @event.Activity, @event.At, null, null);

    private ActionHistory Add(Guid instance, string activity, DateTimeOffset at, ActivityInstance? scheduled, Guid? scheduledBy)
    {
        var node = _workflow?.Nodes.GetValueOrDefault(activity);
        var action = new ActionHistory
        {
            Instance = instance,
            ActivityId = activity,
            Name = node?.Name ?? activity,
            Type = node?.Type,
            Parent = scheduled?.Parent,
            ScheduledBy = scheduledBy,
            IsSilent = node?.Activity is Container { EvaluatesInputs: false, CatchesFailures: false },
            ItemPath = scheduled?.ItemPath,
            StartTime = at,
        };
        _byInstance[instance] = action;
        _actions.Add(action);
        _log.Add(RunLogKind.Started, at, action);
        return action;
    }

    // An instance that is done as soon as it is made is not seen: an empty container.
    private void AddScheduled(RunEvent @event, long known)
    {
        var by = (@event as ActivityEvent)?.Instance;
        foreach (var instance in _state!.Instances.Values.Where(i => i.Order >= known).OrderBy(i => i.Order).ToList())
        {
            var parentIsNew = instance.Parent is { } parent && _state.Instances.TryGetValue(parent, out var container) && container.Order >= known;
            var action = Add(instance.Id, instance.Activity, @event.At, instance, parentIsNew ? instance.Parent : by);
            if (_workflow!.Node(instance.Activity).Activity is Container { EvaluatesInputs: false })
            {
                _entered.Add(action);
            }
        }
    }

    private void EndCancelled(DateTimeOffset at)
    {
        foreach (var cancelled in _state!.Cancelled)
        {
            if (_byInstance.GetValueOrDefault(cancelled.Id) is { EndTime: null } action)
            {
                action.End(ActionHistory.Cancelled, at);
                _entered.Remove(action);
                _log.Add(RunLogKind.Cancelled, at, action);
            }
        }

        _state.Cancelled.Clear();
        _state.DeadlinesChanged.Clear();
        _state.Outgoing.Clear();
    }

    // No event tells it: a container is done when its last child is.
    private void EndContainers(DateTimeOffset at)
    {
        for (var i = _entered.Count - 1; i >= 0; i--)
        {
            if (!_state!.Instances.ContainsKey(_entered[i].Instance!.Value))
            {
                End(_entered[i], at);
                _entered.RemoveAt(i);
            }
        }
    }

    private void End(ActionHistory container, DateTimeOffset at)
    {
        var status = ActionHistory.Succeeded;
        if (!container.IsSilent && _state!.Actions.GetValueOrDefault(container.Name) is { } result && _workflow!.Node(container.ActivityId).Activity is Container { CatchesFailures: true })
        {
            (status, container.Outputs) = (result.Status, result.Outputs);
        }

        if (container.EndTime is not null)
        {
            // Its time was up; an event told it.
            return;
        }

        container.End(status, at);
        _log.Add(status == ActionHistory.Failed ? RunLogKind.Faulted : RunLogKind.Completed, at, container, outcomes: [status == ActionHistory.Succeeded ? Outcomes.Done : status]);
    }

    // The run is over: its containers end as it did, what else was under way is cut off.
    private void Stop(DateTimeOffset at, RunStatus status)
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        foreach (var action in _actions.Where(a => a.EndTime is null).Reverse())
        {
            var endsLikeTheRun = _entered.Contains(action);
            action.End(endsLikeTheRun ? StatusOf(status) : ActionHistory.Cancelled, at);
            if (!endsLikeTheRun || status != RunStatus.Faulted)
            {
                _log.Add(endsLikeTheRun && status == RunStatus.Succeeded ? RunLogKind.Completed : RunLogKind.Cancelled, at, action);
            }
        }

        if (status != RunStatus.Faulted)
        {
            _log.Add(status == RunStatus.Succeeded ? RunLogKind.Completed : RunLogKind.Cancelled, at, null, CancelReason);
        }
    }

    /// <summary>What the author doesn't want in the history, though the journal needs it.</summary>
    private void LeaveOut()
    {
        foreach (var action in _actions)
        {
            if (_workflow?.Nodes.GetValueOrDefault(action.ActivityId)?.Log is not { ShowsAll: false } shown)
            {
                continue;
            }

            (action.Inputs, action.Outputs) = (shown.Inputs(action.Inputs), shown.Outputs(action.Outputs));
            if (!shown.ShowsTexts)
            {
                (action.Log, action.Note) = ([], null);
            }

            if (action.ActivityId == Started.TriggerActivity)
            {
                Started = Started with { Trigger = shown.Outputs(Started.Trigger) };
            }
        }
    }

    private void AddSkipped()
    {
        if (_state?.IsOver != true)
        {
            return;
        }

        var seen = _actions.Select(a => a.ActivityId).ToHashSet();
        foreach (var node in _workflow!.Nodes.Values.Where(n => n.Activity is not Container && !seen.Contains(n.Id)))
        {
            _actions.Add(new ActionHistory { ActivityId = node.Id, Name = node.Name, Type = node.Type, Status = ActionHistory.Skipped });
        }
    }
}

