using System.Text.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>The value as it stands; a string stays a string.</summary>
public sealed class LiteralLanguage : IExpressionLanguage
{
    public string Name => "Literal";

    public CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems)
    {
        // The raw bytes, for a literal may hold text that does not decode.
        if (value.ValueKind == JsonValueKind.String && value.GetRawText().Contains("{{", StringComparison.Ordinal))
        {
            problems.Add(new ExpressionProblem(
                "The literal holds '{{', which is sent as it stands. Choose Scriban to have it evaluated.", 0, 0, IsWarning: true));
        }

        return new ConstantExpression(value);
    }
}
