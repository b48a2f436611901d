using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Primitives;

/// <summary>Elsa's, but to the run's log: a server's console has no reader.</summary>
[Activity("Elsa", "Console", "Writes a line to the run's log, where the run's page shows it.")]
public sealed class WriteLine : Activity
{
    [Input(Description = "The line.", DefaultSyntax = "Scriban")]
    public Input<string> Text { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Log(Text.Get(context) ?? string.Empty);
        return ValueTask.CompletedTask;
    }
}
