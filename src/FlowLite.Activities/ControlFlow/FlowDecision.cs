using FlowLite.Engine.Activities;

namespace FlowLite.Activities.ControlFlow;

/// <summary>The If of a flowchart: goes on at True or at False.</summary>
[Activity("Elsa", "Branching", "Goes on at True or at False, as its condition says.",
    DisplayName = "Decision", Outcomes = ["True", "False"])]
public sealed class FlowDecision : Activity
{
    [Input(Description = "True or false, or an expression that gives one of them.", UIHint = "singleline", DefaultSyntax = "Scriban", DefaultValue = false)]
    public Input<bool> Condition { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Complete(Condition.Get(context) ? "True" : "False");
        return ValueTask.CompletedTask;
    }
}
