using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowLite.Crm.Api;
using FlowLite.Crm.Model;

namespace FlowLite.Crm.Query;

/// <summary>The end of a page, carried in <c>$skiptoken</c>: base64url of the JSON array [sequence, left, value...].</summary>
/// <param name="Sequence">The last record's place of creation.</param>
/// <param name="Left">What remains of <c>$top</c>, or null without it.</param>
/// <param name="Values">The last record's values in the sorted columns, in stored form.</param>
internal sealed record PageMark(long Sequence, long? Left, IReadOnlyList<object?> Values)
{
    public string Encode()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(Sequence);
            WriteValue(writer, Left);
            foreach (var value in Values)
            {
                WriteValue(writer, value);
            }

            writer.WriteEndArray();
        }

        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }

    /// <exception cref="CrmRequestException">Not a mark that a query with this order gave.</exception>
    public static PageMark Decode(string text, IReadOnlyList<CrmOrder> order)
    {
        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(text));
            var items = document.RootElement.EnumerateArray().ToList();
            if (items.Count == order.Count + 2)
            {
                var values = order.Select((item, i) => ReadValue(item.Column, items[i + 2])).ToList();
                long? left = items[1].ValueKind == JsonValueKind.Null ? null : items[1].GetInt64();
                if (left is not < 0)
                {
                    return new PageMark(items[0].GetInt64(), left, values);
                }
            }
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            // Falls to the same refusal as a mark of the wrong length.
        }

        throw CrmErrors.BadQuery("The value of '$skiptoken' is not valid for this query.");
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
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
            default:
                writer.WriteNumberValue((long)value);
                break;
        }
    }

    private static object? ReadValue(CrmColumn column, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return column.Type switch
        {
            CrmColumnType.Text or CrmColumnType.Memo or CrmColumnType.Date => value.GetString(),
            CrmColumnType.Double => value.GetDouble(),
            CrmColumnType.Id => value.GetGuid(),
            _ => value.GetInt64(),
        };
    }
}
