using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>
/// Activities and connections between them. An activity that several connections lead to is a join: it runs once for
/// everything that can still arrive at it. Cycles are allowed.
/// </summary>
[Activity("Elsa", "Flow", "Activities and the connections between them.", IsBrowsable = false)]
public sealed class Flowchart : Container
{
    public override bool EvaluatesInputs => false;

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        var start = node.Children.Find(child => child.Id == scheduler.TriggerActivity) ?? node.Start;
        if (start is null)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
            return;
        }

        scheduler.Schedule(instance, start, InstanceIds.Child(instance.Id, "Start", start.Id));
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes)
    {
        var completed = scheduler.Node(child);
        foreach (var (outcome, target) in completed.Outbound)
        {
            if (!outcomes.Contains(outcome))
            {
                continue;
            }

            if (target.IsJoin)
            {
                Arrive(instance, target, $"{child.Id}:{outcome}");
            }
            else
            {
                scheduler.Schedule(instance, target, InstanceIds.Child(child.Id, outcome, target.Id));
            }
        }

        FireJoins(scheduler, instance, completed);
        if (instance.Children.Count == 0)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
        }
    }

    private static void Arrive(ActivityInstance instance, ActivityNode join, string arrival)
    {
        instance.Arrivals ??= new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        if (!instance.Arrivals.TryGetValue(join.Id, out var arrivals))
        {
            instance.Arrivals[join.Id] = arrivals = new SortedSet<string>(StringComparer.Ordinal);
        }

        arrivals.Add(arrival);
    }

    /// <summary>
    /// Fires the joins at which nothing can arrive any more. One pass is enough: a join that fires is alive from then on, so
    /// it holds up those behind it as it did while it was pending. And only joins that can be reached from what has just
    /// completed need a look; nothing else was held up by it.
    /// </summary>
    private static void FireJoins(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode completed)
    {
        if (instance.Arrivals is not { Count: > 0 } pending)
        {
            return;
        }

        var joins = pending.Keys.Select(scheduler.Node).ToList();
        foreach (var join in joins.Where(j => j.CanBeReachedFrom(completed)))
        {
            if (!IsHeldUpByPending(join, joins) && !IsHeldUpByLive(scheduler, instance, join))
            {
                var arrivals = pending[join.Id];
                pending.Remove(join.Id);
                scheduler.Schedule(instance, join, InstanceIds.Join(instance.Id, join.Id, arrivals));
            }
        }
    }

    private static bool IsHeldUpByLive(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode join)
    {
        // The first one that does is enough to know: a wide fork costs one look for each branch that ends, not all of them.
        foreach (var child in instance.Children)
        {
            if (join.CanBeReachedFrom(scheduler.Node(scheduler.Instance(child))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Joins on one cycle wait for each other; then the first one in the document goes first.</summary>
    private static bool IsHeldUpByPending(ActivityNode join, List<ActivityNode> pending) =>
        pending.Exists(other => other != join && join.CanBeReachedFrom(other) && (!other.CanBeReachedFrom(join) || other.Order < join.Order));
}
