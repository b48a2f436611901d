namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>What one evaluation of a script may use. Going over any of them is an <see cref="ExpressionException"/> that the script can't catch.</summary>
internal static class ScriptLimits
{
    /// <summary>Characters of a script.</summary>
    public const int SourceLength = 256 * 1024;

    /// <summary>Statements and rounds of loops.</summary>
    public const int Steps = 2_000_000;

    /// <summary>Functions calling functions.</summary>
    public const int Recursion = 200;

    /// <summary>Items of an array.</summary>
    public const uint ArrayLength = 1_000_000;

    /// <summary>Characters that the functions which multiply text may make in one evaluation.</summary>
    public const int Text = 8 * 1024 * 1024;

    /// <summary>Bytes of the result as JSON.</summary>
    public const int Result = 8 * 1024 * 1024;

    /// <summary>Bytes allocated by one evaluation, most of which are garbage at once.</summary>
    public const long Allocation = 128L * 1024 * 1024;

    /// <summary>Nesting of JSON that a script parses; deeper than what a request may be.</summary>
    public const int JsonDepth = 128;

    public static readonly TimeSpan Regex = TimeSpan.FromMilliseconds(200);

    /// <summary>What is left of a promise after the script has ended can't come true any more.</summary>
    public static readonly TimeSpan Promise = TimeSpan.FromMilliseconds(1);

    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);
}
