using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Runs its body as long as a condition holds. The condition is evaluated before each round; its value is journaled.</summary>
[Activity("Elsa", "Looping", "Execute an activity while a given condition evaluates to true.")]
[Port(Body)]
public sealed class While : Container
{
    private const string Body = "Body";

    public override bool IsLoop => true;

    [Input(DefaultValue = false)]
    public Input<bool> Condition { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (Condition.Get(context))
        {
            if (!context.Node.Ports.ContainsKey(Body))
            {
                throw new ActivityException("InvalidInput", "The condition holds and there is nothing to do that could change it: the loop would never end.");
            }

            context.Enter(Body);
        }

        return ValueTask.CompletedTask;
    }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        var body = node.Ports[Body];
        scheduler.Schedule(instance, body, InstanceIds.Child(instance.Id, Body, body.Id, instance.ItemIndex), instance.ItemIndex);
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes)
    {
        instance.ItemIndex++;
        scheduler.Again(instance);
    }
}
