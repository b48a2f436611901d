using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>Duplicate keys: the last one wins, so earlier ones must not be seen.</summary>
internal static class JsonObjectKeys
{
    private const int StackLimit = 64;

    /// <summary>The properties that count, if the object has duplicate keys; null for the usual object that has none.</summary>
    /// <exception cref="InvalidOperationException">A suspected duplicate's name is not valid Unicode.</exception>
    public static Dictionary<string, JsonProperty>? LastOfDuplicates(JsonElement value)
    {
        var count = value.GetPropertyCount();
        if (count < 2 || !MayHaveDuplicates(value, count))
        {
            return null;
        }

        var last = new Dictionary<string, JsonProperty>(count, StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            last[property.Name] = property;
        }

        return last.Count == count ? null : last;
    }

    /// <summary>False is certain; true also for names with escapes and for names whose fingerprints collide.</summary>
    private static bool MayHaveDuplicates(JsonElement value, int count)
    {
        Span<ulong> prints = count <= StackLimit ? stackalloc ulong[StackLimit] : new ulong[count];
        var i = 0;
        foreach (var property in value.EnumerateObject())
        {
            var name = JsonMarshal.GetRawUtf8PropertyName(property);
            var print = Fingerprint(name);
            if (name.Contains((byte)'\\') || (count <= StackLimit && prints[..i].Contains(print)))
            {
                return true;
            }

            prints[i++] = print;
        }

        return count > StackLimit && HasEqualNeighbours(prints);
    }

    private static bool HasEqualNeighbours(Span<ulong> prints)
    {
        prints.Sort();
        for (var i = 1; i < prints.Length; i++)
        {
            if (prints[i] == prints[i - 1])
            {
                return true;
            }
        }

        return false;
    }

    private static ulong Fingerprint(ReadOnlySpan<byte> name)
    {
        var print = (ulong)name.Length;
        foreach (var unit in name)
        {
            print = (print ^ unit) * 0x9E3779B97F4A7C15;
        }

        return print;
    }
}
