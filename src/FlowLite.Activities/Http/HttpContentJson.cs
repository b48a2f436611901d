using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http;

/// <summary>The content of requests and answers as values, and back.</summary>
public static class HttpContentJson
{
    private const string Json = "application/json";
    private const string Form = "application/x-www-form-urlencoded";

    /// <summary>application/json, text/json, application/problem+json…</summary>
    public static bool IsJson(string? mediaType) =>
        mediaType is not null && (mediaType.Equals(Json, StringComparison.OrdinalIgnoreCase) || mediaType.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    /// <summary>Without its parameters; null without one.</summary>
    public static string? MediaType(string? contentType) =>
        string.IsNullOrWhiteSpace(contentType) ? null : contentType.Split(';', 2)[0].Trim();

    /// <summary>JSON as it is, text as text, what is neither as a file; null where there is nothing. JSON that can't be read is text.</summary>
    public static JsonElement Parse(byte[] content, string? contentType)
    {
        if (content.Length == 0)
        {
            return JsonValues.Null;
        }

        var type = MediaType(contentType);
        if (IsJson(type) && ForeignJson.TryParse(WithoutMark(content), out var json))
        {
            return json;
        }

        return JsonValues.Write((content, contentType), static (writer, it) => WriteOther(writer, it.content, it.contentType));
    }

    /// <summary>Content that is not to be read as JSON: text as text, what is none as a file; null where there is nothing.</summary>
    public static void WriteOther(Utf8JsonWriter writer, ReadOnlyMemory<byte> content, string? contentType)
    {
        var type = MediaType(contentType);
        if (content.IsEmpty)
        {
            writer.WriteNullValue();
        }
        else if (IsText(type) && IsUtf8(contentType) && Utf8.IsValid(WithoutMark(content.Span)))
        {
            WriteText(writer, WithoutMark(content.Span));
        }
        else if (Text(content.Span, type, contentType) is { } text)
        {
            writer.WriteStringValue(text);
        }
        else
        {
            using var stream = new BytesStream(content);
            HttpFile.Write(writer, stream, type ?? HttpFile.DefaultType);
        }
    }

    // In parts: to escape a text takes room for six times the part.
    private static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> text)
    {
        const int Part = 16 * 1024;
        for (; text.Length > Part; text = text[Part..])
        {
            writer.WriteStringValueSegment(text[..Part], isFinalSegment: false);
        }

        writer.WriteStringValueSegment(text, isFinalSegment: true);
    }

    /// <summary>What is sent for a value: a file's bytes, a form's fields, text as it stands, everything else as JSON.</summary>
    /// <param name="contentType">Null: JSON, as Elsa sends it; a file has its own.</param>
    /// <exception cref="ActivityException"><c>InvalidInput</c>: the value can't be sent as that type.</exception>
    public static (byte[]? Content, string? ContentType) Make(JsonElement? value, string? contentType)
    {
        if (value is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } content)
        {
            return (null, null);
        }

        var type = string.IsNullOrWhiteSpace(contentType) ? null : contentType.Trim();
        if (HttpFile.Read(content) is { } file)
        {
            return (file.Content, type ?? file.ContentType);
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            return (Encoding.UTF8.GetBytes(content.GetString()!), type ?? Json);
        }

        var media = MediaType(type);
        if (media is not null && media.Equals(Form, StringComparison.OrdinalIgnoreCase))
        {
            return (Encoding.UTF8.GetBytes(FormText(content)), type);
        }

        if (media?.Contains("xml", StringComparison.OrdinalIgnoreCase) == true)
        {
            throw new ActivityException("InvalidInput", $"Content that is sent as {media} has to be text.");
        }

        return (Encoding.UTF8.GetBytes(JsonValues.CompactText(content)), type ?? Json);
    }

    private static string FormText(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Object)
        {
            throw new ActivityException("InvalidInput", $"Content that is sent as {Form} has to be an object with a value for each field, or text.");
        }

        var fields = from member in content.EnumerateObject()
                     from value in member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray().AsEnumerable() : [member.Value]
                     select $"{WebUtility.UrlEncode(member.Name)}={WebUtility.UrlEncode(InputValues.Text(value))}";
        return string.Join('&', fields);
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> content) =>
        content.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? content[3..] : content;

    // Without a type, and where JSON was promised, what can be read as text is text.
    private static bool IsText(string? type) => type is null || IsJson(type)
        || type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || type.Contains("xml", StringComparison.OrdinalIgnoreCase)
        || type.Equals(Form, StringComparison.OrdinalIgnoreCase) || type.Equals("application/javascript", StringComparison.OrdinalIgnoreCase);

    private static bool IsUtf8(string? contentType) => Charset(contentType) is not { } charset || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    private static string? Text(ReadOnlySpan<byte> content, string? type, string? contentType)
    {
        if (!IsText(type))
        {
            return null;
        }

        try
        {
            return Encoding.GetEncoding(Charset(contentType) ?? "utf-8", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetString(WithoutMark(content));
        }
        catch (ArgumentException)
        {
            // An unknown encoding, or not text in it. A text type is still text.
            return type is null || IsJson(type) ? null : Encoding.UTF8.GetString(WithoutMark(content));
        }
    }

    private static string? Charset(string? contentType) =>
        System.Net.Http.Headers.MediaTypeHeaderValue.TryParse(contentType, out var type) ? type.CharSet?.Trim('"') : null;
}
