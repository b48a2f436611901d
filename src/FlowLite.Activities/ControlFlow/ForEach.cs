using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Runs its body once for each item, one after the other. The body's expressions see the item as <c>item</c>.</summary>
[Activity("Elsa", "Looping", "Runs its body once for each item of a list, one after the other.", DisplayName = "For Each")]
[Port(Body)]
public sealed class ForEach : Container
{
    private const string Body = "Body";

    public override bool IsLoop => true;

    /// <summary>A list, or the JSON text of one. Empty or null: the body does not run.</summary>
    [Input(Description = "A list, such as {{ trigger.body.items }}.", UIHint = "singleline", DefaultSyntax = "Scriban")]
    public Input<List<object>> Items { get; set; } = null!;

    [Output(Description = "The item whose turn it is.")]
    public Output<object> CurrentValue { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var items = ItemList.From(Items.GetJson(context));
        if (items is { } list && list.GetArrayLength() > 0)
        {
            // Now: nothing can fail once the loop is under way.
            foreach (var binding in context.Node.Outputs)
            {
                foreach (var item in list.EnumerateArray())
                {
                    binding.Variable.Fit(item);
                }
            }

            context.Enter(Body, list);
        }

        return ValueTask.CompletedTask;
    }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node) => ScheduleItem(0, scheduler, instance, node);

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes) =>
        ScheduleItem(instance.ItemIndex + 1, scheduler, instance, node);

    private static void ScheduleItem(int index, ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        if (index == instance.Items!.Count || !node.Ports.TryGetValue(Body, out var body))
        {
            scheduler.Complete(instance, Outcomes.JustDone);
            return;
        }

        instance.ItemIndex = index;
        foreach (var binding in node.Outputs)
        {
            scheduler.SetOutput(instance, binding, instance.Items[index]);
        }

        scheduler.Schedule(instance, body, InstanceIds.Child(instance.Id, Body, body.Id, index), index);
    }
}
