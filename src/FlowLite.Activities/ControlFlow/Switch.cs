using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Runs the activity of the first case whose condition holds, or those of all such cases side by side; the default where none does.</summary>
[Activity("Elsa", "Branching", "Runs the activity of the case whose condition holds.")]
[Port(Default)]
[ChildList(CaseList, Child, Keys = ["label"])]
public sealed class Switch : Container
{
    private const string Default = "Default";
    private const string CaseList = "cases";
    private const string Child = "activity";

    [Input(Description = "Labels, each with a condition and an activity.", UIHint = "switch-editor")]
    public CaseInput Cases { get; set; } = null!;

    [Input(UIHint = "dropdown", Options = ["MatchFirst", "MatchAny"], DefaultValue = SwitchMode.MatchFirst,
        Description = "Whether only the first case that holds counts, or all that do.")]
    public Input<SwitchMode> Mode { get; set; } = null!;

    [Output(Description = "Never set, as in Elsa; kept for flows from there.")]
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
[Activity("Elsa", "Branching", "Goes on at the label of the case whose condition holds.",
    DisplayName = "Switch (flow)", Outcomes = ["Default"])]
public sealed class FlowSwitch : Activity
{
    [Input(Description = "Labels, each with a condition.", UIHint = "flow-switch-editor")]
    public CaseInput Cases { get; set; } = null!;

    [Input(UIHint = "dropdown", Options = ["MatchFirst", "MatchAny"], DefaultValue = SwitchMode.MatchFirst,
        Description = "Whether only the first case that holds counts, or all that do.")]
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
