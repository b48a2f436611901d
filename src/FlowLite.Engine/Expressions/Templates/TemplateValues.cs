using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using FlowLite.Engine.Json;
using Scriban.Runtime;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>Turns what Scriban calculated into JSON and text.</summary>
internal static class TemplateValues
{
    /// <summary>The value as JSON; views give the JSON they look at.</summary>
    /// <exception cref="ExpressionException">It is no JSON value, or it goes over a limit.</exception>
    public static JsonElement ToJson(object? value) => value switch
    {
        null => JsonValues.Null,
        bool flag => JsonValues.Boolean(flag),
        string text => JsonValues.String(text),
        int number => JsonValues.Number(number),
        long number => JsonValues.Number(number),
        JsonObjectView view => view.Element,
        JsonArrayView view => view.Element,
        JsonNumberView view => view.Element,
        ActionObjectView view => view.ToJson(),
        _ => JsonValues.Write(value, static (writer, made) => Write(writer, made, 0)),
    };

    /// <summary>The text of a JSON value inside a longer text: '' for null, compact JSON for objects and arrays.</summary>
    /// <exception cref="InvalidOperationException">A text in it holds half a surrogate pair.</exception>
    public static string ToText(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => "",
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => value.GetString()!,
            _ => JsonValues.CompactText(value),
        };
        return text.Length <= TemplateLimits.Text ? text : throw TemplateErrors.TooLong();
    }

    private static void Write(Utf8JsonWriter writer, object? value, int depth)
    {
        if (depth > TemplateLimits.ObjectDepth)
        {
            throw new ExpressionException($"The value nests deeper than {TemplateLimits.ObjectDepth} levels.");
        }

        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case char letter:
                writer.WriteStringValue([letter]);
                break;
            case int or long or short or byte or uint or ulong or ushort or sbyte or decimal or BigInteger:
                writer.WriteRawValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture), skipInputValidation: true);
                break;
            case double or float:
                WriteDouble(writer, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case DateTime time:
                writer.WriteStringValue(time);
                break;
            case TimeSpan time:
                writer.WriteStringValue(time.ToString("c", CultureInfo.InvariantCulture));
                break;
            case JsonObjectView or JsonArrayView or JsonNumberView or ActionObjectView:
                ToJson(value).WriteTo(writer);
                break;
            case LookupView lookup:
                throw new ExpressionException($"'{lookup.Name}' as a whole is not a value; name a member of it.");
            case IScriptCustomFunction:
                throw new ExpressionException("A function is not a value; call it.");
            case IDictionary<string, object> members:
                WriteMembers(writer, members, depth);
                break;
            case ScopeGlobals globals:
                WriteMembers(writer, globals.GetMembers().Select(name => KeyValuePair.Create(name, Assigned(globals, name)!)), depth);
                break;
            case KeyValuePair<string, object?> pair:
                WriteMembers(writer, [KeyValuePair.Create("key", (object)pair.Key), KeyValuePair.Create("value", pair.Value!)], depth);
                break;
            case IEnumerable items:
                WriteItems(writer, items, depth);
                break;
            default:
                throw new ExpressionException("The result is not a JSON value.");
        }

        if (writer.BytesCommitted + writer.BytesPending > TemplateLimits.Text)
        {
            throw new ExpressionException($"The value is larger than {TemplateLimits.Text} bytes.");
        }
    }

    private static object? Assigned(ScopeGlobals globals, string name)
    {
        globals.TryGetValue(null, default, name, out var value);
        return value;
    }

    private static void WriteDouble(Utf8JsonWriter writer, double number)
    {
        if (!double.IsFinite(number))
        {
            throw new ExpressionException("The result is not a finite number.");
        }

        writer.WriteNumberValue(number);
    }

    private static void WriteMembers(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, object>> members, int depth)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in members)
        {
            writer.WritePropertyName(name);
            Write(writer, value, depth + 1);
        }

        writer.WriteEndObject();
    }

    private static void WriteItems(Utf8JsonWriter writer, IEnumerable items, int depth)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            Write(writer, item, depth + 1);
        }

        writer.WriteEndArray();
    }
}
