using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Data;

/// <summary>Makes a value once, to be used in many places as this activity's result.</summary>
[Activity("FlowLite", "Data operations", "Make a value from others.")]
public sealed class Compose : Activity
{
    [Input(Description = "The value.", UIHint = "multiline", DefaultSyntax = "Scriban")]
    public Input<object> Inputs { get; set; } = null!;

    [Output]
    public Output<object> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.SetOutput(Result, Inputs.GetJson(context) ?? JsonValues.Null);
        return ValueTask.CompletedTask;
    }
}
