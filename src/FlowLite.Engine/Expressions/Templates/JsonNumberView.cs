using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Scriban;
using Scriban.Parsing;
using Scriban.Syntax;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>
/// A JSON number that no .NET number writes back as it came (<c>1e400</c>, sixty digits, <c>1.5E2</c>, <c>-0</c>).
/// Copied through it stays as it is; it counts as a double when calculated with.
/// </summary>
internal sealed class JsonNumberView : IScriptCustomBinaryOperation, IScriptCustomUnaryOperation, IScriptConvertibleTo, IFormattable
{
    private readonly double _value;

    private JsonNumberView(JsonElement element)
    {
        Element = element;
        // Beyond the range this is infinity, which no result may be.
        _value = element.GetDouble();
    }

    public JsonElement Element { get; }

    /// <summary>int, long or decimal where its text is the same as the document's, else a view.</summary>
    public static object Wrap(JsonElement number)
    {
        var raw = JsonMarshal.GetRawUtf8Value(number);
        if (!raw.SequenceEqual("-0"u8))
        {
            if (number.TryGetInt32(out var small))
            {
                return small;
            }

            if (number.TryGetInt64(out var large))
            {
                return large;
            }
        }

        Span<byte> text = stackalloc byte[40];
        return raw.Length <= text.Length && number.TryGetDecimal(out var exact)
            && exact.TryFormat(text, out var length, default, CultureInfo.InvariantCulture) && text[..length].SequenceEqual(raw)
            ? exact
            : new JsonNumberView(number);
    }

    public bool TryEvaluate(
        TemplateContext context, SourceSpan span, ScriptBinaryOperator op, SourceSpan leftSpan, object? leftValue,
        SourceSpan rightSpan, object? rightValue, out object? result)
    {
        result = ScriptBinaryExpression.Evaluate(context, span, op, Plain(leftValue), Plain(rightValue));
        return true;
    }

    public bool TryEvaluate(TemplateContext context, SourceSpan span, ScriptUnaryOperator op, object value, out object result)
    {
        result = ScriptUnaryExpression.Evaluate(context, span, op, Plain(value))!;
        return true;
    }

    public bool TryConvertTo(TemplateContext context, SourceSpan span, Type type, out object value)
    {
        value = type == typeof(string) ? ToString() : context.ToObject(span, _value, type)!;
        return true;
    }

    public string ToString(string? format, IFormatProvider? formatProvider) =>
        format is null ? ToString() : _value.ToString(format, formatProvider);

    public override string ToString() => Element.GetRawText();

    private static object? Plain(object? value) => value is JsonNumberView view ? view._value : value;
}
