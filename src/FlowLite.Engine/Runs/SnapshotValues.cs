using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Moves large values of a state out to storage by hash, so that each snapshot of a long run is as small as what changed:
/// <c>{"$value":"hash"}</c> stands for them.
/// </summary>
internal sealed class SnapshotValues(List<StoredValue> stored)
{
    /// <summary>A loop's list is in every snapshot that is taken while the loop runs, so a short one is stored apart already.</summary>
    private const int LargeList = 1024;

    /// <summary>A character of one byte can become <c>\u0001</c>.</summary>
    private const int LongestEscape = 6;

    private static readonly JsonDocumentOptions Nesting = new() { MaxDepth = RunJournal.MaxDepth };

    public JsonElement? Out(JsonElement? value) => value is { } json ? Out(json) : null;

    public JsonElement Out(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            return value;
        }

        var isReference = LargeValues.IsReference(value);
        if (!isReference && JsonMarshal.GetRawUtf8Value(value).Length <= RunJournal.LargeValue / LongestEscape)
        {
            return value;
        }

        var text = RunJournal.TextOf(value);
        if (!isReference && text.Length <= RunJournal.LargeValue)
        {
            return value;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(text));
        stored.Add(new StoredValue(hash, text));
        return Reference(hash);
    }

    public JsonElement? Out(LoopItems? items)
    {
        if (items?.List is null || (!items.IsStored && items.Text.Length <= LargeList))
        {
            return items?.List;
        }

        if (!items.IsStored)
        {
            stored.Add(new StoredValue(items.Hash, items.Text));
            items.Stored();
        }

        return Reference(items.Hash);
    }

    public static JsonElement? In(JsonElement? value, Func<string, ReadOnlyMemory<byte>> values) => value is { } json ? In(json, values) : null;

    public static JsonElement In(JsonElement value, Func<string, ReadOnlyMemory<byte>> values) =>
        LargeValues.IsReference(value) ? JsonElement.Parse(values(Hash(value)).Span, Nesting) : value;

    public static LoopItems? Items(JsonElement? list, Func<string, ReadOnlyMemory<byte>> values) => list switch
    {
        null => null,
        { } reference when LargeValues.IsReference(reference) => LoopItems.AlreadyStored(In(reference, values), Hash(reference)),
        { } array => new LoopItems(array),
    };

    private static string Hash(JsonElement reference) => reference.GetProperty("$value").GetString()!;

    private static JsonElement Reference(string hash) => JsonValues.Object(writer => writer.WriteString("$value", hash));
}
