using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Primitives;

[Activity("Elsa", "Primitives", "Gives the run a name.", DisplayName = "Set Name")]
public sealed class SetName : Activity
{
    /// <summary>Null or empty takes away the one that it has.</summary>
    [Input(Description = "The name.", DefaultSyntax = "Scriban")]
    public Input<string> Value { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.SetRunName(Value.Get(context) ?? string.Empty);
        return ValueTask.CompletedTask;
    }
}

[Activity("Elsa", "Primitives", "Gives the run a correlation id: what it has in common with other runs.")]
public sealed class Correlate : Activity
{
    /// <summary>Null or empty takes away the one that it has.</summary>
    [Input(DisplayName = "Correlation Id", Description = "Such as an order's number.", DefaultSyntax = "Scriban", Required = true)]
    public Input<string> CorrelationId { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Correlate(CorrelationId.Get(context) ?? string.Empty);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Sets an output of the run, for whoever started it.</summary>
[Activity("Elsa", "Composition", "Sets an output of the run.", DisplayName = "Set Output")]
public sealed class SetOutput : Activity
{
    [Input(DisplayName = "Output Name", Description = "The name of the output.", UIHint = "output-picker", Required = true)]
    public Input<string> OutputName { get; set; } = null!;

    /// <summary>Unset sets the output to null.</summary>
    [Input(DisplayName = "Output Value", Description = "Its value.", DefaultSyntax = "Scriban")]
    public Input<object> OutputValue { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var name = OutputName.Get(context);
        if (string.IsNullOrEmpty(name))
        {
            throw new ActivityException("InvalidInput", "Output Name is empty.");
        }

        context.SetRunOutput(name, OutputValue.GetJson(context) ?? JsonValues.Null);
        return ValueTask.CompletedTask;
    }
}
