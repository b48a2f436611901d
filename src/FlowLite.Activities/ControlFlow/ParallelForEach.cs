using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Runs its body for all items side by side. Each body's expressions see theirs as <c>item</c>, and its own variables.</summary>
[Activity("Elsa", "Looping", "Schedule an activity for each item in parallel.", DisplayName = "Parallel for Each")]
[Port(Body)]
public sealed class ParallelForEach : Container
{
    private const string Body = "Body";

    public override bool IsLoop => true;

    /// <summary>A list, or the JSON text of one. Empty or null: the body does not run.</summary>
    [Input(Description = "The items to iterate through.")]
    public Input<object> Items { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (ItemList.From(Items.GetJson(context)) is { } list && list.GetArrayLength() > 0 && context.Node.Ports.ContainsKey(Body))
        {
            context.Enter(Body, list);
        }

        return ValueTask.CompletedTask;
    }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        var body = node.Ports[Body];
        instance.ItemIndex = instance.Items!.Count;
        for (var index = 0; index < instance.Items.Count; index++)
        {
            scheduler.Schedule(instance, body, InstanceIds.Child(instance.Id, Body, body.Id, index), index);
        }
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes)
    {
        if (instance.Children.Count == 0)
        {
            scheduler.Complete(instance, Outcomes.JustDone);
        }
    }
}
