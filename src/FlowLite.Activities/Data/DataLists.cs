using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Data;

/// <summary>What the data operations share: their limits, and lists that may come as the JSON text of one.</summary>
internal static class DataLists
{
    /// <summary>Flow's limit for the items of a loop, which its lists have too.</summary>
    public const int Items = 100_000;

    /// <summary>Bytes of one value; the size that a request may have.</summary>
    public const int Bytes = 10 * 1024 * 1024;

    /// <exception cref="ActivityException"><c>InvalidInput</c>: it is no list; <c>ValueTooLarge</c>.</exception>
    public static JsonElement Read(string name, JsonElement? value)
    {
        var list = value ?? JsonValues.Null;
        if (list.ValueKind == JsonValueKind.String)
        {
            try
            {
                list = JsonElement.Parse(list.GetString()!);
            }
            catch (JsonException)
            {
                throw NotAList(name, list);
            }
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw NotAList(name, list);
        }

        return list.GetArrayLength() <= Items ? list : throw TooLarge($"{name} has {list.GetArrayLength()} items; more than {Items} are not taken.");
    }

    /// <summary>A list of the values, one for each item.</summary>
    public static JsonElement Make(IEnumerable<JsonElement> values) => JsonValues.Write(values, static (writer, items) =>
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            item.WriteTo(writer);
            Check(writer.BytesCommitted + writer.BytesPending);
        }

        writer.WriteEndArray();
    });

    /// <exception cref="ActivityException"><c>ValueTooLarge</c></exception>
    public static void Check(long bytes)
    {
        if (bytes > Bytes)
        {
            throw TooLarge($"The result is larger than {Bytes} bytes.");
        }
    }

    public static ActivityException TooLarge(string message) => new("ValueTooLarge", message);

    private static ActivityException NotAList(string name, JsonElement value)
    {
        var text = value.GetRawText();
        return new ActivityException("InvalidInput", $"{name} has to be a list; it is {(text.Length > 80 ? text[..80] + "…" : text)}.");
    }
}
