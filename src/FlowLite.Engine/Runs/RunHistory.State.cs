using FlowLite.Engine.Activities;

namespace FlowLite.Engine.Runs;

/// <summary>What no event tells: the state that the events fold into shows it.</summary>
public sealed partial class RunHistory
{
    private void FoldState(RunEvent @event)
    {
        var known = _state!.NextOrder;
        RunDecider.Apply(_workflow!, _state, @event);
        _state.Ready.Clear();
        EndCancelled(@event.At);
        EndContainers(@event.At);
        if (_state.NextOrder > known)
        {
            AddScheduled(@event, known);
        }

        if (_state.IsOver)
        {
            Stop(@event.At, _state.Status);
        }
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
            if (_open.GetValueOrDefault(cancelled.Id) is { EndTime: null } action)
            {
                if (cancelled.Status == InstanceStatus.Ready)
                {
                    // It may have been under way: its answer is still journaled.
                    action.End(ActionHistory.Cancelled, at);
                }
                else
                {
                    End(action, ActionHistory.Cancelled, at);
                }

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
            var instance = _entered[i].Instance!.Value;
            if (!_state!.Instances.ContainsKey(instance) && !_state.Left.Contains(instance))
            {
                EndContainer(_entered[i], at);
                _entered.RemoveAt(i);
            }
        }
    }

    private void End(ActionHistory action, string status, DateTimeOffset at)
    {
        action.End(status, at);
        _ended.Add(action);
    }

    private void EndContainer(ActionHistory container, DateTimeOffset at)
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

        End(container, status, at);
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
        foreach (var action in _open.Values.Where(a => a.EndTime is null).OrderByDescending(a => a.Number))
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
}
