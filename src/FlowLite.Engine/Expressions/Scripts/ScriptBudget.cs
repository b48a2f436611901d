using Jint;

namespace FlowLite.Engine.Expressions.Scripts;

/// <summary>Holds one evaluation to <see cref="ScriptLimits"/>; the engine asks before each statement.</summary>
internal sealed class ScriptBudget(TimeProvider clock, CancellationToken cancellationToken) : Constraint
{
    private readonly long _started = clock.GetTimestamp();
    private readonly long _allocated = GC.GetAllocatedBytesForCurrentThread();
    private int _steps;
    private long _text;

    public override void Check()
    {
        if (++_steps > ScriptLimits.Steps)
        {
            throw new ExpressionException($"The script takes more than {ScriptLimits.Steps} steps.");
        }

        // Each time: one statement can double a text.
        if (GC.GetAllocatedBytesForCurrentThread() - _allocated > ScriptLimits.Allocation)
        {
            throw new ExpressionException("The script uses too much memory.");
        }

        if ((_steps & 31) == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (clock.GetElapsedTime(_started) > ScriptLimits.Duration)
            {
                throw new ExpressionException($"The script runs longer than {ScriptLimits.Duration.TotalSeconds:0.#} s.");
            }
        }
    }

    /// <summary>Counts text that a function is about to make.</summary>
    public void Charge(double characters)
    {
        if (characters > ScriptLimits.Text - _text)
        {
            throw new ExpressionException($"The script makes text of more than {ScriptLimits.Text} characters.");
        }

        _text += (long)Math.Max(0, characters);
    }

    // The engine resets before each script that it runs; this one counts for all that belongs to the evaluation.
    public override void Reset()
    {
    }
}
