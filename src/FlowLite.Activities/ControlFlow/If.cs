using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Runs the activity at one of its two ports; without one there it is done at once.</summary>
[Activity("Elsa", "Branching", "Runs one of two activities, as its condition says.")]
[Port(ThenPort)]
[Port(ElsePort)]
public sealed class If : Container
{
    private const string ThenPort = "Then";
    private const string ElsePort = "Else";

    [Input(Description = "True or false, or an expression that gives one of them.", UIHint = "singleline", DefaultSyntax = "Scriban", DefaultValue = false)]
    public Input<bool> Condition { get; set; } = null!;

    /// <summary>What the condition was.</summary>
    [Output(Description = "What the condition was.")]
    public Output<bool> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Enter(Condition.Get(context) ? ThenPort : ElsePort);
        return ValueTask.CompletedTask;
    }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        foreach (var binding in node.Outputs)
        {
            scheduler.SetOutput(instance, binding, instance.Port == ThenPort ? JsonValues.True : JsonValues.False);
        }

        if (node.Ports.TryGetValue(instance.Port!, out var branch))
        {
            scheduler.Schedule(instance, branch, InstanceIds.Child(instance.Id, instance.Port!, branch.Id));
        }
        else
        {
            scheduler.Complete(instance, Outcomes.JustDone);
        }
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes) =>
        scheduler.Complete(instance, Outcomes.JustDone);
}
