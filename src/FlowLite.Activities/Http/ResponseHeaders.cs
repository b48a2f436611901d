using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http;

/// <summary>The headers that an author sets on a response, without those that Flow removes silently.</summary>
internal static partial class ResponseHeaders
{
    // Flow's list (Logic Apps, "Receive and respond to inbound HTTPS requests").
    private static readonly string[] Removed = ["Allow", "Cookie", "Expires", "Last-Modified", "Set-Cookie", "Transfer-Encoding"];
    private static readonly string[] KeptContentHeaders = ["Content-Disposition", "Content-Encoding", "Content-Type"];

    /// <param name="headers">An object or the JSON text of one; empty: no headers.</param>
    /// <returns>An object of text values.</returns>
    /// <exception cref="ActivityException"><c>InvalidInput</c>: not an object, or a name or value that HTTP does not allow.</exception>
    public static JsonElement Read(JsonElement? headers)
    {
        var json = Parse(headers);
        if (json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return JsonValues.EmptyObject;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("Headers is an object with a value for each header.");
        }

        return JsonValues.Object(writer =>
        {
            foreach (var header in json.EnumerateObject().Where(h => h.Value.ValueKind != JsonValueKind.Null && !IsRemoved(h.Name)))
            {
                var value = InputValues.Text(header.Value);
                if (!Name().IsMatch(header.Name) || !Value().IsMatch(value))
                {
                    throw Invalid($"The header '{header.Name}' has a name or a value that HTTP does not allow.");
                }

                writer.WriteString(header.Name, value);
            }
        });
    }

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

    private static bool IsRemoved(string name) =>
        Removed.Contains(name, StringComparer.OrdinalIgnoreCase)
        || (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !KeptContentHeaders.Contains(name, StringComparer.OrdinalIgnoreCase));

    private static ActivityException Invalid(string message) => new("InvalidInput", message);

    // RFC 9110: a name is a token, a value visible ASCII and blanks.
    [GeneratedRegex(@"^[!#$%&'*+.^_`|~0-9A-Za-z-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[\x20-\x7E\t]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Value();
}
