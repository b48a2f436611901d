using System.Runtime.InteropServices;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Http;

/// <summary>Members of answers, of whatever shape these are.</summary>
internal static class CrmJson
{
    /// <summary>A member that is not null, if there is one.</summary>
    public static JsonElement? Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A member that is a text with content, if there is one.</summary>
    public static string? Text(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>A member that is a text or a number: an id or a code.</summary>
    public static string? Word(JsonElement json, string name) => Member(json, name) is { } value ? Word(value) : null;

    public static string? Word(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    public static double? Number(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number : null;

    public static bool IsTrue(JsonElement json, string name) => Member(json, name) is { ValueKind: JsonValueKind.True };

    /// <summary>The items of a member that is a list; none otherwise.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        Member(json, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    /// <summary>What a JSON pointer (RFC 6901) leads to; null: nothing, or null.</summary>
    public static JsonElement? At(JsonElement json, string pointer)
    {
        foreach (var part in pointer.Split('/').Skip(1).Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))
        {
            if (json.ValueKind == JsonValueKind.Array && int.TryParse(part, out var index) && index >= 0 && index < json.GetArrayLength())
            {
                json = json[index];
            }
            else if (Member(json, part) is { } next)
            {
                json = next;
            }
            else
            {
                return null;
            }
        }

        return json.ValueKind == JsonValueKind.Null ? null : json;
    }

    /// <summary>False also for JSON that can't be written again.</summary>
    public static bool TryParse(string? body, out JsonElement json)
    {
        json = default;
        if (string.IsNullOrWhiteSpace(body))
        {
            return false;
        }

        try
        {
            json = JsonElement.Parse(body);
            // Text that can't be written again (lone surrogates) can't be journaled.
            using var writer = new Utf8JsonWriter(Stream.Null);
            json.WriteTo(writer);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            json = default;
            return false;
        }
    }

    /// <summary>Fields without those that are null, as what the author left out is not sent; with the key as the value of a column, whatever they say of that.</summary>
    /// <param name="column">Null: there is none for it.</param>
    public static JsonElement WithKey(JsonElement fields, string? column, Guid key) => JsonValues.Object(writer =>
    {
        foreach (var field in fields.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null && field.Name != column))
        {
            field.WriteTo(writer);
        }

        if (column is not null)
        {
            writer.WriteString(column, key);
        }
    });

    /// <summary>As a request's body, which can be sent more than once.</summary>
    public static ReadOnlyMemory<byte> Bytes(JsonElement json) => JsonMarshal.GetRawUtf8Value(json).ToArray();

    public static string Shorten(string text, int length) =>
        text.Length > length ? text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)] + "…" : text;
}
