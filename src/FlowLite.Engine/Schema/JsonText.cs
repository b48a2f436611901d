using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace FlowLite.Engine.Schema;

/// <summary>
/// Reading text that may not be Unicode: JSON allows lone surrogate escapes and the parser lets invalid UTF-8 pass,
/// for both of which System.Text.Json throws InvalidOperationException only when the text is read.
/// </summary>
internal static class JsonText
{
    public static bool TryGetString(JsonElement value, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = value.GetString();
        }
        catch (InvalidOperationException)
        {
            text = null;
        }

        return text is not null;
    }

    public static bool TryGetName(in JsonProperty property, [NotNullWhen(true)] out string? name)
    {
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = null;
            return false;
        }
    }

    /// <summary>Length in Unicode code points, without building the string where it has no escapes.</summary>
    public static bool TryCountCodePoints(JsonElement value, out long count)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        count = 0;
        if (!raw.Contains((byte)'\\') && Utf8.IsValid(raw))
        {
            foreach (var unit in raw)
            {
                // Every code point has one byte that is not a continuation byte (10xxxxxx).
                count += (unit & 0xC0) == 0x80 ? 0 : 1;
            }

            return true;
        }

        if (!TryGetString(value, out var text))
        {
            return false;
        }

        foreach (var _ in text.EnumerateRunes())
        {
            count++;
        }

        return true;
    }
}
