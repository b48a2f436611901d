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
        if (completed.Descriptor.IsTerminal)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
            return;
        }

        var raced = false;
        foreach (var (outcome, target) in completed.Outbound)
        {
            if (!outcomes.Contains(outcome))
            {
                continue;
            }

            if (!target.IsJoin)
            {
                scheduler.Schedule(instance, target, InstanceIds.Child(child.Id, outcome, target.Id));
            }
            else if (target.Merge == MergeMode.Race)
            {
                raced = true;
            }
            else
            {
                FlowchartJoins.Arrive(instance, target, child, outcome);
            }
        }

        // After all the others: what they have begun may be what loses.
        if (raced)
        {
            FlowchartJoins.Race(scheduler, instance, child, completed, outcomes);
        }

        FlowchartJoins.Fire(scheduler, instance, completed, raced);
        if (instance.Children.Count == 0)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
        }
    }
}
