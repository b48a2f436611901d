using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowLite.Crm.Model;
using FlowLite.Crm.Storage;

namespace FlowLite.Crm.Api;

/// <summary>Writes records and the answers around them in OData's JSON with minimal metadata.</summary>
internal static class RecordJson
{
    // Answers are application/json, never part of a page, so only what JSON itself demands is escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string ETag(CrmRecord record) => string.Create(CultureInfo.InvariantCulture, $"W/\"{record.Version}\"");

    /// <summary>Writes a JSON object whose members <paramref name="write"/> adds.</summary>
    public static ReadOnlyMemory<byte> Object(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Adds a record's members to the object that is open.</summary>
    /// <param name="select">The columns to write; null for all.</param>
    public static void WriteMembers(Utf8JsonWriter writer, CrmRecord record, IReadOnlyList<CrmColumn>? select)
    {
        writer.WriteString("@odata.etag", ETag(record));
        foreach (var column in select ?? record.Entity.Columns)
        {
            writer.WritePropertyName(column.LogicalName);
            WriteValue(writer, column, record[column]);
        }
    }

    public static void WriteValue(Utf8JsonWriter writer, CrmColumn column, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case double number:
                writer.WriteNumberValue(number);
                break;
            case Guid id:
                writer.WriteStringValue(id);
                break;
            case long number when column.Type == CrmColumnType.Boolean:
                writer.WriteBooleanValue(number != 0);
                break;
            case long number when column.Type == CrmColumnType.DateTime:
                writer.WriteStringValue(CrmDates.FormatInstant(number));
                break;
            default:
                writer.WriteNumberValue((long)value);
                break;
        }
    }
}
