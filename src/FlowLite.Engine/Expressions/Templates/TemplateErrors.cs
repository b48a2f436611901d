using Scriban.Parsing;
using Scriban.Syntax;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>Says to the author of a template what went wrong.</summary>
internal static class TemplateErrors
{
    public static ExpressionException TooLong(Exception? inner = null) =>
        new($"The text is longer than {TemplateLimits.Text} characters.", inner: inner);

    public static ExpressionException From(Exception exception)
    {
        var span = exception is ScriptRuntimeException script ? script.Span : default;
        var (line, column) = exception is ScriptRuntimeException ? Position(span) : (0, 0);
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case ExpressionException known:
                    return known.Line > 0 ? known : new ExpressionException(known.Message, line, column, exception);
                case InvalidOperationException when cause.Source?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true:
                    return new ExpressionException("A text in the data is not valid Unicode (half a surrogate pair).", line, column, exception);
                case System.Text.RegularExpressions.RegexMatchTimeoutException:
                    return new ExpressionException("A regular expression took too long.", line, column, exception);
            }
        }

        var message = exception is ScriptRuntimeException runtime ? runtime.OriginalMessage : exception.Message;
        return new ExpressionException(FirstLine(message), line, column, exception);
    }

    /// <summary>Scriban counts from zero.</summary>
    public static (int Line, int Column) Position(SourceSpan span) => (span.Start.Line + 1, span.Start.Column + 1);

    private static string FirstLine(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? message : message[..end];
        // Scriban quotes the source, however long it is.
        return line.Length <= 500 ? line : string.Concat(line.AsSpan(0, 500), "…");
    }
}
