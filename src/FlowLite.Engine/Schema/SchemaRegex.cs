using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FlowLite.Engine.Schema;

/// <summary>
/// ECMA-262 regexes as .NET ones. Written out rather than left to RegexOptions.ECMAScript, which drops Unicode classes and lookbehinds,
/// lets "$" match before a final line feed and can't be combined with the engine that is linear in the input.
/// </summary>
/// <remarks>
/// "." and negated classes match a whole code point. Inside a class a code point beyond U+FFFF may stand alone, not in a range.
/// What only .NET has passes through, because schemas that come from Flow were written for .NET.
/// </remarks>
internal static class SchemaRegex
{
    /// <summary>Time for one match, where a pattern needs the backtracking engine.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(200);

    private const string Pair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";
    private const string Surrogates = @"\uD800-\uDFFF";
    private const string Digit = "0-9";
    private const string NotDigit = @"\u0000-/:-\uFFFF";
    private const string Word = "A-Za-z0-9_";
    private const string NotWord = @"\u0000-/:-@\[-\^`{-\uFFFF";
    private const string Space = @"\t\n\v\f\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF";
    private const string NotSpace =
        @"\u0000-\u0008\u000E-\u001F!-\u009F\u00A1-\u167F\u1681-\u1FFF\u200B-\u2027\u202A-\u202E\u2030-\u205E\u2060-\u2FFF\u3001-\uFEFE\uFF00-\uFFFF";

    private const string WordBoundary = $"(?:(?<=[{Word}])(?![{Word}])|(?<![{Word}])(?=[{Word}]))";
    private const string NotWordBoundary = $"(?:(?<=[{Word}])(?=[{Word}])|(?<![{Word}])(?![{Word}]))";

    /// <summary>ECMA's long names of the classes that .NET knows only by their abbreviations.</summary>
    private static readonly Dictionary<string, string> LongNames = new(StringComparer.Ordinal)
    {
        ["Letter"] = "L",
        ["Lowercase_Letter"] = "Ll",
        ["Uppercase_Letter"] = "Lu",
        ["Number"] = "N",
        ["Decimal_Number"] = "Nd",
        ["digit"] = "Nd",
        ["Punctuation"] = "P",
        ["Symbol"] = "S",
        ["Separator"] = "Z",
    };

    /// <exception cref="ArgumentException">Not a regex.</exception>
    public static Regex Compile(string pattern)
    {
        var translated = Translate(pattern);
        try
        {
            return new Regex(translated, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Timeout);
        }
        catch (NotSupportedException)
        {
            // Lookarounds, back-references and large repetitions need the other engine.
            return new Regex(translated, RegexOptions.CultureInvariant, Timeout);
        }
    }

    internal static string Translate(string pattern)
    {
        var output = new StringBuilder(pattern.Length + 16);
        for (var i = 0; i < pattern.Length;)
        {
            var c = pattern[i];
            switch (c)
            {
                case '\\' when i + 1 < pattern.Length:
                    i = Escape(pattern, i, output);
                    break;
                case '[':
                    i = Class(pattern, i, output);
                    break;
                case '.':
                    output.Append(CultureInfo.InvariantCulture, $@"(?:{Pair}|[^\n\r\u2028\u2029{Surrogates}])");
                    i++;
                    break;
                case '$':
                    output.Append(@"\z");
                    i++;
                    break;
                default:
                    i = Literal(pattern, i, output);
                    break;
            }
        }

        return output.ToString();
    }

    private static int Literal(string pattern, int at, StringBuilder output)
    {
        // A quantifier after a surrogate pair is meant for the code point, not for its second half.
        if (at + 1 < pattern.Length && char.IsSurrogatePair(pattern[at], pattern[at + 1]))
        {
            output.Append("(?:").Append(pattern, at, 2).Append(')');
            return at + 2;
        }

        output.Append(pattern[at]);
        return at + 1;
    }

    private static int Escape(string pattern, int at, StringBuilder output)
    {
        switch (pattern[at + 1])
        {
            case 'd': output.Append(CultureInfo.InvariantCulture, $"[{Digit}]"); return at + 2;
            case 'D': output.Append(Negated(Digit)); return at + 2;
            case 'w': output.Append(CultureInfo.InvariantCulture, $"[{Word}]"); return at + 2;
            case 'W': output.Append(Negated(Word)); return at + 2;
            case 's': output.Append(CultureInfo.InvariantCulture, $"[{Space}]"); return at + 2;
            case 'S': output.Append(Negated(Space)); return at + 2;
            case 'b': output.Append(WordBoundary); return at + 2;
            case 'B': output.Append(NotWordBoundary); return at + 2;
            case 'u' or 'c':
                var next = CodePoint(pattern, at, out var rune);
                AppendRune(output, rune, alone: true);
                return next;
            case 'p' or 'P':
                return UnicodeClass(pattern, at, output);
            default:
                output.Append(pattern, at, 2);
                return at + 2;
        }
    }

    private static int UnicodeClass(string pattern, int at, StringBuilder output)
    {
        var close = pattern.IndexOf('}', at);
        if (at + 2 >= pattern.Length || pattern[at + 2] != '{' || close < 0)
        {
            throw new ArgumentException(@"\p must be followed by a class name in braces.");
        }

        var name = pattern[(at + 3)..close];
        output.Append(pattern, at, 3).Append(LongNames.GetValueOrDefault(name, name)).Append('}');
        return close + 1;
    }

    private static string Negated(string set) => $"(?:{Pair}|[^{set}{Surrogates}])";

    /// <summary>Translates the class that starts at <paramref name="at"/>; returns the position after it.</summary>
    private static int Class(string pattern, int at, StringBuilder output)
    {
        var negated = at + 1 < pattern.Length && pattern[at + 1] == '^';
        var set = new StringBuilder();
        var pairs = new List<string>();
        var i = at + (negated ? 2 : 1);
        for (; i < pattern.Length && pattern[i] != ']';)
        {
            i = ClassMember(pattern, i, set, pairs);
        }

        if (i >= pattern.Length)
        {
            throw new ArgumentException("Unterminated [] set.");
        }

        var any = string.Join('|', pairs);
        output.Append((negated, set.Length, pairs.Count) switch
        {
            (true, 0, 0) => @"[\s\S]",
            (true, _, 0) => Negated(set.ToString()),
            (true, _, _) => $"(?:(?!{any}){Pair}|[^{set}{Surrogates}])",
            (false, 0, 0) => "(?!)",
            (false, _, 0) => $"[{set}]",
            (false, 0, _) => $"(?:{any})",
            _ => $"(?:{any}|[{set}])",
        });
        return i + 1;
    }

    private static int ClassMember(string pattern, int at, StringBuilder set, List<string> pairs)
    {
        if (pattern[at] == '\\' && at + 1 < pattern.Length)
        {
            switch (pattern[at + 1])
            {
                case 'd': set.Append(Digit); return at + 2;
                case 'D': set.Append(NotDigit); return at + 2;
                case 'w': set.Append(Word); return at + 2;
                case 'W': set.Append(NotWord); return at + 2;
                case 's': set.Append(Space); return at + 2;
                case 'S': set.Append(NotSpace); return at + 2;
                case 'u' or 'c':
                    var next = CodePoint(pattern, at, out var rune);
                    AddRune(rune, set, pairs);
                    return next;
                case 'p' or 'P':
                    return UnicodeClass(pattern, at, set);
                default:
                    set.Append(pattern, at, 2);
                    return at + 2;
            }
        }

        if (Rune.TryGetRuneAt(pattern, at, out var literal) && literal.Utf16SequenceLength == 2)
        {
            AddRune(literal.Value, set, pairs);
            return at + 2;
        }

        // .NET would read "[" after "-" as a subtraction, and a leading "^" may follow what was moved out of the set.
        set.Append(pattern[at] is '[' or '^' ? "\\" : "").Append(pattern[at]);
        return at + 1;
    }

    private static void AddRune(int rune, StringBuilder set, List<string> pairs)
    {
        if (rune > char.MaxValue)
        {
            pairs.Add(char.ConvertFromUtf32(rune));
        }
        else
        {
            AppendRune(set, rune, alone: false);
        }
    }

    private static void AppendRune(StringBuilder output, int rune, bool alone)
    {
        if (rune > char.MaxValue)
        {
            output.Append(alone ? "(?:" : "").Append(char.ConvertFromUtf32(rune)).Append(alone ? ")" : "");
        }
        else
        {
            output.Append(CultureInfo.InvariantCulture, $"\\u{rune:X4}");
        }
    }

    /// <summary>Reads \uXXXX (two of them if they are a pair), \u{X...} or \cX.</summary>
    private static int CodePoint(string pattern, int at, out int rune)
    {
        var rest = pattern.AsSpan(at + 2);
        if (pattern[at + 1] == 'c')
        {
            if (rest.IsEmpty || !char.IsAsciiLetter(rest[0]))
            {
                throw new ArgumentException(@"\c must be followed by a letter.");
            }

            rune = rest[0] & 0x1F;
            return at + 3;
        }

        var close = rest.StartsWith("{") ? rest.IndexOf('}') : -1;
        var digits = close > 0 ? rest[1..close] : rest[..Math.Min(4, rest.Length)];
        if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out rune) || rune is < 0 or > 0x10FFFF
            || (close <= 0 && digits.Length < 4) || (close > 0 && rune is >= 0xD800 and <= 0xDFFF))
        {
            throw new ArgumentException(@"\u must be followed by four hexadecimal digits or a code point in braces.");
        }

        if (close > 0)
        {
            return at + 2 + close + 1;
        }

        if (char.IsHighSurrogate((char)rune) && rest.Length >= 10 && rest[4] == '\\' && rest[5] == 'u'
            && int.TryParse(rest.Slice(6, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)
            && char.IsLowSurrogate((char)low))
        {
            rune = char.ConvertToUtf32((char)rune, (char)low);
            return at + 12;
        }

        return at + 6;
    }
}
