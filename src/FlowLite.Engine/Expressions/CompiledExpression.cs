using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Expressions;

/// <summary>An expression, ready to be evaluated any number of times by any number of threads.</summary>
public abstract class CompiledExpression
{
    /// <summary>
    /// The value in the given scope. Mutates nothing. Never Undefined: what is missing is JSON null.
    /// </summary>
    /// <exception cref="ExpressionException">The expression failed or went over a limit.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public abstract JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default);

    /// <summary>Non-null when the value is the same for every run (literals): evaluated once at compile.</summary>
    public virtual JsonElement? Constant => null;
}

/// <summary>An expression that is the same for every run.</summary>
internal sealed class ConstantExpression(JsonElement value) : CompiledExpression
{
    private readonly JsonElement _value = value.ValueKind == JsonValueKind.Undefined ? JsonValues.Null : value;

    public override JsonElement? Constant => _value;

    public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default) => _value;
}

/// <summary>One that does not compile: whoever needs its value fails with the reason.</summary>
internal sealed class RefusedExpression(ExpressionProblem problem) : CompiledExpression
{
    public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default) =>
        throw new ExpressionException(problem.Message, problem.Line, problem.Column);
}
