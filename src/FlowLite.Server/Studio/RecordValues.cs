using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>
/// Literal values between the Studio's editors, which write texts (a checkbox <c>"True"</c>, a dropdown <c>"8"</c>), and stored
/// flows, where they are what the CRM takes (<c>true</c>, <c>8</c>).
/// </summary>
internal static class RecordValues
{
    public static JsonElement ToEditor(JsonElement input, CrmField field) => WithValue(input, value => value.ValueKind switch
    {
        JsonValueKind.True => JsonValues.String("True"),
        JsonValueKind.False => JsonValues.String("False"),
        JsonValueKind.Number => JsonValues.String(value.GetRawText()),
        _ => value,
    }, field);

    public static JsonElement FromEditor(JsonElement input, CrmField field) => WithValue(input, value => value.ValueKind != JsonValueKind.String ? value : Read(value, field), field);

    /// <summary>The same without the column: an editor's text as the input's own type has it.</summary>
    public static JsonElement FromEditor(JsonElement input) => TypeOf(input) is { } type ? FromEditor(input, new CrmField("", type) { DisplayName = "" }) : input;

    private static CrmFieldType? TypeOf(JsonElement input) =>
        !input.TryGetProperty("typeName", out var name) || name.ValueKind != JsonValueKind.String ? null : name.GetString() switch
        {
            "Boolean" => CrmFieldType.YesNo,
            "Int32" or "Int64" => CrmFieldType.WholeNumber,
            "Double" or "Decimal" => CrmFieldType.Number,
            _ => null,
        };

    private static JsonElement Read(JsonElement text, CrmField field) => field.Type switch
    {
        CrmFieldType.YesNo when text.ValueEquals("True") || text.ValueEquals("true") => JsonValues.True,
        CrmFieldType.YesNo when text.ValueEquals("False") || text.ValueEquals("false") => JsonValues.False,
        CrmFieldType.Choice => field.Options.FirstOrDefault(option => text.ValueEquals(JsonValues.CompactText(option.Value)))?.Value ?? text,
        CrmFieldType.WholeNumber or CrmFieldType.Number => Number(text) ?? text,
        _ => text,
    };

    /// <summary>A text that is a number as JSON writes it, digit by digit the same.</summary>
    private static JsonElement? Number(JsonElement text)
    {
        // As it stands between its quotes: a number needs no escapes.
        var digits = text.GetRawText()[1..^1];
        if (digits.Length is 0 or > 64 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '-') || !char.IsAsciiDigit(digits[^1]))
        {
            return null;
        }

        try
        {
            return JsonElement.Parse(digits) is { ValueKind: JsonValueKind.Number } number ? number : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The input with another value in its literal expression.</summary>
    private static JsonElement WithValue(JsonElement input, Func<JsonElement, JsonElement> change, CrmField field)
    {
        var expression = input.GetProperty("expression");
        if (field.Type is CrmFieldType.Text or CrmFieldType.Memo || !(expression.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("Literal")))
        {
            return input;
        }

        var value = expression.GetProperty("value");
        var changed = change(value);
        return JsonValues.Object(writer =>
        {
            foreach (var member in input.EnumerateObject())
            {
                writer.WritePropertyName(member.Name);
                if (member.Name != "expression")
                {
                    member.Value.WriteTo(writer);
                    continue;
                }

                writer.WriteStartObject();
                foreach (var part in expression.EnumerateObject())
                {
                    writer.WritePropertyName(part.Name);
                    (part.Name == "value" ? changed : part.Value).WriteTo(writer);
                }

                writer.WriteEndObject();
            }
        });
    }
}
