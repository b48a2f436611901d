using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Runs its activities side by side and is done when all of them are.</summary>
[Activity("Elsa", "Workflows", "Execute a set of activities in parallel.", IsBrowsable = false)]
public sealed class Parallel : Container
{
    public override bool EvaluatesInputs => false;

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node) =>
        Branches.Schedule(scheduler, instance, node, "Activities");

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes)
    {
        if (instance.Children.Count == 0)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
        }
    }
}

/// <summary>Runs its branches side by side and is done when all of them are, or when the first one is; then the others are cancelled.</summary>
[Activity("Elsa", "Control Flow", "Branch execution into multiple branches.", IsBrowsable = false)]
[ChildList("branches")]
public sealed class Fork : Container
{
    public override bool EvaluatesInputs => false;

    [Input(DisplayName = "Join Mode", UIHint = "dropdown", Options = ["WaitAll", "WaitAny"], DefaultValue = ForkJoinMode.WaitAll,
        Description = "Controls when this activity yields control back to its parent activity.")]
    public ForkJoinMode JoinMode { get; set; }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node) =>
        Branches.Schedule(scheduler, instance, node, "Branches");

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes)
    {
        if (instance.Children.Count == 0 || JoinMode == ForkJoinMode.WaitAny)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
        }
    }
}

public enum ForkJoinMode
{
    WaitAll,
    WaitAny,
}

internal static class Branches
{
    public static void Schedule(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, string port)
    {
        if (node.Children.Count == 0)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
            return;
        }

        foreach (var child in node.Children)
        {
            scheduler.Schedule(instance, child, InstanceIds.Child(instance.Id, port, child.Id));
        }
    }
}
