using System.Runtime.InteropServices;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Triggers;

/// <summary>
/// Makes what a run knows of its request: <c>{"headers":{},"queries":{},"path":{},"body":…}</c>. The body's bytes are set in as
/// they came and everything is parsed once.
/// </summary>
internal static class TriggerJson
{
    /// <summary>Nesting of a body that is taken; the request around it is one level more.</summary>
    private const int MaxDepth = 64;

    private static readonly JsonDocumentOptions Nesting = new() { MaxDepth = MaxDepth + 1 };
    private static readonly JsonReaderOptions BodyNesting = new() { MaxDepth = MaxDepth };
    private static readonly JsonEncodedText Headers = JsonEncodedText.Encode("headers");
    private static readonly JsonEncodedText Queries = JsonEncodedText.Encode("queries");
    private static readonly JsonEncodedText Path = JsonEncodedText.Encode("path");
    private static readonly JsonEncodedText Body = JsonEncodedText.Encode("body");

    [ThreadStatic]
    private static ScratchBuffer? buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? writer;

    /// <returns>Null when it is made, else what is wrong with the body.</returns>
    public static string? TryMake(HttpRequest request, SignedTrigger trigger, IReadOnlyDictionary<string, string> path, ReadOnlyMemory<byte> content, out JsonElement json)
    {
        json = default;
        var body = Trim(content.Span);
        var isJson = trigger.Schema is not null || IsJson(request.ContentType);
        if (body.IsEmpty && isJson && !(HttpMethods.IsGet(request.Method) || HttpMethods.IsDelete(request.Method)))
        {
            return "The request's body is empty.";
        }

        var output = buffer ??= new ScratchBuffer();
        var to = writer ??= new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true });
        output.Reset();
        to.Reset();
        string? problem = null;
        try
        {
            to.WriteStartObject();
            WriteHeaders(to, request);
            WriteQueries(to, request);
            to.WriteStartObject(Path);
            foreach (var (name, value) in path)
            {
                to.WriteString(name, value);
            }

            to.WriteEndObject();
            to.WritePropertyName(Body);
            WriteBody(to, request, content.Span, body, isJson);
            to.WriteEndObject();
            to.Flush();
            json = JsonElement.Parse(output.Written, Nesting);
            problem = body.IsEmpty || !isJson ? null : Problem(json, body);
        }
        catch (JsonException)
        {
            problem = Syntax(body);
        }
        finally
        {
            output.Reset();
        }

        return problem;
    }

    /// <summary>Headers that are kept nowhere: they hold what opens other doors.</summary>
    public static bool IsSecret(string header) =>
        header.Equals("Authorization", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Proxy-Authorization", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Cookie", StringComparison.OrdinalIgnoreCase);

    /// <summary>As an object's member "headers", without secrets and without headers that repeat the signature (a referrer, a proxy's).</summary>
    public static void WriteHeaders(Utf8JsonWriter to, HttpRequest request)
    {
        var signature = request.Query["sig"].ToString();
        to.WriteStartObject(Headers);
        foreach (var (name, values) in request.Headers)
        {
            var value = values.ToString();
            if (!IsSecret(name) && !(signature.Length > 0 && value.Length >= signature.Length && value.Contains(signature, StringComparison.Ordinal)))
            {
                to.WriteString(name, value);
            }
        }

        to.WriteEndObject();
    }

    private static void WriteQueries(Utf8JsonWriter to, HttpRequest request)
    {
        to.WriteStartObject(Queries);
        foreach (var (name, values) in request.Query)
        {
            if (!name.Equals("sig", StringComparison.OrdinalIgnoreCase))
            {
                to.WriteString(name, values.ToString());
            }
        }

        to.WriteEndObject();
    }

    // Content that isn't JSON is what Flow makes of it: its type, and its bytes as base64.
    private static void WriteBody(Utf8JsonWriter to, HttpRequest request, ReadOnlySpan<byte> content, ReadOnlySpan<byte> body, bool isJson)
    {
        if (content.IsEmpty || (isJson && body.IsEmpty))
        {
            to.WriteNullValue();
        }
        else if (isJson)
        {
            to.WriteRawValue(body, skipInputValidation: true);
        }
        else
        {
            to.WriteStartObject();
            to.WriteString("$content-type", string.IsNullOrEmpty(request.ContentType) ? "application/octet-stream" : request.ContentType);
            to.WriteBase64String("$content", content);
            to.WriteEndObject();
        }
    }

    private static bool IsJson(string? contentType)
    {
        var type = contentType.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> body) =>
        (body.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? body[3..] : body).Trim(" \t\r\n"u8);

    private static string? Problem(JsonElement json, ReadOnlySpan<byte> body)
    {
        // A body such as 1},"x":{ is JSON only where it was set in: then the value ends before the body does.
        if (!json.TryGetProperty("body"u8, out var value) || JsonMarshal.GetRawUtf8Value(value).Length != body.Length)
        {
            return Syntax(body);
        }

        return ForeignJson.Problem(body) is { } problem ? $"The request's body holds {problem}." : null;
    }

    private static string Syntax(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, BodyNesting);
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            return $"The request's body is not JSON, or nested deeper than {MaxDepth} levels (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).";
        }

        return "The request's body is not JSON.";
    }
}
