using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>
/// A reference to an input of the workflow. Stored as Elsa's InputDefinition object <c>{"name","type",…}</c>, as the
/// JSON text of one, or as a bare name.
/// </summary>
public sealed class InputLanguage : IExpressionLanguage
{
    public string Name => "Input";

    public CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems)
    {
        if (!Reference.TryRead(value, "input", problems, out var reference))
        {
            return null;
        }

        return new InputExpression(reference.Name ?? reference.Id!);
    }

    private sealed class InputExpression(string name) : CompiledExpression
    {
        public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default) =>
            scope.TryGetInput(name, out var value) && value.ValueKind != JsonValueKind.Undefined ? value : JsonValues.Null;
    }
}
