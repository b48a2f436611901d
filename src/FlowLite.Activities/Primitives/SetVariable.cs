using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Primitives;

[Activity("Elsa", "Primitives", "Gives a variable of the flow a value.")]
public sealed class SetVariable : Activity
{
    [Input(Description = "The variable that gets the value.", UIHint = "variable-picker", Required = true)]
    public VariableReference Variable { get; set; } = null!;

    /// <summary>Unset sets the variable to null.</summary>
    [Input(Description = "The new value; null when it is left empty.", DefaultSyntax = "Scriban")]
    public Input<object> Value { get; set; } = null!;

    // Only a warning: a flow of Elsa may hold one at a place that it never comes to.
    protected override IEnumerable<DefinitionProblem> ValidateDocument(ActivityNode node, JsonElement json) =>
        Variable?.Variable is { } variable && Value.GetFixedJson() is { } value && !variable.Type.TryFit(value, out _)
            ? [new DefinitionProblem(node.Id, $"{node.Path}/value", variable.Refusal(value), IsWarning: true)]
            : [];

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.SetVariable(Variable.VariableId, Variable.Variable.Fit(Value.GetJson(context) ?? JsonValues.Null));
        return ValueTask.CompletedTask;
    }
}
