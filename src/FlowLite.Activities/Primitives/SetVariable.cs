using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Primitives;

[Activity("Elsa", "Primitives", "Assign a value to a workflow variable.", DisplayName = "Set Variable")]
public sealed class SetVariable : Activity
{
    [Input(Description = "The variable to assign the value to.", UIHint = "variable-picker", Required = true)]
    public VariableReference Variable { get; set; } = null!;

    /// <summary>Unset sets the variable to null.</summary>
    [Input(Description = "The value to assign.")]
    public Input<object> Value { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.SetVariable(Variable.VariableId, Value.GetJson(context) ?? JsonValues.Null);
        return ValueTask.CompletedTask;
    }
}
