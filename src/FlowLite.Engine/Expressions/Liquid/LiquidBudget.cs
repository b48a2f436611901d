using Fluid;

namespace FlowLite.Engine.Expressions.Liquid;

/// <summary>Holds one evaluation to <see cref="LiquidLimits"/>.</summary>
internal sealed class LiquidBudget(TimeProvider clock, CancellationToken cancellationToken)
{
    private const string Key = "budget";

    private readonly long _started = clock.GetTimestamp();
    private readonly long _allocated = GC.GetAllocatedBytesForCurrentThread();

    public static LiquidBudget Of(TemplateContext context) => (LiquidBudget)context.AmbientValues[Key];

    public static ExpressionException TooLong() => new($"The text is longer than {LiquidLimits.Text} characters.");

    public void Attach(TemplateContext context) => context.AmbientValues[Key] = this;

    public void Check()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (GC.GetAllocatedBytesForCurrentThread() - _allocated > LiquidLimits.Allocation)
        {
            throw new ExpressionException("The template uses too much memory.");
        }

        if (clock.GetElapsedTime(_started) > LiquidLimits.Duration)
        {
            throw new ExpressionException($"The template runs longer than {LiquidLimits.Duration.TotalSeconds:0.#} s.");
        }
    }
}

/// <summary>Takes text up to a limit, and looks at the budget while it does.</summary>
internal sealed class BoundedWriter(LiquidBudget budget) : StringWriter(System.Globalization.CultureInfo.InvariantCulture)
{
    private int _writes;

    public override void Write(char value)
    {
        Check(1);
        base.Write(value);
    }

    public override void Write(string? value)
    {
        Check(value?.Length ?? 0);
        base.Write(value);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        Check(count);
        base.Write(buffer, index, count);
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Check(buffer.Length);
        base.Write(buffer);
    }

    private void Check(int length)
    {
        if (GetStringBuilder().Length + length > LiquidLimits.Text)
        {
            throw LiquidBudget.TooLong();
        }

        if ((++_writes & 31) == 0)
        {
            budget.Check();
        }
    }
}
