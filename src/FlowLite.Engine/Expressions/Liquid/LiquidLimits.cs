namespace FlowLite.Engine.Expressions.Liquid;

/// <summary>What one evaluation may use. Going over any of them is an <see cref="ExpressionException"/>, never a cut result.</summary>
internal static class LiquidLimits
{
    /// <summary>Characters of a template's source.</summary>
    public const int SourceLength = 256 * 1024;

    /// <summary>Blocks in blocks, and values in values.</summary>
    public const int Nesting = 100;

    /// <summary>Filters on one value.</summary>
    public const int Filters = 200;

    /// <summary>Statements of one evaluation.</summary>
    public const int Steps = 1_000_000;

    /// <summary>Items of a list.</summary>
    public const int Items = 100_000;

    /// <summary>Characters of a text.</summary>
    public const int Text = 1024 * 1024;

    public const long Allocation = 128L * 1024 * 1024;

    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);
}
