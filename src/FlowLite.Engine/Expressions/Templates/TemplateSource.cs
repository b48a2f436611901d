using Scriban.Parsing;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>Looks at a template's tokens before it is parsed, for what Scriban's recursive parser does not bound itself.</summary>
internal static class TemplateSource
{
    // Scriban computes a literal such as 1e999999999 digit by digit.
    private const int NumberLength = 64;
    private const int ExponentLength = 3;

    private static readonly HashSet<string> BlockWords =
        ["if", "else", "for", "while", "tablerow", "func", "do", "with", "wrap", "capture", "case", "when"];

    public static bool IsBounded(string text, List<ExpressionProblem> problems)
    {
        if (text.Length > TemplateLimits.SourceLength)
        {
            problems.Add(new ExpressionProblem($"The template is longer than {TemplateLimits.SourceLength} characters.", 0, 0));
            return false;
        }

        var blocks = 0;
        var chain = 0;
        foreach (var token in new Lexer(text, null, null))
        {
            var message = Check(token, text, ref blocks, ref chain);
            if (message is not null)
            {
                problems.Add(new ExpressionProblem(message, token.Start.Line + 1, token.Start.Column + 1));
                return false;
            }
        }

        return true;
    }

    private static string? Check(Token token, string text, ref int blocks, ref int chain)
    {
        switch (token.Type)
        {
            case TokenType.CodeEnter or TokenType.SemiColon or TokenType.NewLine:
                chain = 0;
                return null;
            case TokenType.Integer or TokenType.Float or TokenType.HexaInteger or TokenType.BinaryInteger:
                return IsBoundedNumber(token.GetText(text)) ? null : "The number has too many digits.";
            case TokenType.Identifier when BlockWords.Contains(token.GetText(text)):
                return ++blocks <= TemplateLimits.Blocks ? null : $"The template has more than {TemplateLimits.Blocks} blocks (if, for, func …).";
            case TokenType.Whitespace or TokenType.WhitespaceFull or TokenType.Raw:
                return null;
            default:
                return ++chain <= TemplateLimits.StatementTokens ? null : $"The statement has more than {TemplateLimits.StatementTokens} parts.";
        }
    }

    private static bool IsBoundedNumber(string number)
    {
        var exponent = number.IndexOfAny(['e', 'E']);
        return number.Length <= NumberLength
            && (exponent < 0 || number.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || number.AsSpan(exponent + 1).TrimStart("+-").Length <= ExponentLength);
    }
}
