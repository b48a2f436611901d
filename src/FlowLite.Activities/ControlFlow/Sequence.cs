using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

[Activity("Elsa", "Workflows", "Activities that run one after the other.", IsBrowsable = false)]
public sealed class Sequence : Container
{
    public override bool EvaluatesInputs => false;

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node) => ScheduleAt(0, scheduler, instance, node);

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes) =>
        ScheduleAt(scheduler.Node(child).Order + 1, scheduler, instance, node);

    private static void ScheduleAt(int index, ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        if (index == node.Children.Count)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
            return;
        }

        var child = node.Children[index];
        scheduler.Schedule(instance, child, InstanceIds.Child(instance.Id, "Activities", child.Id));
    }
}
