using FlowLite.Engine.Activities;

namespace FlowLite.Activities.ControlFlow;

/// <summary>The If of a flowchart: goes on at True or at False.</summary>
[Activity("Elsa", "Branching", "Evaluate a Boolean condition to determine which path to execute next.",
    DisplayName = "Decision", Outcomes = ["True", "False"])]
public sealed class FlowDecision : Activity
{
    [Input(DefaultValue = false)]
    public Input<bool> Condition { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Complete(Condition.Get(context) ? "True" : "False");
        return ValueTask.CompletedTask;
    }
}
