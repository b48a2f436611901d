using System.Text.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>JSON text, parsed once; a value that is JSON already is taken as it is. Elsa has it under two names, Object and Json.</summary>
public sealed class JsonLanguage(string name) : IExpressionLanguage
{
    public string Name { get; } = name;

    public CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return new ConstantExpression(value);
        }

        if (!StoredText.TryRead(value, problems, out var text))
        {
            return null;
        }

        // An emptied editor stores "".
        if (string.IsNullOrWhiteSpace(text))
        {
            return new ConstantExpression(default);
        }

        try
        {
            return new ConstantExpression(JsonElement.Parse(text));
        }
        catch (JsonException exception)
        {
            problems.Add(new ExpressionProblem(
                $"Not valid JSON: {StoredText.WithoutPosition(exception.Message)}",
                (int)(exception.LineNumber ?? -1) + 1,
                (int)(exception.BytePositionInLine ?? -1) + 1));
            return null;
        }
        catch (ArgumentException)
        {
            // JsonElement.Parse reports text with half a surrogate pair so.
            problems.Add(new ExpressionProblem("The text is not valid Unicode.", 0, 0));
            return null;
        }
    }
}
