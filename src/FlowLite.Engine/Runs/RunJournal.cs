using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowLite.Engine.Json;

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
    private static ScratchBuffer? _buffer;

    public static byte[] Write(IReadOnlyList<RunEvent> events, List<StoredValue> values)
    {
        var known = values.Count;
        using (LargeValueConverter.SetApart(values))
        {
            // By far the most batches: what was set apart is all that is large, and nothing else looks like a reference to it.
            var batch = Write(events, Serialize, json => json.Length <= LargeValue && json.Count(ReferenceMarker) == values.Count - known ? json.ToArray() : null);
            if (batch is not null)
            {
                return batch;
            }
        }

        // A user's value may even name the hash of what was just set apart: which is which can be told while nothing is.
        values.RemoveRange(known, values.Count - known);
        return Write(events, Serialize, json => LargeValues.Extract(json, values))!;
    }

    private static void Serialize(Utf8JsonWriter writer, IReadOnlyList<RunEvent> events) =>
        JsonSerializer.Serialize(writer, events, RunEventContext.Default.IReadOnlyListRunEvent);

    public static List<RunEvent> Read(ReadOnlyMemory<byte> batch, Func<string, ReadOnlyMemory<byte>> values)
    {
        if (!MayRefer(batch.Span))
        {
            return Read(batch.Span);
        }

        using var restored = LargeValues.Restore(batch, values);
        return Read(restored.Written);
    }

    private static List<RunEvent> Read(ReadOnlySpan<byte> batch) =>
        JsonSerializer.Deserialize(batch, RunEventContext.Default.ListRunEvent) ?? throw new JsonException("A journal batch is not a list of events.");

    /// <summary>Whether large values may belong to a batch or a snapshot.</summary>
    public static bool MayRefer(ReadOnlySpan<byte> json) => json.IndexOf(ReferenceMarker) >= 0;

    /// <summary>Whether a value can be read again wherever an event has it. The writer looks at that too, but not at what it is given as it stands.</summary>
    internal static bool IsShallow(ReadOnlySpan<byte> json)
    {
        const int Depth = MaxDepth - 8;
        // Nothing is deeper than it has brackets; few have as many.
        if (json.Count((byte)'[') + json.Count((byte)'{') <= Depth)
        {
            return true;
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Depth });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>An event with every value in it, for a file.</summary>
    public static void Write(RunEvent @event, Utf8JsonWriter to) => JsonSerializer.Serialize(to, @event, RunEventContext.Default.RunEvent);

    /// <exception cref="JsonException">It is no list of events.</exception>
    public static IReadOnlyList<RunEvent> FromJson(JsonElement events) =>
        events.Deserialize(RunEventContext.Default.ListRunEvent) ?? throw new JsonException("A journal is a list of events.");

    /// <summary>The text that large values are told apart by, whatever white space and escapes they came with.</summary>
    internal static byte[] TextOf(JsonElement value) => Write(value, static (writer, value) => value.WriteTo(writer), static text => text.ToArray())!;

    private static byte[]? Write<T>(T what, Action<Utf8JsonWriter, T> write, Func<ReadOnlySpan<byte>, byte[]?> read)
    {
        var buffer = _buffer ?? new ScratchBuffer();
        _buffer = null;
        try
        {
            using (var writer = new Utf8JsonWriter(buffer, Compact))
            {
                write(writer, what);
            }

            return read(buffer.Written);
        }
        finally
        {
            buffer.Reset();
            _buffer = buffer;
        }
    }

    internal static ReadOnlySpan<byte> ReferenceMarker => "\"$value\""u8;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    MaxDepth = RunJournal.MaxDepth,
    Converters = [typeof(LargeValueConverter)],
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<RunEvent>))]
[JsonSerializable(typeof(List<RunEvent>))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class RunEventContext : JsonSerializerContext;
