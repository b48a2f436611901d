using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Where a flowchart begins; does nothing.</summary>
[Activity("Elsa", "Flow", "A milestone activity that marks the start of a flowchart.", IsStart = true)]
public sealed class Start : Activity
{
    protected override ValueTask ExecuteAsync(ActivityContext context) => ValueTask.CompletedTask;
}

/// <summary>Ends the flowchart that it stands in: other branches are cancelled.</summary>
[Activity("Elsa", "Flow", "A milestone activity that marks the end of a flowchart.", IsTerminal = true, Outcomes = [])]
public sealed class End : Activity
{
    protected override ValueTask ExecuteAsync(ActivityContext context) => ValueTask.CompletedTask;
}

/// <summary>Leaves the innermost loop around it; whatever else is under way in that loop is cancelled.</summary>
[Activity("Elsa", "Looping", "Break out of a loop.", IsTerminal = true, Outcomes = [])]
public sealed class Break : Activity
{
    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Break();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Ends the run with outcomes, for the flow that called this one.</summary>
[Activity("Elsa", "Composition", "Signals the current composite activity to complete itself as a whole.", IsTerminal = true, Outcomes = [])]
public sealed class Complete : Activity
{
    /// <summary>An outcome, a list of some, or its JSON text.</summary>
    [Input(DisplayName = "Outcomes", Description = "The outcome or set of outcomes to complete this activity with.", UIHint = "outcome-picker", DefaultSyntax = "Object")]
    public Input<object> Outcomes { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.SetRunOutcomes(Names(Outcomes.GetJson(context)));
        context.EndRun();
        return ValueTask.CompletedTask;
    }

    private static IReadOnlyList<string> Names(JsonElement? value)
    {
        switch (value)
        {
            case null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined }:
                return Engine.Activities.Outcomes.JustDone;
            case { ValueKind: JsonValueKind.Array } list:
                return [.. list.EnumerateArray().Select(InputValues.Text)];
            case { } one:
                var text = InputValues.Text(one).Trim();
                return text.StartsWith('[') ? (List<string>)InputValues.Convert(one, typeof(List<string>))! : [text];
        }
    }
}

/// <summary>Runs the activity in it.</summary>
[Activity("Elsa", "Flow", "A simple container that executes the specified activity.", DisplayName = "Container")]
[Port(Body)]
public sealed class FlowNode : Container
{
    private const string Body = "Body";

    public override bool EvaluatesInputs => false;

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        if (node.Ports.TryGetValue(Body, out var body))
        {
            scheduler.Schedule(instance, body, InstanceIds.Child(instance.Id, Body, body.Id));
        }
        else
        {
            scheduler.Complete(instance, Outcomes.JustDone);
        }
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes) =>
        scheduler.Complete(instance, Outcomes.JustDone);
}
