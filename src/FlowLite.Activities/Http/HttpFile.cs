using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http;

/// <summary>
/// A file as a value: <c>{"Name","FileName","ContentType","Length","ETag","$content-type","$content"}</c>, the content as base64, the last two as Flow
/// has them. The journal keeps it once, by hash.
/// </summary>
/// <param name="Name">The field of the form that it came in.</param>
public sealed record HttpFile(byte[] Content, string ContentType, string? FileName = null, string? Name = null, string? ETag = null)
{
    public const string DefaultType = "application/octet-stream";

    private const int PartBytes = 12 * 1024;

    public JsonElement ToJson() => JsonValues.Write(this, static (writer, file) => file.WriteTo(writer));

    public void WriteTo(Utf8JsonWriter writer)
    {
        using var content = new BytesStream(Content);
        Write(writer, content, ContentType, FileName, Name, ETag);
    }

    /// <summary>A file whose content is not to be in memory a second time.</summary>
    /// <param name="content">Read from its start to its end.</param>
    public static void Write(Utf8JsonWriter writer, Stream content, string contentType, string? fileName = null, string? name = null, string? etag = null)
    {
        writer.WriteStartObject();
        if (name is not null)
        {
            writer.WriteString(nameof(Name), name);
        }

        if (fileName is not null)
        {
            writer.WriteString(nameof(FileName), fileName);
        }

        writer.WriteString(nameof(ContentType), contentType);
        writer.WriteNumber("Length", content.Length);
        if (etag is not null)
        {
            writer.WriteString(nameof(ETag), etag);
        }

        writer.WriteString("$content-type", contentType);
        writer.WritePropertyName("$content");
        Span<byte> part = stackalloc byte[PartBytes];
        int read;
        do
        {
            read = content.Read(part);
            writer.WriteBase64StringSegment(part[..read], isFinalSegment: read == 0);
        }
        while (read > 0);
        writer.WriteEndObject();
    }

    /// <summary>Null: the value is no file.</summary>
    public static HttpFile? Read(JsonElement value) =>
        value.Member("$content") is { ValueKind: JsonValueKind.String } content && LargeJson.TryGetBytes(content, out var bytes)
            ? new HttpFile(bytes, value.Text("$content-type") ?? DefaultType, value.Text(nameof(FileName)), value.Text(nameof(Name)), value.Text(nameof(ETag)))
            : null;
}
