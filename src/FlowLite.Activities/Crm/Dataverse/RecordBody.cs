using System.Buffers;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>A record's fields as a request body.</summary>
internal static class RecordBody
{
    private static readonly MediaTypeHeaderValue ContentType = new("application/json", "utf-8");

    /// <summary>Without nulls: they would clear a column's default, and a field that the lead doesn't have is one that is not set.</summary>
    public static ReadOnlyMemory<byte> Write(JsonElement fields) => Write(fields, clears: false);

    /// <summary>All fields, nulls too, which clear.</summary>
    public static ReadOnlyMemory<byte> WriteAll(JsonElement fields) => Write(fields, clears: true);

    private static ReadOnlyMemory<byte> Write(JsonElement fields, bool clears)
    {
        if (!fields.EnumerateObject().Any(field => LookupBinding.Is(field) || (!clears && field.Value.ValueKind == JsonValueKind.Null)))
        {
            return JsonMarshal.GetRawUtf8Value(fields).ToArray();
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var field in fields.EnumerateObject())
        {
            if (LookupBinding.Is(field))
            {
                if (LookupBinding.Url(field) is { } url)
                {
                    writer.WriteString(field.Name, url);
                }
            }
            else if (clears || field.Value.ValueKind != JsonValueKind.Null)
            {
                field.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    public static HttpContent Content(ReadOnlyMemory<byte> body)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = ContentType;
        return content;
    }
}
