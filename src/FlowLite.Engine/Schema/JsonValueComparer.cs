using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>
/// Equality of JSON values as draft-04 3.6 defines it: numbers by mathematical value, objects without order, the last of duplicate keys.
/// </summary>
/// <exception cref="InvalidOperationException">Text that is not valid Unicode.</exception>
/// <exception cref="InsufficientExecutionStackException">A value nested too deeply.</exception>
internal sealed class JsonValueComparer : IEqualityComparer<JsonElement>
{
    public static readonly JsonValueComparer Instance = new();

    public bool Equals(JsonElement x, JsonElement y)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (x.ValueKind != y.ValueKind)
        {
            return false;
        }

        return x.ValueKind switch
        {
            JsonValueKind.Number => DecimalDigits.Compare(
                new DecimalDigits(JsonMarshal.GetRawUtf8Value(x)), new DecimalDigits(JsonMarshal.GetRawUtf8Value(y))) == 0,
            JsonValueKind.String => StringEquals(x, y),
            JsonValueKind.Array => ArrayEquals(x, y),
            JsonValueKind.Object => ObjectEquals(x, y),
            _ => true,
        };
    }

    public int GetHashCode(JsonElement value)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var hash = new HashCode();
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                return new DecimalDigits(JsonMarshal.GetRawUtf8Value(value)).Hash();
            case JsonValueKind.String:
                AddText(ref hash, JsonMarshal.GetRawUtf8Value(value)[1..^1], value);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    hash.Add(GetHashCode(item));
                }

                break;
            case JsonValueKind.Object:
                hash.Add(ObjectHash(value));
                break;
            default:
                hash.Add(value.ValueKind);
                break;
        }

        return hash.ToHashCode();
    }

    private static bool StringEquals(JsonElement x, JsonElement y)
    {
        var left = JsonMarshal.GetRawUtf8Value(x);
        var right = JsonMarshal.GetRawUtf8Value(y);
        return left.Contains((byte)'\\') || right.Contains((byte)'\\')
            ? string.Equals(x.GetString(), y.GetString(), StringComparison.Ordinal)
            : left.SequenceEqual(right);
    }

    private bool ArrayEquals(JsonElement x, JsonElement y)
    {
        if (x.GetArrayLength() != y.GetArrayLength())
        {
            return false;
        }

        var right = y.EnumerateArray();
        foreach (var item in x.EnumerateArray())
        {
            if (!right.MoveNext() || !Equals(item, right.Current))
            {
                return false;
            }
        }

        return true;
    }

    private bool ObjectEquals(JsonElement x, JsonElement y)
    {
        var left = LastByName(x);
        var right = LastByName(y);
        return left.Count == right.Count
            && left.All(pair => right.TryGetValue(pair.Key, out var value) && Equals(pair.Value, value));
    }

    private static Dictionary<string, JsonElement> LastByName(JsonElement value)
    {
        var last = new Dictionary<string, JsonElement>(value.GetPropertyCount(), StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            last[property.Name] = property.Value;
        }

        return last;
    }

    private int ObjectHash(JsonElement value)
    {
        var sum = 0;
        foreach (var (name, item) in LastByName(value))
        {
            sum += HashCode.Combine(name, GetHashCode(item));
        }

        return sum;
    }

    private static void AddText(ref HashCode hash, ReadOnlySpan<byte> raw, JsonElement value) =>
        hash.AddBytes(raw.Contains((byte)'\\') ? Encoding.UTF8.GetBytes(value.GetString()!) : raw);
}
