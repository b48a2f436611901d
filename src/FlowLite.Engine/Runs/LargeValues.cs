using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>Moves large values of events out to storage by hash and back: <c>{"$value":"hash"}</c> stands for them.</summary>
internal static class LargeValues
{
    /// <summary>
    /// Looks at the values that can be large: the members of an event's objects (trigger.body, inputs.x, outputs.x, variables.x), and its own members
    /// that are none (items, started runs, a payload). A user's own object that looks like a reference is moved out too, so that it can't be mistaken for one.
    /// </summary>
    public static byte[] Extract(ReadOnlySpan<byte> json, List<StoredValue> values)
    {
        using var batch = Rewrite(JsonElement.Parse(json, RunJournal.Nesting), IsReference, (value, writer) =>
        {
            // What the journal has written is the text already.
            var text = JsonMarshal.GetRawUtf8Value(value);
            if (text.Length <= RunJournal.LargeValue && !IsReference(value))
            {
                writer.WriteRawValue(text, skipInputValidation: true);
                return;
            }

            var hash = Convert.ToHexStringLower(SHA256.HashData(text));
            values.Add(new StoredValue(hash, text.ToArray()));
            writer.WriteStartObject();
            writer.WriteString("$value", hash);
            writer.WriteEndObject();
        });
        return batch.Written.ToArray();
    }

    public static ScratchBuffer Restore(ReadOnlyMemory<byte> json, Func<string, ReadOnlyMemory<byte>> values) =>
        Rewrite(JsonElement.Parse(json.Span, RunJournal.Nesting), StandsForMember, (value, writer) =>
        {
            if (IsReference(value))
            {
                writer.WriteRawValue(values(value.GetProperty("$value").GetString()!).Span, skipInputValidation: true);
            }
            else
            {
                value.WriteTo(writer);
            }
        });

    public static bool IsReference(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("$value", out _);

    // In a member's own place a user's object may stand in journals that were written before those were moved out: only what can be nothing else is one.
    private static bool StandsForMember(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.EnumerateObject() is var members && members.Count() == 1 && members.First() is { Name: "$value", Value.ValueKind: JsonValueKind.String } only
        && only.Value.GetString() is { Length: 2 * SHA256.HashSizeInBytes } hash && hash.All(char.IsAsciiHexDigitLower);

    private static ScratchBuffer Rewrite(JsonElement events, Func<JsonElement, bool> isLeaf, Action<JsonElement, Utf8JsonWriter> leaf)
    {
        var buffer = new ScratchBuffer();
        try
        {
            using var writer = new Utf8JsonWriter(buffer, RunJournal.Compact);
            writer.WriteStartArray();
            foreach (var @event in events.EnumerateArray())
            {
                writer.WriteStartObject();
                foreach (var member in @event.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    if (member.Value.ValueKind == JsonValueKind.Object && !isLeaf(member.Value))
                    {
                        writer.WriteStartObject();
                        foreach (var slot in member.Value.EnumerateObject())
                        {
                            writer.WritePropertyName(slot.Name);
                            leaf(slot.Value, writer);
                        }

                        writer.WriteEndObject();
                    }
                    else
                    {
                        leaf(member.Value, writer);
                    }
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.Flush();
            return buffer;
        }
        catch
        {
            buffer.Reset();
            throw;
        }
    }
}

/// <summary>
/// Sets an event's large values apart while it is written, so that they are neither written with it nor parsed out of it again, which takes several times
/// their size. A batch of which more is large, or that looks as if it had references of its own, is left to <see cref="LargeValues"/>.
/// </summary>
internal sealed class LargeValueConverter : JsonConverter<JsonElement>
{
    // An array of events: their members stand in two levels, the members of these in three.
    private const int MemberDepth = 2;

    [ThreadStatic]
    private static List<StoredValue>? _apart;

    /// <summary>Until it is disposed of, what this thread writes has its large values in the list.</summary>
    public static Scope SetApart(List<StoredValue> values)
    {
        _apart = values;
        return default;
    }

    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options)
    {
        var text = JsonMarshal.GetRawUtf8Value(value);
        if (_apart is not null && text.Length <= RunJournal.LargeValue && !text.Contains((byte)'\\') && RunJournal.IsShallow(text))
        {
            // The writer would write the same, but for white space. With escapes it might be a name that stands for a reference; what is too deep it refuses.
            writer.WriteRawValue(text, skipInputValidation: true);
        }
        else if (_apart is null || text.Length <= RunJournal.LargeValue || writer.CurrentDepth > MemberDepth + 1)
        {
            value.WriteTo(writer);
        }
        else if (writer.CurrentDepth == MemberDepth && value.ValueKind == JsonValueKind.Object && !LargeValues.IsReference(value))
        {
            writer.WriteStartObject();
            foreach (var member in value.EnumerateObject())
            {
                writer.WritePropertyName(member.Name);
                if (JsonMarshal.GetRawUtf8Value(member.Value).Length <= RunJournal.LargeValue)
                {
                    member.Value.WriteTo(writer);
                }
                else
                {
                    WriteReference(writer, member.Value, _apart);
                }
            }

            writer.WriteEndObject();
        }
        else
        {
            WriteReference(writer, value, _apart);
        }
    }

    private static void WriteReference(Utf8JsonWriter writer, JsonElement value, List<StoredValue> apart)
    {
        var stored = StoredValue.Of(value);
        apart.Add(stored);
        writer.WriteStartObject();
        writer.WriteString("$value", stored.Hash);
        writer.WriteEndObject();
    }

    internal readonly struct Scope : IDisposable
    {
        public void Dispose() => _apart = null;
    }
}

/// <summary>A value's own text as memory, for as long as somebody holds it: it is not copied.</summary>
internal sealed class ValueText(JsonElement value) : MemoryManager<byte>
{
    public static ReadOnlyMemory<byte> Of(JsonElement value) => new ValueText(value).Memory;

    public override Span<byte> GetSpan()
    {
        var text = JsonMarshal.GetRawUtf8Value(value);
        return MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(text), text.Length);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
