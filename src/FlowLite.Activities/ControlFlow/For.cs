using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Runs its body once for each number from a start to an end. The body's expressions see the number as <c>item</c>.</summary>
[Activity("Elsa", "Looping", "Runs its body once for each number from a start to an end.")]
[Port(Body)]
public sealed class For : Container
{
    private const string Body = "Body";

    public override bool IsLoop => true;

    [Input(Description = "The first number.", DefaultValue = 0)]
    public Input<int> Start { get; set; } = null!;

    [Input(Description = "Where the numbers end.", DefaultValue = 0)]
    public Input<int> End { get; set; } = null!;

    [Input(Description = "The distance from one number to the next; below zero it counts down.", DefaultValue = 1)]
    public Input<int> Step { get; set; } = null!;

    [Input(DisplayName = "Outer Bound Inclusive", UIHint = "checkbox", DefaultValue = true,
        Description = "Whether the end itself is one of the numbers.")]
    public Input<bool> OuterBoundInclusive { get; set; } = null!;

    [Output(DisplayName = "Current Value")]
    public Output<object> CurrentValue { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        long start = Start.Get(context);
        long step = Step.Get(context);
        if (step == 0)
        {
            throw new ActivityException("InvalidInput", "Step is 0: the loop would never end.");
        }

        var count = Count(start, End.Get(context), step, OuterBoundInclusive.Get(context));
        if (count > int.MaxValue)
        {
            throw new ActivityException("InvalidInput", $"The loop has {count} rounds; at most {int.MaxValue} are possible.");
        }

        if (count > 0 && context.Node.Ports.ContainsKey(Body))
        {
            context.Enter(Body, new LoopRange(start, step, (int)count));
        }

        return ValueTask.CompletedTask;
    }

    private static long Count(long start, long end, long step, bool inclusive)
    {
        var distance = step > 0 ? end - start : start - end;
        return distance < 0 || (distance == 0 && !inclusive)
            ? 0
            : (((inclusive ? distance : distance - 1) / Math.Abs(step)) + 1);
    }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node) => ScheduleRound(0, scheduler, instance, node);

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes) =>
        ScheduleRound(instance.ItemIndex + 1, scheduler, instance, node);

    private static void ScheduleRound(int index, ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        if (index == instance.Items!.Count)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
            return;
        }

        instance.ItemIndex = index;
        foreach (var binding in node.Outputs)
        {
            scheduler.SetOutput(instance, binding, instance.Items[index]);
        }

        var body = node.Ports[Body];
        scheduler.Schedule(instance, body, InstanceIds.Child(instance.Id, Body, body.Id, index), index);
    }
}
