using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>
/// What a run does next: folds one event into the state and leaves what became ready in <see cref="RunState.Ready"/>.
/// Pure: no I/O, clock, random number or expression, and no stack that grows with the flow.
/// </summary>
public static class RunDecider
{
    public static RunState Fold(CompiledWorkflow workflow, Guid runId, IEnumerable<RunEvent> events)
    {
        var state = new RunState { RunId = runId };
        foreach (var @event in events)
        {
            Apply(workflow, state, @event);
        }

        return state;
    }

    public static void Apply(CompiledWorkflow workflow, RunState state, RunEvent @event)
    {
        state.Seq++;
        state.UpdatedAt = @event.At;
        var scheduler = new ActivityScheduler(workflow, state);
        switch (@event)
        {
            case RunStarted started:
                state.Start = started;
                state.CorrelationId = started.CorrelationId;
                state.HasMailbox = started.Parent is not null;
                state.Status = RunStatus.Running;
                scheduler.Schedule(workflow.Root, InstanceIds.Root(workflow.Root.Id), parent: null);
                break;
            case RunCancelled cancelled when !state.IsOver:
                Drop(state, cancelled.Signal);
                End(state, RunStatus.Cancelled, @event.At);
                break;
            case SignalDropped dropped:
                Drop(state, dropped.Signal);
                break;
            case RunRecovered recovered:
                state.Recoveries.Add(recovered.Epoch);
                if (state.Status == RunStatus.Quarantined)
                {
                    // It goes on where it stood: what kept it from that is no failure of the run.
                    state.Status = RunStatus.Suspended;
                    state.Incidents.RemoveAt(state.Incidents.Count - 1);
                }

                break;
            case RunQuarantined quarantined:
                state.Incidents.Add(new Incident(workflow.Root.Id, null, quarantined.Failure, @event.At));
                state.Status = RunStatus.Quarantined;
                return;
            case RunFaulted faulted when !state.IsOver:
                state.Incidents.Add(new Incident(workflow.Root.Id, null, faulted.Failure, @event.At));
                End(state, RunStatus.Faulted, @event.At);
                break;
            // An answer that arrives after the run ended is kept in the journal and changes nothing.
            case ActivityEvent activity when state.Instances.TryGetValue(activity.Instance, out var instance):
                state.Recoveries.Clear();
                Apply(workflow, state, scheduler, instance, activity);
                // Behind its bookmarks: what a child is told at once has to find its way back.
                if (activity.Outbox is { } mail)
                {
                    state.Outgoing.AddRange(mail);
                }

                break;
        }

        scheduler.Run();
        if (scheduler.RootCompleted)
        {
            End(state, RunStatus.Succeeded, @event.At);
        }
        else if (!state.IsOver && OnlyFailuresAreLeft(workflow, state))
        {
            End(state, RunStatus.Faulted, @event.At);
        }
        else if (!state.IsOver && state.Status != RunStatus.Quarantined && state.Start is not null)
        {
            state.Status = state.ReadyCount > 0 ? RunStatus.Running : RunStatus.Suspended;
        }
    }

    private static void Apply(CompiledWorkflow workflow, RunState state, ActivityScheduler scheduler, ActivityInstance instance, ActivityEvent @event)
    {
        var node = workflow.Node(instance.Activity);
        if (@event.Variables is { } variables)
        {
            foreach (var (id, value) in variables)
            {
                scheduler.SetVariable(instance, id, value);
            }
        }

        if (@event.Run is { } changes)
        {
            Change(state, changes);
        }

        switch (@event)
        {
            case EffectIntended intended:
                instance.Intended = true;
                instance.Inputs = intended.Inputs;
                break;

            case ActivityEntered entered:
                if (entered.Outputs is { } given)
                {
                    state.Actions[node.Name] = new ActionResult(ActionResult.Succeeded, given);
                    state.LastResultOf = given.Member(ActionResult.Result).ValueKind == JsonValueKind.Undefined ? state.LastResultOf : node.Name;
                }

                instance.Port = entered.Port;
                instance.Ports = entered.Ports;
                instance.Items = entered.Items is { } list ? new LoopItems(list) : entered.Range is { } range ? new LoopItems(range) : null;
                scheduler.Enter(instance);
                break;

            case ActivityCompleted completed:
                if (completed.Outputs is { ValueKind: JsonValueKind.Object } made && made.TryGetProperty(ActionResult.Result, out _))
                {
                    state.LastResultOf = node.Name;
                }

                state.Actions[node.Name] = new ActionResult(ActionResult.Succeeded, completed.Outputs ?? (node.Activity is Trigger ? state.Start.Trigger : null));
                state.ResponseSent |= node.Descriptor.SendsResponse;
                if (completed.EndsRun)
                {
                    if (completed.Ending is { Status: RunStatus.Faulted, Failure: { } failure })
                    {
                        state.Incidents.Add(new Incident(node.Id, instance.Id, failure, @event.At));
                    }

                    End(state, completed.Ending?.Status ?? RunStatus.Succeeded, @event.At);
                }
                else if (completed.Breaks)
                {
                    scheduler.Break(instance);
                }
                else
                {
                    scheduler.Complete(instance, completed.Outcomes);
                }

                break;

            case ActivityFailed { NeedsDecision: true } failed:
                state.SetStatus(instance, InstanceStatus.Blocked);
                state.Incidents.Add(new Incident(node.Id, instance.Id, failed.Failure, @event.At));
                break;

            case ActivityFailed { RetryAt: { } due } failed:
                instance.Attempts++;
                instance.StartedAt ??= failed.StartedAt;
                instance.Inputs ??= failed.Inputs;
                instance.Intended = false;
                Wait(state, instance, due);
                break;

            case ActivityFailed failed:
                Fail(workflow, state, scheduler, node, instance, failed);
                break;

            case ActivitySuspended waits when waits.Gate is not null || waits.Reason is not null:
                instance.Inputs ??= waits.Inputs;
                instance.Intended = false;
                instance.Gate = waits.Gate;
                Wait(state, instance, waits.ResumeAt);
                break;

            case ActivitySuspended suspended:
                instance.StartedAt ??= suspended.StartedAt;
                instance.Inputs ??= suspended.Inputs;
                instance.Resumed = true;
                instance.Signal = null;
                if (suspended.Bookmarks is { } bookmarks)
                {
                    state.SetBookmarks(instance, bookmarks);
                }

                Wait(state, instance, suspended.ResumeAt);
                break;

            case SignalReceived signal:
                state.Take(instance, signal);
                break;

            case TimerFired:
                instance.Due = null;
                instance.Gate = null;
                state.SetStatus(instance, InstanceStatus.Ready);
                state.Ready.Enqueue(instance);
                break;
        }
    }

    private static void Drop(RunState state, long? signal)
    {
        if (signal is { } id)
        {
            state.Outgoing.Add(new SignalTaken(id));
        }
    }

    private static void Wait(RunState state, ActivityInstance instance, DateTimeOffset? due)
    {
        instance.Due = due;
        state.SetStatus(instance, InstanceStatus.Waiting);
    }

    private static void Change(RunState state, RunChanges changes)
    {
        state.Name = changes.NameAfter(state.Name);
        state.CorrelationId = changes.CorrelationIdAfter(state.CorrelationId);
        state.Outcomes = changes.Outcomes ?? state.Outcomes;
        foreach (var (name, value) in changes.Outputs ?? new Dictionary<string, JsonElement>())
        {
            state.Outputs[name] = value;
        }
    }

    private static void Fail(CompiledWorkflow workflow, RunState state, ActivityScheduler scheduler, ActivityNode node, ActivityInstance instance, ActivityFailed failed)
    {
        state.Actions[node.Name] = new ActionResult(failed.TimedOut ? ActionResult.TimedOut : ActionResult.Failed, failed.Failure.ToJson());
        if (FailureHandling.Find(workflow, state, instance, failed.TimedOut) is var (handler, outcomes))
        {
            ScopeResults.Fail(workflow, state, scheduler, handler, instance, failed);
            scheduler.Complete(handler, outcomes);
            return;
        }

        state.Incidents.Add(new Incident(node.Id, instance.Id, failed.Failure, failed.At));
        if (workflow.ContinuesWithIncidents && instance.Parent is not null)
        {
            // It stays where it is: nothing that needs it can go on, everything else does.
            scheduler.CancelChildren(instance);
            state.Fail(instance);
        }
        else
        {
            End(state, RunStatus.Faulted, failed.At);
        }
    }

    /// <summary>Of a run that goes on with incidents nothing is left but what failed and what would need it.</summary>
    private static bool OnlyFailuresAreLeft(CompiledWorkflow workflow, RunState state) =>
        workflow.ContinuesWithIncidents && state.ReadyCount == 0 && state.Incidents.Count > 0
        && state.Instances.Values.All(i => i.Status is InstanceStatus.Failed or InstanceStatus.Entered);

    private static void End(RunState state, RunStatus status, DateTimeOffset at)
    {
        state.Status = status;
        state.FinishedAt = at;
        state.Clear();
        if (state.Start.Parent is { Waits: true })
        {
            state.Outgoing.Add(new SignalSent(ChildEnd.Of(state)));
        }
    }
}
