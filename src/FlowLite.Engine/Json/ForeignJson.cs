using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace FlowLite.Engine.Json;

/// <summary>JSON that comes from outside: the reader takes some that nothing behind it can handle.</summary>
public static class ForeignJson
{
    /// <summary>How deeply it may be nested.</summary>
    public const int MaxDepth = 64;
    /// <summary>Any double's integer part is shorter; a longer number may be infinite as one.</summary>
    private const int DoubleDigits = 308;

    private static readonly JsonReaderOptions Nesting = new() { MaxDepth = MaxDepth };
    private static readonly JsonDocumentOptions Documents = new() { MaxDepth = MaxDepth };

    /// <summary>What syntactically right JSON holds that can't be used; null: nothing.</summary>
    public static string? Problem(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json) || HasLoneSurrogate(json))
        {
            return "text that is not valid Unicode";
        }

        return HasInfiniteNumber(json) ? "a number that is too large for a double" : null;
    }

    /// <summary>The value, where it is JSON that can be used.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out JsonElement value)
    {
        value = default;
        try
        {
            value = JsonElement.Parse(json, Documents);
            return Problem(json) is null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // The reader accepts \ud800 alone; nothing after it could handle such text. Backslashes stand only in strings and keys.
    private static bool HasLoneSurrogate(ReadOnlySpan<byte> json)
    {
        for (var i = json.IndexOf((byte)'\\'); i >= 0;)
        {
            json = json[i..];
            var length = 2;
            if (json[1] == 'u')
            {
                length = 6;
                var unit = CodeUnit(json);
                if (char.IsLowSurrogate(unit))
                {
                    return true;
                }

                if (char.IsHighSurrogate(unit))
                {
                    length = 12;
                    if (json.Length < 12 || json[6] != '\\' || json[7] != 'u' || !char.IsLowSurrogate(CodeUnit(json[6..])))
                    {
                        return true;
                    }
                }
            }

            json = json[length..];
            i = json.IndexOf((byte)'\\');
        }

        return false;

        static char CodeUnit(ReadOnlySpan<byte> escape) =>
            (char)ushort.Parse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private static bool HasInfiniteNumber(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Nesting);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number
                && (reader.ValueSpan.Length > DoubleDigits || reader.ValueSpan.IndexOfAny((byte)'e', (byte)'E') >= 0)
                && (!double.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)))
            {
                return true;
            }
        }

        return false;
    }
}
