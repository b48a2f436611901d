using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>Reading the stored form of an expression.</summary>
internal static class StoredText
{
    /// <summary>The text of a JSON string; a string with half a surrogate pair is a problem.</summary>
    public static bool TryRead(JsonElement value, List<ExpressionProblem> problems, [NotNullWhen(true)] out string? text)
    {
        try
        {
            text = value.GetString() ?? "";
            return true;
        }
        catch (InvalidOperationException)
        {
            problems.Add(new ExpressionProblem("The text is not valid Unicode.", 0, 0));
            text = null;
            return false;
        }
    }

    /// <summary>The parser's message without its "LineNumber: 0 | BytePositionInLine: 1." and path, which count from zero.</summary>
    public static string WithoutPosition(string message)
    {
        var path = message.IndexOf(" Path: ", StringComparison.Ordinal);
        var line = message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        var cut = path >= 0 && (line < 0 || path < line) ? path : line;
        return cut < 0 ? message : message[..cut];
    }
}
