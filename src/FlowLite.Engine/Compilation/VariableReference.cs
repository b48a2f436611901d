using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>A variable that an activity names, as Studio's variable picker saves it: <c>{"id","name","typeName"}</c>.</summary>
/// <param name="TypeName">The type that the variable is declared with.</param>
public sealed record VariableReference(string VariableId, string? TypeName = null)
{
    /// <summary>
    /// What the variable gets, as in Elsa: a text that is a number or a boolean becomes one where the variable is. Liquid gives only texts,
    /// and the Studio saves every literal as text. Anything else stays as it is.
    /// </summary>
    public JsonElement Fit(JsonElement value) => value.ValueKind != JsonValueKind.String ? value : TypeName switch
    {
        "Int32" or "Int64" => Parsed(value, parsed => parsed.ValueKind == JsonValueKind.Number && parsed.TryGetInt64(out _)),
        "Double" or "Decimal" or "Single" => Parsed(value, parsed => parsed.ValueKind == JsonValueKind.Number),
        "Boolean" => bool.TryParse(value.GetString(), out var boolean) ? JsonValues.Boolean(boolean) : value,
        _ => value,
    };

    private static JsonElement Parsed(JsonElement text, Func<JsonElement, bool> isOfType)
    {
        try
        {
            var parsed = JsonElement.Parse(text.GetString()!);
            return isOfType(parsed) ? parsed : text;
        }
        catch (JsonException)
        {
            return text;
        }
    }

    /// <summary>The id (else the name) in a reference, which may also be the JSON text of one or a bare id or name.</summary>
    internal static string? Id(JsonElement reference)
    {
        if (reference.ValueKind == JsonValueKind.String)
        {
            var text = reference.GetString()!;
            if (!text.TrimStart().StartsWith('{'))
            {
                return text.Length > 0 ? text : null;
            }

            try
            {
                reference = JsonElement.Parse(text);
            }
            catch (JsonException)
            {
                return null;
            }
        }

        return reference.Text("id") ?? reference.Text("name");
    }
}
