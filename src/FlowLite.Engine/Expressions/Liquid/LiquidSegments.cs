namespace FlowLite.Engine.Expressions.Liquid;

internal enum LiquidSegmentKind
{
    Text,
    Output,
    Tag,
}

/// <summary>A stretch of a template: text, what stands in <c>{{ }}</c> or what stands in <c>{% %}</c>; the offset is that of its content.</summary>
internal readonly record struct LiquidSegment(LiquidSegmentKind Kind, string Content, int Offset);

/// <summary>Cuts a template into its segments. White space is trimmed where a <c>-</c> says so.</summary>
internal static class LiquidSegments
{
    /// <exception cref="LiquidSyntaxException">A tag or an output is not closed.</exception>
    public static List<LiquidSegment> Split(string template)
    {
        var segments = new List<LiquidSegment>();
        var position = 0;
        var trimNext = false;
        while (position < template.Length)
        {
            var open = Open(template, position);
            AddText(segments, template, position, open < 0 ? template.Length : open, trimNext, open >= 0 && IsDash(template, open + 2));
            if (open < 0)
            {
                break;
            }

            var isTag = template[open + 1] == '%';
            var start = open + 2 + (IsDash(template, open + 2) ? 1 : 0);
            var close = Close(template, start, isTag);
            if (close < 0)
            {
                throw new LiquidSyntaxException(isTag ? "The tag is not closed: '%}' is missing." : "The output is not closed: '}}' is missing.", open);
            }

            trimNext = close > start && template[close - 1] == '-';
            var content = template[start..(trimNext ? close - 1 : close)];
            position = close + 2;
            segments.Add(new LiquidSegment(isTag ? LiquidSegmentKind.Tag : LiquidSegmentKind.Output, content, start));
            if (isTag && content.Trim() is "raw" or "comment")
            {
                position = AddVerbatim(segments, template, position, content.Trim(), trimNext, out trimNext);
            }
        }

        return segments;
    }

    // Nothing in raw and comment is Liquid but their end.
    private static int AddVerbatim(List<LiquidSegment> segments, string template, int position, string tag, bool trim, out bool trimNext)
    {
        for (var open = template.IndexOf("{%", position, StringComparison.Ordinal); open >= 0; open = template.IndexOf("{%", open + 2, StringComparison.Ordinal))
        {
            var start = open + 2 + (IsDash(template, open + 2) ? 1 : 0);
            var close = template.IndexOf("%}", start, StringComparison.Ordinal);
            if (close < 0)
            {
                break;
            }

            trimNext = template[close - 1] == '-' && close > start;
            var content = template[start..(trimNext ? close - 1 : close)];
            if (content.Trim() == $"end{tag}")
            {
                AddText(segments, template, position, open, trim, start > open + 2);
                segments.Add(new LiquidSegment(LiquidSegmentKind.Tag, content, start));
                return close + 2;
            }
        }

        throw new LiquidSyntaxException($"'{tag}' is not closed: 'end{tag}' is missing.", position);
    }

    private static int Open(string template, int from)
    {
        for (var i = template.IndexOf('{', from); i >= 0 && i + 1 < template.Length; i = template.IndexOf('{', i + 1))
        {
            if (template[i + 1] is '{' or '%')
            {
                return i;
            }
        }

        return -1;
    }

    // Quoted text may hold the closing characters.
    private static int Close(string template, int from, bool isTag)
    {
        var quote = '\0';
        for (var i = from; i + 1 < template.Length; i++)
        {
            var letter = template[i];
            if (quote != '\0')
            {
                quote = letter == quote ? '\0' : quote;
            }
            else if (letter is '\'' or '"')
            {
                quote = letter;
            }
            else if (letter == (isTag ? '%' : '}') && template[i + 1] == '}')
            {
                return i;
            }
        }

        return template.IndexOf(isTag ? "%}" : "}}", from, StringComparison.Ordinal);
    }

    private static bool IsDash(string template, int index) => index < template.Length && template[index] == '-';

    private static void AddText(List<LiquidSegment> segments, string template, int start, int end, bool trimStart, bool trimEnd)
    {
        var text = template[start..end];
        text = trimStart ? text.TrimStart() : text;
        text = trimEnd ? text.TrimEnd() : text;
        if (text.Length > 0)
        {
            segments.Add(new LiquidSegment(LiquidSegmentKind.Text, text, start));
        }
    }
}

/// <summary>The template can't be read at this offset.</summary>
internal sealed class LiquidSyntaxException(string message, int offset) : Exception(message)
{
    public int Offset => offset;
}
