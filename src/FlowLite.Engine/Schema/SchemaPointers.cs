using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>Follows the usual <c>$ref</c>, a pointer into its own document, where a schema is read and not validated with.</summary>
internal static class SchemaPointers
{
    /// <summary>The text of a <c>$ref</c>; null for a schema that is none.</summary>
    public static string? Reference(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String
            ? reference.GetString()
            : null;

    /// <returns>Undefined when it leads nowhere, or is of another form.</returns>
    public static JsonElement Resolve(JsonElement root, string reference)
    {
        if (!reference.StartsWith('#'))
        {
            return default;
        }

        var at = root;
        foreach (var step in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            at = at.ValueKind switch
            {
                JsonValueKind.Object when at.TryGetProperty(name, out var member) => member,
                JsonValueKind.Array when int.TryParse(name, out var index) && index < at.GetArrayLength() => at[index],
                _ => default,
            };
        }

        return at;
    }
}
