using System.Buffers;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>A record's fields as a request body.</summary>
internal static class RecordBody
{
    private static readonly MediaTypeHeaderValue ContentType = new("application/json", "utf-8");

    /// <summary>The bytes can be sent more than once.</summary>
    public static ReadOnlyMemory<byte> Write(JsonElement fields)
    {
        if (!HasNull(fields))
        {
            return JsonMarshal.GetRawUtf8Value(fields).ToArray();
        }

        // A null would clear the column's default; a field that the lead doesn't have is one that is not set.
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        foreach (var field in fields.EnumerateObject())
        {
            if (field.Value.ValueKind != JsonValueKind.Null)
            {
                field.WriteTo(writer);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>All fields, nulls too, which clear.</summary>
    public static ReadOnlyMemory<byte> WriteAll(JsonElement fields) => JsonMarshal.GetRawUtf8Value(fields).ToArray();

    public static HttpContent Content(ReadOnlyMemory<byte> body)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = ContentType;
        return content;
    }

    private static bool HasNull(JsonElement fields)
    {
        foreach (var field in fields.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null)
            {
                return true;
            }
        }

        return false;
    }
}
