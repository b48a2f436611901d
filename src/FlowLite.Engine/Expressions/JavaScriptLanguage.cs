using System.Text.Json;
using FlowLite.Engine.Expressions.Scripts;

namespace FlowLite.Engine.Expressions;

/// <summary>
/// JavaScript, as in Elsa: the value is what the script returns, else that of its last statement. It sees the functions and the
/// <c>variables</c> that Elsa gives it and what every language here sees (<c>trigger</c>, <c>actions</c>, <c>inputs</c>, <c>run</c>,
/// <c>flow</c>, <c>item</c>). Scripts are sandboxed: no .NET, no files, no network, no text evaluated as code.
/// </summary>
/// <param name="clock">Times the evaluations and is what <c>Date</c> tells; the system's by default.</param>
public sealed class JavaScriptLanguage(TimeProvider? clock = null) : IExpressionLanguage
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    public string Name => "JavaScript";

    public CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return new ConstantExpression(value);
        }

        if (!StoredText.TryRead(value, problems, out var text))
        {
            return null;
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            return new ConstantExpression(default);
        }

        return ScriptSource.Parse(text, sourceName, problems) is { } source ? new ScriptExpression(source, _clock) : null;
    }

    private sealed class ScriptExpression(ScriptSource source, TimeProvider clock) : CompiledExpression
    {
        public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default) =>
            ScriptRun.Evaluate(source, scope, clock, cancellationToken);
    }
}
