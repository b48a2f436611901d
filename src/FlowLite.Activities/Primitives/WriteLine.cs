using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Primitives;

/// <summary>Elsa's, but to the run's log: a server's console has no reader.</summary>
[Activity("Elsa", "Console", "Write a line of text to the run's log.", DisplayName = "Write Line")]
public sealed class WriteLine : Activity
{
    [Input(Description = "The text to write.")]
    public Input<string> Text { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Log(Text.Get(context) ?? string.Empty);
        return ValueTask.CompletedTask;
    }
}
