using FlowLite.Engine.Activities;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Goes on at all of its branches at once.</summary>
[Activity("Elsa", "Branching", "Goes on at several outcomes at the same time.", DisplayName = "Fork (flow)", Outcomes = [], HasDynamicOutcomes = true)]
public sealed class FlowFork : Activity
{
    [Input(Description = "The names of its outcomes.", UIHint = "dynamic-outcomes", DefaultSyntax = "Object")]
    public Input<List<string>> Branches { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Complete(Branches.Get(context) ?? []);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Brings branches of a flowchart together. How is fixed when the flow is published; the flowchart keeps to it.</summary>
[Activity("Elsa", "Branching", "Brings several branches together.", DisplayName = "Join")]
public sealed class FlowJoin : Activity
{
    [Input(UIHint = "dropdown", Options = ["WaitAll", "WaitAllActive", "WaitAny"], DefaultValue = FlowJoinMode.WaitAny,
        Description = "WaitAny goes on with the first branch that arrives and ends the others; WaitAll waits for every connection, "
            + "WaitAllActive for those that were taken.")]
    public Input<FlowJoinMode> Mode { get; set; } = null!;

    protected override MergeMode? Merge
    {
        get
        {
            _ = Mode.TryGetFixed(out var mode);
            return mode switch
            {
                FlowJoinMode.WaitAll => MergeMode.Merge,
                FlowJoinMode.WaitAllActive => MergeMode.Stream,
                _ => MergeMode.Race,
            };
        }
    }

    protected override IEnumerable<string> Validate()
    {
        if (!Mode.TryGetFixed(out _))
        {
            yield return "Mode is fixed when the flow is published; it takes a Literal, not another expression.";
        }
    }

    protected override ValueTask ExecuteAsync(ActivityContext context) => ValueTask.CompletedTask;
}

public enum FlowJoinMode
{
    WaitAny,
    WaitAll,
    WaitAllActive,
}
