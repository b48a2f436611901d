using System.Text.Json;
using FlowLite.Engine.Expressions.Liquid;
using Fluid.Parser;

namespace FlowLite.Engine.Expressions;

/// <summary>
/// Liquid templates, as in Elsa: the value is always a text. They see <c>Variables</c>, <c>Input</c>, <c>CorrelationId</c>,
/// <c>WorkflowInstanceId</c>… and the names of every language here. A name that does not exist is an empty text.
/// </summary>
/// <param name="clock">Times the evaluations and is what <c>'now'</c> tells; the system's by default.</param>
public sealed class LiquidLanguage(TimeProvider? clock = null) : IExpressionLanguage
{
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    public string Name => "Liquid";

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

        if (text.Length > LiquidLimits.SourceLength)
        {
            problems.Add(new ExpressionProblem($"The template is longer than {LiquidLimits.SourceLength} characters.", 0, 0));
            return null;
        }

        if (!text.Contains("{{", StringComparison.Ordinal) && !text.Contains("{%", StringComparison.Ordinal))
        {
            return new ConstantExpression(value);
        }

        try
        {
            var parsed = LiquidParser.Parse(text);
            foreach (var (name, offset) in parsed.Filters.Where(filter => !LiquidRun.HasFilter(filter.Name)))
            {
                problems.Add(Problem($"There is no filter '{name}': the value passes unchanged.", text, offset, isWarning: true));
            }

            return new TemplateExpression(new FluidTemplate(parsed.Statements), parsed.Names, _clock);
        }
        catch (LiquidSyntaxException exception)
        {
            problems.Add(Problem(exception.Message, text, exception.Offset, isWarning: false));
            return null;
        }
    }

    private static ExpressionProblem Problem(string message, string text, int offset, bool isWarning)
    {
        var before = text.AsSpan(0, Math.Min(offset, text.Length));
        return new ExpressionProblem(message, before.Count('\n') + 1, before.Length - (before.LastIndexOf('\n') + 1) + 1, isWarning);
    }

    /// <summary>A parsed template. Its statements are not changed by evaluation, so all threads share it.</summary>
    private sealed class TemplateExpression(FluidTemplate template, HashSet<string> names, TimeProvider clock) : CompiledExpression
    {
        public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default) =>
            LiquidRun.Evaluate(template, names, scope, clock, cancellationToken);
    }
}
