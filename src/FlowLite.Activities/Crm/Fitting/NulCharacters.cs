using System.Runtime.InteropServices;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Fitting;

/// <summary>The one character that JSON can hold and databases can't.</summary>
internal static class NulCharacters
{
    /// <summary>Whether it is worth a closer look: JSON writes the character in this way only.</summary>
    public static bool MayHave(JsonElement json) => JsonMarshal.GetRawUtf8Value(json).IndexOf("\\u0000"u8) >= 0;

    /// <summary>In a text, or in any within.</summary>
    public static bool Has(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString()!.Contains('\0', StringComparison.Ordinal),
        JsonValueKind.Object => json.EnumerateObject().Any(member => member.Name.Contains('\0', StringComparison.Ordinal) || Has(member.Value)),
        JsonValueKind.Array => json.EnumerateArray().Any(Has),
        _ => false,
    };

    public static JsonElement Without(JsonElement json) => JsonValues.Write(json, Write);

    private static void Write(Utf8JsonWriter writer, JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                writer.WriteStringValue(Text(json.GetString()!));
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in json.EnumerateObject())
                {
                    writer.WritePropertyName(Text(member.Name));
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in json.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }

    private static string Text(string text) => text.Replace("\0", "", StringComparison.Ordinal);
}
