using System.Text.Json;
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

    private RunHistory(RunSummary summary, CompiledWorkflow? workflow)
    {
        Summary = summary;
        _workflow = workflow;
        _state = workflow is null ? null : new RunState { RunId = summary.RunId };
    }

    public RunSummary Summary { get; }
    public RunStarted Started { get; private set; } = null!;
    public IReadOnlyList<ActionHistory> Actions => _actions;
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
                break;
            case RunCancelled cancelled:
                CancelReason = cancelled.Reason;
                break;
            case RunRecovered recovered:
                Recoveries = [.. Recoveries, recovered.At];
                break;
            case RunQuarantined quarantined:
                _incidents.Add(new Incident("", null, quarantined.Failure, quarantined.At));
                break;
            case ActivityEvent activity:
                Fold(activity);
                break;
        }

        if (_state is null)
        {
            return;
        }

        RunDecider.Apply(_workflow!, _state, @event);
        while (_state.TryTakeReady(out var ready))
        {
            Action(ready.Id, ready.Activity, @event.At);
        }

        foreach (var cancelled in _state.Cancelled)
        {
            _byInstance.GetValueOrDefault(cancelled.Id)?.End(ActionHistory.Cancelled, @event.At);
        }

        _state.Cancelled.Clear();
        if (_state.IsOver)
        {
            Stop(@event.At);
        }
        else
        {
            EndContainers(@event.At);
        }
    }

    private void Fold(ActivityEvent @event)
    {
        var action = Action(@event.Instance, @event.Activity, @event.At);
        // Over, or lost a race: nothing that it still does counts.
        action.IsLate = _state is not null && (_state.IsOver || action.EndTime is not null);
        switch (@event)
        {
            case EffectIntended intended:
                action.Inputs = intended.Inputs;
                break;
            case ActivityEntered entered:
                action.Inputs = entered.Inputs;
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
                break;
            case ActivityFailed failed:
                Fold(action, failed);
                break;
            case ActivitySuspended suspended:
                action.Inputs = suspended.Inputs ?? action.Inputs;
                action.StartTime = action.HasStarted ? action.StartTime : suspended.StartedAt;
                action.HasStarted = true;
                action.Wait(suspended.ResumeAt);
                break;
            case TimerFired:
                action.Resume();
                break;
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
            action.End(ActionHistory.Failed, failed.At);
        }

        if (!action.IsLate && (failed.NeedsDecision || _workflow?.Nodes.GetValueOrDefault(failed.Activity)?.HasOutcome(Outcomes.Failed) != true))
        {
            _incidents.Add(new Incident(failed.Activity, failed.Instance, failed.Failure, failed.At));
        }
    }

    private ActionHistory Action(Guid instance, string activity, DateTimeOffset at)
    {
        if (!_byInstance.TryGetValue(instance, out var action))
        {
            var node = _workflow?.Nodes.GetValueOrDefault(activity);
            action = new ActionHistory { Instance = instance, ActivityId = activity, Name = node?.Name ?? activity, Type = node?.Type, ItemPath = _state?.Instances.GetValueOrDefault(instance)?.ItemPath, StartTime = at };
            _byInstance[instance] = action;
            _actions.Add(action);
        }

        return action;
    }

    // No event tells it: a container is done when its last child is.
    private void EndContainers(DateTimeOffset at)
    {
        for (var i = _entered.Count - 1; i >= 0; i--)
        {
            if (!_state!.Instances.ContainsKey(_entered[i].Instance!.Value))
            {
                _entered[i].End(ActionHistory.Succeeded, at);
                _entered.RemoveAt(i);
            }
        }
    }

    // The run is over: its containers end as it did, what else was under way is cut off.
    private void Stop(DateTimeOffset at)
    {
        foreach (var action in _actions.Where(a => a.EndTime is null))
        {
            action.End(_entered.Contains(action) ? StatusOf(_state!.Status) : ActionHistory.Cancelled, at);
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

/// <summary>One execution of an activity, with every attempt at it.</summary>
public sealed class ActionHistory
{
    public const string Running = "Running";
    public const string Waiting = "Waiting";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
    /// <summary>Under way when the run ended without it.</summary>
    public const string Cancelled = "Cancelled";
    /// <summary>The run ended and never came here.</summary>
    public const string Skipped = "Skipped";

    private readonly List<ActionAttempt> _attempts = [];

    /// <summary>Null when it was skipped.</summary>
    public Guid? Instance { get; init; }
    public required string ActivityId { get; init; }
    public required string Name { get; init; }
    public string? Type { get; init; }
    public string Status { get; internal set; } = Running;
    /// <summary>Index of the loop's item, from 0; with loops in loops the outermost first: <c>2/0</c>.</summary>
    public string? ItemPath { get; init; }
    public DateTimeOffset? StartTime { get; internal set; }
    public DateTimeOffset? EndTime { get; private set; }
    public TimeSpan? Duration => EndTime - StartTime;
    public IReadOnlyList<ActionAttempt> Attempts => _attempts;
    public JsonElement? Inputs { get; internal set; }
    public JsonElement? Outputs { get; internal set; }
    public IReadOnlyList<string> Outcomes { get; internal set; } = [];
    public IReadOnlyList<string> Log { get; internal set; } = [];
    public string? Note { get; internal set; }
    public DateTimeOffset? WaitsUntil { get; private set; }
    /// <summary>Its answer came when the run was over: it is known, and changed nothing.</summary>
    public bool IsLate { get; internal set; }

    internal bool HasStarted { get; set; }

    internal void Add(ActionAttempt attempt)
    {
        if (!HasStarted)
        {
            StartTime = attempt.StartTime;
            HasStarted = true;
        }

        _attempts.Add(attempt);
    }

    internal void Wait(DateTimeOffset? until) => (Status, WaitsUntil) = (Waiting, until);

    internal void Resume() => (Status, WaitsUntil) = (Running, null);

    internal void End(string status, DateTimeOffset at) => (Status, EndTime, WaitsUntil) = (status, at, null);
}

/// <param name="Number">From 1.</param>
/// <param name="Error">Null when it succeeded.</param>
/// <param name="RetryAt">When the next attempt is due, if there is one.</param>
public sealed record ActionAttempt(int Number, DateTimeOffset StartTime, DateTimeOffset EndTime, RunFailure? Error, DateTimeOffset? RetryAt);
