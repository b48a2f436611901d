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

    public JsonElement ToJson() => JsonValues.Object(writer =>
    {
        if (Name is not null)
        {
            writer.WriteString(nameof(Name), Name);
        }

        if (FileName is not null)
        {
            writer.WriteString(nameof(FileName), FileName);
        }

        writer.WriteString(nameof(ContentType), ContentType);
        writer.WriteNumber("Length", Content.Length);
        if (ETag is not null)
        {
            writer.WriteString(nameof(ETag), ETag);
        }

        writer.WriteString("$content-type", ContentType);
        writer.WriteBase64String("$content", Content);
    });

    /// <summary>Null: the value is no file.</summary>
    public static HttpFile? Read(JsonElement value) =>
        value.Member("$content") is { ValueKind: JsonValueKind.String } content && content.TryGetBytesFromBase64(out var bytes)
            ? new HttpFile(bytes, value.Text("$content-type") ?? DefaultType, value.Text(nameof(FileName)), value.Text(nameof(Name)), value.Text(nameof(ETag)))
            : null;
}
