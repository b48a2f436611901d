using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace FlowLite.Engine.Runs;

/// <summary>How events become bytes and come back. Values over <see cref="LargeValue"/> are kept once, by hash.</summary>
public static class RunJournal
{
    /// <summary>Journals of every released format must resume.</summary>
    public const int Format = 1;

    /// <summary>Bytes of JSON text above which a value is stored apart.</summary>
    public const int LargeValue = 64 * 1024;

    /// <summary>A request's body may be nested 64 deep; templates and events put it some levels deeper.</summary>
    internal const int MaxDepth = 256;

    internal static readonly JsonDocumentOptions Nesting = new() { MaxDepth = MaxDepth };

    // The usual encoder would make six characters of each + of a base64 text and each letter beyond ASCII, and take a buffer of six times the value for it.
    internal static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaxDepth, SkipValidation = true };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    public static byte[] Write(IReadOnlyList<RunEvent> events, List<StoredValue> values)
    {
        var buffer = Serialize(events, RunEventContext.Default.IReadOnlyListRunEvent);
        var json = buffer.WrittenSpan;
        // Nothing large in it and nothing that could be taken for a reference: by far the most batches.
        var bytes = json.Length <= LargeValue && json.IndexOf(ReferenceMarker) < 0 ? json.ToArray() : LargeValues.Extract(json, values);
        Free(buffer);
        return bytes;
    }

    public static List<RunEvent> Read(ReadOnlyMemory<byte> batch, Func<string, ReadOnlyMemory<byte>> values)
    {
        if (batch.Span.IndexOf(ReferenceMarker) >= 0)
        {
            batch = LargeValues.Restore(batch, values);
        }

        return JsonSerializer.Deserialize(batch.Span, RunEventContext.Default.ListRunEvent)
            ?? throw new JsonException("A journal batch is not a list of events.");
    }

    /// <summary>An event with every value in it, for a file.</summary>
    public static void Write(RunEvent @event, Utf8JsonWriter to) => JsonSerializer.Serialize(to, @event, RunEventContext.Default.RunEvent);

    /// <exception cref="JsonException">It is no list of events.</exception>
    public static IReadOnlyList<RunEvent> FromJson(JsonElement events) =>
        events.Deserialize(RunEventContext.Default.ListRunEvent) ?? throw new JsonException("A journal is a list of events.");

    /// <summary>The text that large values are stored with and told apart by.</summary>
    internal static byte[] TextOf(JsonElement value)
    {
        var buffer = Serialize(value, RunEventContext.Default.JsonElement);
        var text = buffer.WrittenSpan.ToArray();
        Free(buffer);
        return text;
    }

    private static ArrayBufferWriter<byte> Serialize<T>(T value, JsonTypeInfo<T> type)
    {
        var buffer = _buffer ?? new ArrayBufferWriter<byte>(4096);
        _buffer = null;
        using var writer = new Utf8JsonWriter(buffer, Compact);
        JsonSerializer.Serialize(writer, value, type);
        return buffer;
    }

    /// <summary>The next one writes there. One that grew large is left to the collector.</summary>
    private static void Free(ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity <= LargeValue)
        {
            buffer.ResetWrittenCount();
            _buffer = buffer;
        }
    }

    internal static ReadOnlySpan<byte> ReferenceMarker => "\"$value\""u8;
}

/// <summary>Moves large values of events out to storage by hash and back: <c>{"$value":"hash"}</c> stands for them.</summary>
internal static class LargeValues
{
    /// <summary>
    /// Looks at the values that can be large: the members of an event's objects (trigger.body, inputs.x, outputs.x, variables.x), and its own members
    /// that are none (items, started runs, a payload). A user's own object that looks like a reference is moved out too, so that it can't be mistaken for one.
    /// </summary>
    public static byte[] Extract(ReadOnlySpan<byte> json, List<StoredValue> values) =>
        Rewrite(JsonElement.Parse(json, RunJournal.Nesting), IsReference, (value, writer) =>
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

    public static byte[] Restore(ReadOnlyMemory<byte> json, Func<string, ReadOnlyMemory<byte>> values) =>
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
        value.EnumerateObject() is var members && members.Count() == 1 && members.First() is { Name: "$value", Value.ValueKind: JsonValueKind.String } only
        && only.Value.GetString() is { Length: 2 * SHA256.HashSizeInBytes } hash && hash.All(char.IsAsciiHexDigitLower);

    private static byte[] Rewrite(JsonElement events, Func<JsonElement, bool> isLeaf, Action<JsonElement, Utf8JsonWriter> leaf)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, RunJournal.Compact))
        {
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
        }

        return buffer.WrittenSpan.ToArray();
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    MaxDepth = RunJournal.MaxDepth,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<RunEvent>))]
[JsonSerializable(typeof(List<RunEvent>))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class RunEventContext : JsonSerializerContext;
