using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Runs the activity of the first case whose condition holds, or those of all such cases side by side; the default where none does.</summary>
[Activity("Elsa", "Branching", "Evaluate a set of case conditions and schedule the activity for a matching case.")]
[Port(Default)]
[ChildList(CaseList, Child, Keys = ["label"])]
public sealed class Switch : Container
{
    private const string Default = "Default";
    private const string CaseList = "cases";
    private const string Child = "activity";

    [Input(Description = "The cases to evaluate.", UIHint = "switch-editor")]
    public CaseInput Cases { get; set; } = null!;

    [Input(UIHint = "dropdown", Options = ["MatchFirst", "MatchAny"], DefaultValue = SwitchMode.MatchFirst,
        Description = "The switch mode determines whether the first match should be scheduled, or all matches.")]
    public Input<SwitchMode> Mode { get; set; } = null!;

    [Output]
    public Output<object> Output { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var matches = Cases.Matches(context, Mode.Get(context) == SwitchMode.MatchFirst);
        IReadOnlyList<string> ports = matches.Count > 0 ? [.. matches.Select(label => $"{CaseList}/{label}/{Child}")] : [Default];
        ports = [.. ports.Where(context.Node.Ports.ContainsKey)];
        if (ports.Count > 0)
        {
            context.Enter(ports);
        }

        return ValueTask.CompletedTask;
    }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        foreach (var port in instance.Ports ?? [instance.Port!])
        {
            var child = node.Ports[port];
            scheduler.Schedule(instance, child, InstanceIds.Child(instance.Id, port, child.Id));
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

/// <summary>The Switch of a flowchart: goes on at the label of the first case whose condition holds, or of all such cases; else at Default.</summary>
[Activity("Elsa", "Branching", "Evaluate a set of case conditions and schedule the activity for a matching case.",
    DisplayName = "Switch (flow)", Outcomes = ["Default"])]
public sealed class FlowSwitch : Activity
{
    [Input(UIHint = "flow-switch-editor")]
    public CaseInput Cases { get; set; } = null!;

    [Input(UIHint = "dropdown", Options = ["MatchFirst", "MatchAny"], DefaultValue = SwitchMode.MatchFirst,
        Description = "The switch mode determines whether the first match should be scheduled, or all matches.")]
    public Input<SwitchMode> Mode { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var matches = Cases.Matches(context, Mode.Get(context) == SwitchMode.MatchFirst);
        context.Complete(matches.Count > 0 ? matches : ["Default"]);
        return ValueTask.CompletedTask;
    }
}

public enum SwitchMode
{
    MatchFirst,
    MatchAny,
}
