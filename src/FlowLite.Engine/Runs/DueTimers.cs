using System.Xml;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>What the timers of a run say at a point in time: waits that are over, and activities whose time is up.</summary>
internal static class DueTimers
{
    public const string ActionTimedOut = "ActionTimedOut";
    public const string RunTimedOut = "RunTimedOut";

    /// <summary>In the order in which they were due. Each is to be folded into the state before the next is asked for: one may be the end of what another waits for.</summary>
    /// <param name="gate">The gate that lets the run on now; null: none.</param>
    public static IEnumerable<ActivityEvent> Fire(CompiledWorkflow workflow, RunState state, DateTimeOffset now, string? gate = null)
    {
        List<(ActivityInstance Instance, DateTimeOffset At, bool IsDeadline)>? due = null;
        foreach (var instance in state.Instances.Values)
        {
            if (instance is { Status: InstanceStatus.Waiting, Due: { } at } && (at <= now || (gate is not null && instance.Gate == gate)))
            {
                (due ??= []).Add((instance, at, false));
            }

            if (instance.Deadline <= now)
            {
                (due ??= []).Add((instance, instance.Deadline.Value, true));
            }
        }

        foreach (var (instance, _, isDeadline) in due?.OrderBy(d => d.At).ThenBy(d => d.Instance.Order).ToList() ?? [])
        {
            if (state.Status is not (RunStatus.Running or RunStatus.Suspended))
            {
                yield break;
            }

            if (!state.Instances.ContainsKey(instance.Id))
            {
                continue;
            }

            if (!isDeadline)
            {
                yield return new TimerFired { At = now, Instance = instance.Id, Activity = instance.Activity };
            }
            else if (instance.Deadline is not null)
            {
                yield return TimedOut(workflow.Node(instance.Activity), instance, now);
            }
        }
    }

    private static ActivityFailed TimedOut(ActivityNode node, ActivityInstance instance, DateTimeOffset now)
    {
        var limit = XmlConvert.ToString(node.Timeout ?? default);
        return new ActivityFailed
        {
            At = now,
            StartedAt = instance.StartedAt ?? now,
            Instance = instance.Id,
            Activity = node.Id,
            TimedOut = true,
            Failure = instance.Parent is null
                ? new RunFailure(RunTimedOut, $"The run was not over after {limit}.")
                : new RunFailure(ActionTimedOut, $"'{node.Name}' was not done after {limit}."),
        };
    }
}
