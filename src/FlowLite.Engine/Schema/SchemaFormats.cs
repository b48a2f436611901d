using System.Globalization;
using System.Text.RegularExpressions;

namespace FlowLite.Engine.Schema;

/// <summary>The formats of draft-fge-json-schema-validation-00, section 7.3. Any other name is ignored, as that section allows.</summary>
internal static partial class SchemaFormats
{
    private const int MaxHostname = 253;
    private const int MaxLabel = 63;

    public static Func<string, bool>? Find(string format) => format switch
    {
        "date-time" => IsDateTime,
        "email" => IsEmail,
        "hostname" => text => IsHostname(text),
        "ipv4" => text => IsIPv4(text),
        "ipv6" => text => IsIPv6(text),
        "uri" => IsUri,
        _ => null,
    };

    /// <summary>RFC 3339 section 5.6; a leap second must fall on 23:59:60 UTC.</summary>
    private static bool IsDateTime(string text)
    {
        var match = DateTimeShape().Match(text);
        if (!match.Success)
        {
            return false;
        }

        int Part(string name) => match.Groups[name].Success ? int.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var (year, month, day) = (Part("year"), Part("month"), Part("day"));
        var (hour, minute, second) = (Part("hour"), Part("minute"), Part("second"));
        var (offsetHour, offsetMinute) = (Part("oh"), Part("om"));

        // .NET has no year 0; for the length of its February it is a leap year like 2000.
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year == 0 ? 2000 : year, month)
            || hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59)
        {
            return false;
        }

        const int MinutesPerDay = 24 * 60;
        var offset = (offsetHour * 60 + offsetMinute) * (match.Groups["sign"].ValueSpan is "-" ? -1 : 1);
        var utc = (hour * 60 + minute - offset + MinutesPerDay) % MinutesPerDay;
        return second < 60 || utc == MinutesPerDay - 1;
    }

    /// <summary>addr-spec of RFC 5322 section 3.4.1 without comments and folding white space.</summary>
    private static bool IsEmail(string text)
    {
        var at = text.LastIndexOf('@');
        if (at < 1 || !LocalPart().IsMatch(text.AsSpan(0, at)))
        {
            return false;
        }

        var domain = text.AsSpan(at + 1);
        if (domain is ['[', .., ']'])
        {
            var literal = domain[1..^1];
            return literal.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? IsIPv6(literal[5..]) : IsIPv4(literal);
        }

        return IsHostname(domain);
    }

    /// <summary>RFC 1034 section 3.1, with the leading digits that RFC 1123 allows.</summary>
    private static bool IsHostname(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxHostname)
        {
            return false;
        }

        foreach (var range in text.Split('.'))
        {
            var label = text[range];
            if (label.Length is 0 or > MaxLabel || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(LabelChars))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>RFC 2673 section 3.2: four decimals of 0 to 255; no leading zeros, which some readers take for octal.</summary>
    private static bool IsIPv4(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0')
                || int.Parse(part, CultureInfo.InvariantCulture) > byte.MaxValue)
            {
                return false;
            }

            count++;
        }

        return count == 4;
    }

    /// <summary>RFC 2373 section 2.2, without zone or prefix.</summary>
    private static bool IsIPv6(ReadOnlySpan<char> text)
    {
        var gap = text.IndexOf("::");
        if (gap < 0)
        {
            return Groups(text, ipv4Last: true) == 8;
        }

        var (left, right) = (Groups(text[..gap], ipv4Last: false), Groups(text[(gap + 2)..], ipv4Last: true));
        return left >= 0 && right >= 0 && left + right <= 7;
    }

    /// <summary>How many 16-bit groups the text has, or -1.</summary>
    private static int Groups(ReadOnlySpan<char> text, bool ipv4Last)
    {
        if (text.IsEmpty)
        {
            return 0;
        }

        var count = 0;
        var ended = false;
        foreach (var range in text.Split(':'))
        {
            var group = text[range];
            if (ended)
            {
                return -1;
            }

            if (ipv4Last && group.Contains('.'))
            {
                if (!IsIPv4(group))
                {
                    return -1;
                }

                count += 2;
                ended = true;
            }
            else if (group.Length is 0 or > 4 || group.ContainsAnyExcept(HexDigits))
            {
                return -1;
            }
            else
            {
                count++;
            }
        }

        return count;
    }

    /// <summary>An absolute URI of RFC 3986.</summary>
    private static bool IsUri(string text)
    {
        var match = UriShape().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var literal = match.Groups["ip6"];
        return !literal.Success || literal.ValueSpan is ['v' or 'V', ..] || IsIPv6(literal.ValueSpan);
    }

    private static readonly System.Buffers.SearchValues<char> LabelChars =
        System.Buffers.SearchValues.Create("-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    [GeneratedRegex(
        @"\A(?<year>[0-9]{4})-(?<month>[0-9]{2})-(?<day>[0-9]{2})[Tt](?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})(?:\.[0-9]+)?(?:[Zz]|(?<sign>[+-])(?<oh>[0-9]{2}):(?<om>[0-9]{2}))\z",
        RegexOptions.CultureInvariant, 200)]
    private static partial Regex DateTimeShape();

    [GeneratedRegex(
        @"\A(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|""(?:[ \t!#-\[\]-~]|\\[ \t!-~])*"")\z",
        RegexOptions.CultureInvariant, 200)]
    private static partial Regex LocalPart();

    [GeneratedRegex(
        @"\A[A-Za-z][A-Za-z0-9+.-]*:(?://(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?(?:\[(?<ip6>[0-9A-Fa-f:.]+|[Vv][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+)\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?(?=[/?#]|\z)|(?!//))(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:\#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?\z",
        RegexOptions.CultureInvariant, 200)]
    private static partial Regex UriShape();
}
