using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>
/// When an activity that several connections lead to runs. What has arrived is kept in the flowchart's instance; which
/// activities can reach which is known from the compiled flow.
/// </summary>
internal static class FlowchartJoins
{
    private const int GuidLength = 36;

    public static void Arrive(ActivityInstance instance, ActivityNode join, ActivityInstance child, string outcome)
    {
        instance.Arrivals ??= new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        if (!instance.Arrivals.TryGetValue(join.Id, out var arrivals))
        {
            instance.Arrivals[join.Id] = arrivals = new SortedSet<string>(StringComparer.Ordinal);
        }

        // Where it counts which connections have come, the source's activity is part of it.
        arrivals.Add(join.Merge == MergeMode.Stream ? $"{child.Id}:{outcome}" : $"{child.Id}:{outcome}\n{child.Activity}");
    }

    /// <summary>
    /// The first to arrive wins: its target is scheduled, and whatever in the flowchart could still arrive there is cancelled. Of two targets that
    /// one outcome leads to, each has its own race.
    /// </summary>
    public static void Race(ActivityScheduler scheduler, ActivityInstance instance, ActivityInstance child, ActivityNode completed, IReadOnlyList<string> outcomes)
    {
        var targets = completed.Outbound.Where(c => c.Target is { IsJoin: true, Merge: MergeMode.Race } && outcomes.Contains(c.Outcome)).DistinctBy(c => c.Target).ToList();
        foreach (var (_, target) in targets)
        {
            foreach (var other in instance.Children.Select(scheduler.Instance).Where(i => target.CanBeReachedFrom(scheduler.Node(i))).ToList())
            {
                scheduler.Cancel(other);
            }

            foreach (var pending in instance.Arrivals?.Keys.Where(id => target.CanBeReachedFrom(scheduler.Node(id))).ToList() ?? [])
            {
                instance.Arrivals!.Remove(pending);
            }
        }

        foreach (var (outcome, target) in targets)
        {
            scheduler.Schedule(instance, target, InstanceIds.Child(child.Id, outcome, target.Id));
        }
    }

    /// <summary>
    /// Fires the joins that have all they wait for. Those that wait for whatever can still arrive do when nothing can any more: a join that fires
    /// is alive from then on, so it holds up those behind it as it did while it was pending, and only joins that can be
    /// reached from what has just completed need a look; nothing else was held up by it. A join that can't get all it waits for any
    /// more is let go, and those behind it get another look; those that have all go before, since they may lead to it.
    /// </summary>
    /// <param name="all">Others than what completed are gone as well: look at all joins.</param>
    public static void Fire(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode completed, bool all)
    {
        while (instance.Arrivals is { Count: > 0 } pending)
        {
            foreach (var join in pending.Keys.Select(scheduler.Node).Where(j => (all || j.CanBeReachedFrom(completed)) && j.Merge != MergeMode.Stream && HasAll(j, pending[j.Id])).ToList())
            {
                Schedule(scheduler, instance, join);
            }

            var joins = pending.Keys.Select(scheduler.Node).ToList();
            var letGo = false;
            foreach (var join in joins.Where(j => all || j.CanBeReachedFrom(completed)))
            {
                if (IsHeldUpByPending(join, joins) || IsHeldUpByLive(scheduler, instance, join))
                {
                    continue;
                }

                if (join.Merge == MergeMode.Stream || HasRestOfRound(instance, join, pending[join.Id]))
                {
                    Schedule(scheduler, instance, join);
                }
                else
                {
                    pending.Remove(join.Id);
                    letGo = true;
                }
            }

            if (!letGo)
            {
                return;
            }
        }
    }

    private static void Schedule(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode join)
    {
        var arrivals = instance.Arrivals![join.Id];
        instance.Arrivals.Remove(join.Id);
        if (join.Merge == MergeMode.Merge && join.CanBeReachedFrom(join))
        {
            (instance.Merged ??= new SortedSet<string>(StringComparer.Ordinal)).Add(join.Id);
        }

        scheduler.Schedule(instance, join, InstanceIds.Join(instance.Id, join.Id, arrivals));
    }

    /// <summary>
    /// A merge on a cycle that begins in several places, where nothing can arrive any more. In the first round, what leads to it from before the cycle
    /// is enough: nothing has come round yet. That won't come again, so in later rounds it is what comes round.
    /// </summary>
    private static bool HasRestOfRound(ActivityInstance instance, ActivityNode join, SortedSet<string> arrivals)
    {
        var isLater = instance.Merged?.Contains(join.Id) == true;
        var awaited = join.Inbound.Where(c => !c.IsBackward && c.IsOnCycle == isLater).ToList();
        return join.Merge == MergeMode.Merge && awaited.Count > 0 && awaited.TrueForAll(c => Has(arrivals, c));
    }

    /// <summary>What only comes back from behind a merge is a round of its own: it isn't waited for, and doesn't wait.</summary>
    private static bool HasAll(ActivityNode join, SortedSet<string> arrivals) => join.Merge == MergeMode.Converge
        ? join.Inbound.All(c => Has(arrivals, c))
        : join.Inbound.Any(c => c.IsBackward && Has(arrivals, c)) || join.Inbound.Where(c => !c.IsBackward).All(c => Has(arrivals, c));

    private static bool Has(SortedSet<string> arrivals, InboundConnection connection)
    {
        foreach (var arrival in arrivals)
        {
            var (outcome, source) = (connection.Outcome, connection.Source.Id);
            var rest = arrival.AsSpan(GuidLength + 1);
            if (rest.Length == outcome.Length + 1 + source.Length && rest.StartsWith(outcome, StringComparison.Ordinal) && rest.EndsWith(source, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
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

    /// <summary>
    /// Joins on one cycle wait for each other. Then one that runs with what it has goes before one that would be let go, else the first one in
    /// the document.
    /// </summary>
    private static bool IsHeldUpByPending(ActivityNode join, List<ActivityNode> pending) =>
        pending.Exists(other => other != join && join.CanBeReachedFrom(other) && (!other.CanBeReachedFrom(join) || Rank(other).CompareTo(Rank(join)) < 0));

    private static (bool IsLetGo, int Order) Rank(ActivityNode join) => (join.Merge != MergeMode.Stream, join.Order);
}
