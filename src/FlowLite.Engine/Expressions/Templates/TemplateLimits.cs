namespace FlowLite.Engine.Expressions.Templates;

/// <summary>What one evaluation may use. Going over any of them is an <see cref="ExpressionException"/>, never a cut result.</summary>
internal static class TemplateLimits
{
    /// <summary>Characters of a template's source.</summary>
    public const int SourceLength = 256 * 1024;

    /// <summary>Blocks (if, for, func …) in one template: bounds how deep they nest, for the parser is recursive.</summary>
    public const int Blocks = 200;

    /// <summary>Names, operators and brackets in one statement: bounds long chains, which nest as well.</summary>
    public const int StatementTokens = 4000;

    /// <summary>Nesting of expressions.</summary>
    public const int ExpressionDepth = 250;

    /// <summary>Rounds of one loop.</summary>
    public const int Loop = 100_000;

    /// <summary>Evaluated syntax nodes of one evaluation: bounds nested loops.</summary>
    public const int Steps = 2_000_000;

    /// <summary>Functions calling functions.</summary>
    public const int Recursion = 50;

    /// <summary>Nesting of lists and objects made by a template.</summary>
    public const int ObjectDepth = 20;

    /// <summary>Characters of a text, and bytes of a JSON value, made by a template.</summary>
    public const int Text = 1024 * 1024;

    /// <summary>Bits of an integer.</summary>
    public const int IntegerBits = 16 * 1024;

    /// <summary>Bytes allocated by one evaluation, most of which are garbage at once.</summary>
    public const long Allocation = 128L * 1024 * 1024;

    public static readonly TimeSpan Regex = TimeSpan.FromMilliseconds(200);

    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);
}
