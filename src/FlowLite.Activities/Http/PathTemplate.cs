using System.Text.RegularExpressions;

namespace FlowLite.Activities.Http;

/// <summary>A relative path with parameters, as in Flow: <c>address/{postalCode}</c>. Literal segments match ignoring case.</summary>
public sealed partial class PathTemplate
{
    private readonly string[] _segments;

    private PathTemplate(string[] segments) => _segments = segments;

    /// <summary>Leading and trailing slashes do not count; empty text is the template of the empty path.</summary>
    /// <exception cref="FormatException">Says what is wrong with it.</exception>
    public static PathTemplate Parse(string? text)
    {
        var trimmed = (text ?? string.Empty).Trim().Trim('/');
        var segments = trimmed.Length == 0 ? [] : trimmed.Split('/');
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var segment in segments)
        {
            if (segment is "." or ".." || !(Parameter().IsMatch(segment) || Literal().IsMatch(segment)))
            {
                throw new FormatException($"'{segment}' is no segment of a path: it is either plain text or one parameter such as {{postalCode}}.");
            }

            if (segment[0] == '{' && !names.Add(segment))
            {
                throw new FormatException($"The parameter {segment} is in the path twice.");
            }
        }

        return new PathTemplate(segments);
    }

    /// <param name="path">Still percent-encoded, so that an encoded slash stays within its segment.</param>
    /// <param name="parameters">Decoded values by parameter name.</param>
    public bool TryMatch(string path, out IReadOnlyDictionary<string, string> parameters)
    {
        var found = new Dictionary<string, string>();
        parameters = found;
        var trimmed = path.Trim('/');
        var segments = trimmed.Length == 0 ? [] : trimmed.Split('/');
        if (segments.Length != _segments.Length)
        {
            return false;
        }

        for (var i = 0; i < segments.Length; i++)
        {
            var value = Uri.UnescapeDataString(segments[i]);
            if (_segments[i][0] != '{')
            {
                if (!string.Equals(_segments[i], value, StringComparison.OrdinalIgnoreCase))
                {
                    return false;
                }
            }
            else if (value.Length == 0)
            {
                return false;
            }
            else
            {
                found[_segments[i][1..^1]] = value;
            }
        }

        return true;
    }

    [GeneratedRegex(@"^\{[A-Za-z_][A-Za-z0-9_]*\}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^[^{}?#%\\\s\p{C}]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Literal();
}
