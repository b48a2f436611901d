using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace FlowLite.Engine.Secure;

/// <summary>Finds objects of the form <c>{"$secure":"…"}</c>, fast where there are none: that is asked of every value that is kept.</summary>
internal static class SealedText
{
    private const string Member = "$secure";

    /// <summary>Null: it is none.</summary>
    public static string? Of(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.GetPropertyCount() == 1 && value.TryGetProperty(Member, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    public static bool IsIn(JsonElement value) =>
        value.ValueKind is JsonValueKind.Object or JsonValueKind.Array && MayBeIn(JsonMarshal.GetRawUtf8Value(value)) && Search(value);

    // A name may be written with escapes: one of a letter of it is seldom enough to look closer.
    private static bool MayBeIn(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("$secure"u8) >= 0)
        {
            return true;
        }

        for (var at = json.IndexOf("\\u00"u8); at >= 0 && at + 6 <= json.Length;)
        {
            if (byte.TryParse(Encoding.ASCII.GetString(json.Slice(at + 4, 2)), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var letter) && Member.Contains((char)letter, StringComparison.Ordinal))
            {
                return true;
            }

            var next = json[(at + 6)..].IndexOf("\\u00"u8);
            at = next < 0 ? -1 : at + 6 + next;
        }

        return false;
    }

    private static bool Search(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => Of(value) is not null || value.EnumerateObject().Any(member => Search(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(Search),
        _ => false,
    };
}
