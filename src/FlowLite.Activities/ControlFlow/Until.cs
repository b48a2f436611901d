using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>
/// Runs its body until a condition holds, which is asked after each round. As in Flow, a limit that is reached ends the loop and not the run
/// (https://learn.microsoft.com/azure/logic-apps/logic-apps-control-flow-loops).
/// </summary>
[Activity("FlowLite", "Looping", "Runs its body until a condition holds, asked after each round; at most so often and so long.",
    Outcomes = [Engine.Activities.Outcomes.Done, LimitReached])]
[Port(Body)]
public sealed class Until : Container
{
    private const string Body = "Body";
    private const string LimitReached = "LimitReached";

    public override bool IsLoop => true;

    [Input(Description = "Asked after each round.", UIHint = "singleline", DefaultSyntax = "Scriban", Required = true)]
    public Deferred<bool> Condition { get; set; } = null!;

    [Input(Description = "How many rounds there are at most.", DefaultValue = 60)]
    public Input<int> Count { get; set; } = null!;

    /// <summary>ISO 8601 or hh:mm:ss. Fixed when the flow is published, as all timeouts are.</summary>
    [Input(DisplayName = "Timeout", Description = "How long the loop may take, such as PT10M.", DefaultValue = "PT1H")]
    public string TimeLimit { get; set; } = null!;

    protected override TimeSpan? Timeout => InputValues.TryTimeout(TimeLimit, out var timeout) ? timeout : null;

    protected override IEnumerable<string> Validate() => Timeout is null ? ["Timeout is a duration such as PT10M, above zero and up to a year."] : [];

    protected override IReadOnlyList<string> OutcomesWhenTimeIsUp(ActivityNode node) => WhenLimitIsReached(node);

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var count = Count.Get(context);
        if (count < 1)
        {
            throw new ActivityException("InvalidInput", $"Count is {count}; there is at least one round.");
        }

        if (!context.Node.Ports.ContainsKey(Body))
        {
            throw new ActivityException("InvalidInput", "There is nothing to do that could make the condition hold.");
        }

        var rounds = context.Container.ItemIndex;
        if (rounds > 0 && InputValues.Holds(context.Evaluate(Condition)))
        {
            return ValueTask.CompletedTask;
        }

        if (rounds < count)
        {
            context.Enter(Body);
        }
        else
        {
            context.Note = $"The condition did not hold after {rounds} rounds.";
            context.Complete(WhenLimitIsReached(context.Node));
        }

        return ValueTask.CompletedTask;
    }

    private static IReadOnlyList<string> WhenLimitIsReached(ActivityNode node) => node.HasOutcome(LimitReached) ? [LimitReached] : Outcomes.JustDone;

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
