using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http;

/// <summary>Headers as a JSON object: a value for each name, a list where one stands several times.</summary>
internal static partial class HttpHeaderJson
{
    /// <param name="headers">An object or the JSON text of one; empty: no headers. Nulls are left out.</param>
    /// <exception cref="ActivityException"><c>InvalidInput</c>: not an object, or a name or value that HTTP does not allow.</exception>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(JsonElement? headers)
    {
        var json = Parse(headers);
        if (json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return [];
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("Headers is an object with a value for each header.");
        }

        return
        [
            .. from header in json.EnumerateObject()
               from value in header.Value.ValueKind == JsonValueKind.Array ? header.Value.EnumerateArray().AsEnumerable() : [header.Value]
               where value.ValueKind != JsonValueKind.Null
               select Checked(header.Name, InputValues.Text(value)),
        ];
    }

    /// <summary>What is wrong with headers that are known without a run.</summary>
    public static IEnumerable<string> Problems(Input headers)
    {
        if (headers.GetFixedJson() is not { } json)
        {
            return [];
        }

        try
        {
            Read(json);
            return [];
        }
        catch (ActivityException e)
        {
            return [e.Message];
        }
    }

    public static JsonElement ToJson(IEnumerable<KeyValuePair<string, string>> headers) => JsonValues.Object(writer =>
    {
        foreach (var header in headers.GroupBy(h => h.Key, h => h.Value, StringComparer.OrdinalIgnoreCase))
        {
            var values = header.ToList();
            writer.WritePropertyName(header.Key);
            if (values is [var only])
            {
                writer.WriteStringValue(only);
                continue;
            }

            writer.WriteStartArray();
            values.ForEach(writer.WriteStringValue);
            writer.WriteEndArray();
        }
    });

    private static KeyValuePair<string, string> Checked(string name, string value) => Name().IsMatch(name) && Value().IsMatch(value)
        ? KeyValuePair.Create(name, value)
        : throw Invalid($"The header '{name}' has a name or a value that HTTP does not allow.");

    private static JsonElement Parse(JsonElement? headers)
    {
        if (headers is not { ValueKind: JsonValueKind.String } text)
        {
            return headers ?? JsonValues.Null;
        }

        try
        {
            return string.IsNullOrWhiteSpace(text.GetString()) ? JsonValues.Null : JsonElement.Parse(text.GetString()!);
        }
        catch (JsonException)
        {
            throw Invalid("Headers is an object with a value for each header; this text is not JSON.");
        }
    }

    private static ActivityException Invalid(string message) => new("InvalidInput", message);

    // RFC 9110 5.1: a token.
    [GeneratedRegex(@"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    // RFC 9110 5.5: visible ASCII and blanks.
    [GeneratedRegex(@"^[\t -~]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Value();
}
