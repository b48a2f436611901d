using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>
/// A reference to a variable. Stored as Elsa's Variable object <c>{"id","name","typeName"}</c>, as the JSON text of
/// one, or as a bare id or name. The id is tried first.
/// </summary>
public sealed class VariableLanguage : IExpressionLanguage
{
    public string Name => "Variable";

    public CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems) =>
        Reference.TryRead(value, "variable", problems, out var reference) ? new VariableExpression(reference) : null;

    private sealed class VariableExpression(Reference reference) : CompiledExpression
    {
        public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default)
        {
            JsonElement value = default;
            var found = (reference.Id is { } id && scope.TryGetVariable(id, out value))
                || (reference.Name is { } name && scope.TryGetVariable(name, out value));
            return found && value.ValueKind != JsonValueKind.Undefined ? value : JsonValues.Null;
        }
    }
}
