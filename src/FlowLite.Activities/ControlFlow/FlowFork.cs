using FlowLite.Engine.Activities;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Goes on at all of its branches at once.</summary>
[Activity("Elsa", "Branching", "Branch execution into multiple branches that will be executed in parallel.", DisplayName = "Fork (flow)", Outcomes = [])]
public sealed class FlowFork : Activity
{
    [Input(Description = "A list of expected outcomes to handle.", UIHint = "dynamic-outcomes", DefaultSyntax = "Object")]
    public Input<List<string>> Branches { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Complete(Branches.Get(context) ?? []);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Brings branches of a flowchart together. How is fixed when the flow is published; the flowchart keeps to it.</summary>
[Activity("Elsa", "Branching", "Explicitly merge multiple branches into a single branch of execution.", DisplayName = "Join")]
public sealed class FlowJoin : Activity
{
    [Input(UIHint = "dropdown", Options = ["WaitAll", "WaitAllActive", "WaitAny"], DefaultValue = FlowJoinMode.WaitAny,
        Description = "The join mode determines whether this activity should continue as soon as one inbound path comes in (WaitAny), "
            + "or once all inbound paths have executed (WaitAll). To wait for all activated inbound paths, set the mode to WaitAllActive.")]
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
