using System.Text.Json;
using System.Text.RegularExpressions;
using Acornima;
using FlowLite.Engine.Json;
using Jint;
using Jint.Native;
using Jint.Native.Error;
using Jint.Runtime;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>Says to the author of a script what went wrong.</summary>
internal static class ScriptErrors
{
    public static ExpressionException From(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case ExpressionException known:
                    return known;
                case RegexMatchTimeoutException:
                    return new ExpressionException("A regular expression took too long.", inner: exception);
                case InvalidOperationException when cause.Source?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true:
                    return new ExpressionException("A text in the data is not valid Unicode (half a surrogate pair).", inner: exception);
            }
        }

        return exception switch
        {
            JavaScriptException error => new ExpressionException(
                FirstLine(Message(error)), error.Location.Start.Line, error.Location.Start.Line > 0 ? error.Location.Start.Column + 1 : 0, error),
            RecursionDepthOverflowException or InsufficientExecutionStackException => new ExpressionException("The script calls itself too often.", inner: exception),
            MemoryLimitExceededException or OutOfMemoryException => new ExpressionException("The script uses too much memory.", inner: exception),
            PromiseRejectedException rejected => new ExpressionException(FirstLine(Text(rejected.RejectedValue)), inner: exception),
            JsonException => new ExpressionException("The result is nested too deep.", inner: exception),
            _ => new ExpressionException(FirstLine(exception.Message), inner: exception),
        };
    }

    public static ExpressionProblem Problem(ScriptPreparationException exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case ParseErrorException error:
                    return new ExpressionProblem(error.Description, error.LineNumber, error.Column + 1);
                case InsufficientExecutionStackException:
                    return new ExpressionProblem("The script nests too deep.", 0, 0);
            }
        }

        return new ExpressionProblem(FirstLine(exception.InnerException?.Message ?? exception.Message), 0, 0);
    }

    private static string Message(JavaScriptException error) => error.Error is ErrorInstance ? error.Message : Text(error.Error);

    // A script may throw anything: {code: 1} has no message, and as text says nothing.
    private static string Text(JsValue value)
    {
        if (!value.IsObject())
        {
            return value.ToString();
        }

        try
        {
            return value.AsObject().Get("message") is { } message && message.IsString() ? message.ToString() : JsonValues.CompactText(ScriptValues.ToJson(value.AsObject().Engine, value));
        }
        // Its own members may throw, lead round in a circle or go over a limit.
        catch (Exception)
        {
            return "The script threw something that says nothing.";
        }
    }

    private static string FirstLine(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? message : message[..end];
        return line.Length <= 500 ? line : string.Concat(line.AsSpan(0, 500), "…");
    }
}
