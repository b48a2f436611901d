using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Primitives;

[Activity("Elsa", "Primitives", "Set the name of the workflow instance to a specified value.", DisplayName = "Set Name")]
public sealed class SetName : Activity
{
    [Input]
    public Input<string> Value { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.SetRunName(Value.Get(context) ?? string.Empty);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Gives the run a correlation id: what it has in common with other runs.</summary>
[Activity("Elsa", "Primitives", "Set the CorrelationId of the workflow to a given value.")]
public sealed class Correlate : Activity
{
    [Input(DisplayName = "Correlation Id", Description = "An expression that evaluates to the value to store as the correlation id", Required = true)]
    public Input<string> CorrelationId { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.Correlate(CorrelationId.Get(context) ?? string.Empty);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Sets an output of the run, for whoever started it.</summary>
[Activity("Elsa", "Composition", "Assigns a given value to a the container's output.", DisplayName = "Set Output")]
public sealed class SetOutput : Activity
{
    [Input(DisplayName = "Output Name", Description = "The output to assign.", UIHint = "output-picker", Required = true)]
    public Input<string> OutputName { get; set; } = null!;

    /// <summary>Unset sets the output to null.</summary>
    [Input(DisplayName = "Output Value", Description = "The value to assign.")]
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
