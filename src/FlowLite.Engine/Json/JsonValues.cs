using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowLite.Engine.Json;

/// <summary>Making and reading immutable JSON values. Nothing here borrows pooled memory, so values live as long as they are referenced.</summary>
public static class JsonValues
{
    // Parse's own limit is 64; definitions are up to 500 levels deep (DefinitionJson), and templates nest documents in levels of their own.
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 512 };

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 512 };

    private const int LargeValue = 64 * 1024;

    [ThreadStatic]
    private static Scratch? _scratch;

    public static JsonElement Null { get; } = JsonElement.Parse("null"u8);

    public static JsonElement True { get; } = JsonElement.Parse("true"u8);

    public static JsonElement False { get; } = JsonElement.Parse("false"u8);

    public static JsonElement EmptyObject { get; } = JsonElement.Parse("{}"u8);

    private static JsonElement EmptyString { get; } = JsonElement.Parse("\"\""u8);

    public static JsonElement Boolean(bool value) => value ? True : False;

    /// <exception cref="ArgumentException">The text holds half a surrogate pair.</exception>
    public static JsonElement String(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length == 0)
        {
            return EmptyString;
        }

        if (value.Length > 128 || value.AsSpan().ContainsAnyExcept(PlainCharacters))
        {
            return Write(value, static (writer, text) => writer.WriteStringValue(text));
        }

        // The usual short ASCII text needs no writer.
        Span<byte> quoted = stackalloc byte[130];
        quoted[0] = (byte)'"';
        var length = Encoding.ASCII.GetBytes(value, quoted[1..]);
        quoted[length + 1] = (byte)'"';
        return JsonElement.Parse(quoted[..(length + 2)]);
    }

    public static JsonElement Number(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var length, provider: System.Globalization.CultureInfo.InvariantCulture);
        return JsonElement.Parse(digits[..length]);
    }

    /// <summary>An object with the members that <paramref name="write"/> writes.</summary>
    /// <example><c>JsonValues.Object(w => w.WriteNumber("n", 1))</c> is <c>{"n":1}</c>.</example>
    public static JsonElement Object(Action<Utf8JsonWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        return Write(write, static (writer, members) =>
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        });
    }

    /// <summary>The one JSON value that <paramref name="write"/> writes.</summary>
    public static JsonElement Write<TState>(TState state, Action<Utf8JsonWriter, TState> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        return WithScratch(state, write, static bytes => JsonElement.Parse(bytes, Deep));
    }

    /// <summary>Writes a value that is there already. A large one is copied as it stands: what unescapes and escapes it again takes several times its size.</summary>
    public static void Copy(Utf8JsonWriter writer, JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.Undefined ? default : JsonMarshal.GetRawUtf8Value(value);
        if (text.Length > LargeValue)
        {
            writer.WriteRawValue(text, skipInputValidation: true);
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    /// <summary>The compact text of a value: no white space, nothing escaped that JSON does not demand.</summary>
    /// <exception cref="InvalidOperationException">A string or a name in it holds half a surrogate pair.</exception>
    public static string CompactText(JsonElement value) =>
        WithScratch(value, static (writer, element) => element.WriteTo(writer), static bytes => Encoding.UTF8.GetString(bytes));

    /// <summary>
    /// The member with exactly this name, or else one whose name differs in case only. Among duplicates the last wins.
    /// False when there is none or <paramref name="obj"/> is no object.
    /// </summary>
    /// <exception cref="InvalidOperationException">A name holds half a surrogate pair.</exception>
    public static bool TryGetMember(JsonElement obj, string name, out JsonElement value)
    {
        ArgumentNullException.ThrowIfNull(name);
        value = default;
        if (obj.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        // JsonElement looks from the end: the last duplicate.
        return obj.TryGetProperty(name, out value) || TryGetMemberIgnoringCase(obj, name, out value);
    }

    private static bool TryGetMemberIgnoringCase(JsonElement obj, string name, out JsonElement value)
    {
        var found = false;
        value = default;
        var ascii = Ascii.IsValid(name);
        foreach (var property in obj.EnumerateObject())
        {
            var raw = JsonMarshal.GetRawUtf8PropertyName(property);
            // Some letters beyond ASCII have ASCII letters as their other case only by culture, never by ordinal rules.
            var same = ascii && Ascii.IsValid(raw) && !raw.Contains((byte)'\\')
                ? Ascii.EqualsIgnoreCase(raw, name)
                : string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase);
            if (same)
            {
                value = property.Value;
                found = true;
            }
        }

        return found;
    }

    private static readonly SearchValues<char> PlainCharacters =
        SearchValues.Create(" !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private static TResult WithScratch<TState, TResult>(
        TState state, Action<Utf8JsonWriter, TState> write, Func<ReadOnlySpan<byte>, TResult> read)
    {
        // Taken out while in use: the writer may itself make JSON values.
        var scratch = _scratch ?? new Scratch();
        _scratch = null;
        try
        {
            write(scratch.Writer, state);
            scratch.Writer.Flush();
            return read(scratch.Buffer.Written);
        }
        finally
        {
            scratch.Reset();
            _scratch = scratch;
        }
    }

    private sealed class Scratch
    {
        public Scratch()
        {
            Buffer = new ScratchBuffer();
            Writer = new Utf8JsonWriter(Buffer, Compact);
        }

        public ScratchBuffer Buffer { get; }

        public Utf8JsonWriter Writer { get; }

        public void Reset()
        {
            Buffer.Reset();
            Writer.Reset();
        }
    }
}
