using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>
/// A number of a schema, kept as its own digits. Comparisons and divisions are exact for any length and exponent and linear in the
/// instance's length; 28 digits or fewer take the decimal fast path.
/// </summary>
internal sealed class JsonNumber
{
    private const int ExactDecimalLength = 28;
    private const int ChunkDigits = 18;
    private static readonly BigInteger Ten = 10;

    private readonly byte[] _raw;
    private readonly decimal? _small;
    private readonly BigInteger _coefficient;

    public JsonNumber(JsonElement element)
    {
        _raw = JsonMarshal.GetRawUtf8Value(element).ToArray();
        _small = TrySmall(_raw, out var small) ? small : null;
        var digits = new DecimalDigits(_raw);
        _coefficient = Coefficient(digits, null);
    }

    public bool IsPositive => new DecimalDigits(_raw) is { IsZero: false, Negative: false };

    public override string ToString() => System.Text.Encoding.ASCII.GetString(_raw);

    /// <summary>Draft-04 knows an integer by its text: no fraction and no exponent.</summary>
    public static bool IsInteger(JsonElement number) => JsonMarshal.GetRawUtf8Value(number).IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;

    /// <summary>The sign of (number - this).</summary>
    public int CompareFrom(JsonElement number)
    {
        var raw = JsonMarshal.GetRawUtf8Value(number);
        return _small is { } right && TrySmall(raw, out var left)
            ? left.CompareTo(right)
            : DecimalDigits.Compare(new DecimalDigits(raw), new DecimalDigits(_raw));
    }

    public bool Divides(JsonElement number)
    {
        var raw = JsonMarshal.GetRawUtf8Value(number);
        if (_small is { } divisor && TrySmall(raw, out var small))
        {
            return small % divisor == 0;
        }

        var dividend = new DecimalDigits(raw);
        if (dividend.IsZero)
        {
            return true;
        }

        // Neither coefficient ends in 0, so the dividend needs no fewer powers of ten than the divisor has.
        var power = dividend.Exponent - new DecimalDigits(_raw).Exponent;
        return power >= 0 && (Coefficient(dividend, _coefficient) * BigInteger.ModPow(Ten, power, _coefficient) % _coefficient).IsZero;
    }

    /// <summary>The digits as an integer, reduced while reading if a modulus is given, so that a hostile length costs no big integer.</summary>
    private static BigInteger Coefficient(in DecimalDigits digits, BigInteger? modulus)
    {
        var value = BigInteger.Zero;
        for (var start = 0; start < digits.Count; start += ChunkDigits)
        {
            var end = Math.Min(start + ChunkDigits, digits.Count);
            long chunk = 0;
            long scale = 1;
            for (var i = start; i < end; i++)
            {
                chunk = chunk * 10 + digits[i];
                scale *= 10;
            }

            value = value * scale + chunk;
            value = modulus is { } m ? value % m : value;
        }

        return value;
    }

    private static bool TrySmall(ReadOnlySpan<byte> raw, out decimal value)
    {
        value = 0;
        return raw.Length <= ExactDecimalLength
            && raw.IndexOfAny((byte)'e', (byte)'E') < 0
            && decimal.TryParse(raw, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value);
    }
}

/// <summary>A JSON number's text as its significant digits (no zero at either end) times a power of ten.</summary>
internal readonly ref struct DecimalDigits
{
    // Exponents of more digits than this are beyond any use; they saturate instead of overflowing.
    private const long ExponentLimit = long.MaxValue / 4;

    private readonly ReadOnlySpan<byte> _mantissa;
    private readonly int _dot;
    private readonly int _first;

    public DecimalDigits(ReadOnlySpan<byte> raw)
    {
        Negative = raw[0] == '-';
        raw = Negative ? raw[1..] : raw;
        var e = raw.IndexOfAny((byte)'e', (byte)'E');
        _mantissa = e < 0 ? raw : raw[..e];
        var exponent = e < 0 ? 0 : ParseExponent(raw[(e + 1)..]);
        var dot = _mantissa.IndexOf((byte)'.');
        _dot = dot < 0 ? _mantissa.Length : dot;
        var digits = dot < 0 ? _mantissa.Length : _mantissa.Length - 1;
        var integers = _dot;

        _first = 0;
        Count = digits;
        while (Count > 0 && this[0] == 0)
        {
            _first++;
            Count--;
        }

        while (Count > 0 && this[Count - 1] == 0)
        {
            Count--;
        }

        Negative &= Count > 0;
        Exponent = Count == 0 ? 0 : exponent + integers - (_first + Count);
    }

    public bool Negative { get; }

    public int Count { get; }

    /// <summary>Power of ten of the last digit.</summary>
    public long Exponent { get; }

    public bool IsZero => Count == 0;

    public int this[int index]
    {
        get
        {
            var at = _first + index;
            return _mantissa[at < _dot ? at : at + 1] - '0';
        }
    }

    public static int Compare(in DecimalDigits left, in DecimalDigits right)
    {
        if (left.Negative != right.Negative || left.IsZero || right.IsZero)
        {
            return left.Sign.CompareTo(right.Sign);
        }

        var magnitude = (left.Exponent + left.Count).CompareTo(right.Exponent + right.Count);
        for (var i = 0; magnitude == 0 && i < Math.Max(left.Count, right.Count); i++)
        {
            magnitude = (i < left.Count ? left[i] : 0).CompareTo(i < right.Count ? right[i] : 0);
        }

        return left.Negative ? -magnitude : magnitude;
    }

    private int Sign => IsZero ? 0 : Negative ? -1 : 1;

    public int Hash()
    {
        const int ChunkDigits = 9;
        var hash = new HashCode();
        hash.Add(Sign);
        hash.Add(Exponent);
        for (var start = 0; start < Count; start += ChunkDigits)
        {
            var chunk = 0;
            for (var i = start; i < Math.Min(start + ChunkDigits, Count); i++)
            {
                chunk = chunk * 10 + this[i];
            }

            hash.Add(chunk);
        }

        return hash.ToHashCode();
    }

    private static long ParseExponent(ReadOnlySpan<byte> raw)
    {
        var negative = raw[0] == '-';
        raw = raw[0] is (byte)'-' or (byte)'+' ? raw[1..] : raw;
        raw = raw.TrimStart((byte)'0');
        var value = raw.IsEmpty ? 0 : Utf8Parser.TryParse(raw, out long parsed, out _) ? Math.Min(parsed, ExponentLimit) : ExponentLimit;
        return negative ? -value : value;
    }
}
