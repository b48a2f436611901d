using System.Text.Json;
using FlowLite.Engine.Expressions.Templates;
using Scriban;
using Scriban.Parsing;

namespace FlowLite.Engine.Expressions;

/// <summary>
/// Scriban templates over <c>trigger</c>, <c>actions</c>, <c>variables</c>, <c>inputs</c>, <c>run</c>, <c>flow</c> and
/// <c>item</c>. A template that is one <c>{{ expression }}</c> keeps the value's type; anything else is a text, in which
/// null is '' and objects and arrays are compact JSON. Templates are sandboxed and give the same value on every replay.
/// </summary>
/// <param name="clock">Times the evaluations; the system's by default.</param>
public sealed class ScribanLanguage(TimeProvider? clock = null) : IExpressionLanguage
{
    private static readonly ParserOptions Parser = new() { ExpressionDepthLimit = TemplateLimits.ExpressionDepth, ParseFloatAsDecimal = true };

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    public string Name => "Scriban";

    public CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems) =>
        Compile(value, sourceName, problems, direct: true);

    /// <summary>Without <paramref name="direct"/> even plain paths go through Scriban: tests compare the two.</summary>
    internal CompiledExpression? Compile(JsonElement value, string sourceName, List<ExpressionProblem> problems, bool direct)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return new ConstantExpression(value);
        }

        if (!StoredText.TryRead(value, problems, out var text))
        {
            return null;
        }

        if (!text.Contains("{{", StringComparison.Ordinal) && !text.Contains("{%{", StringComparison.Ordinal))
        {
            return new ConstantExpression(value);
        }

        return Parse(text, sourceName, problems) is { } template
            ? (direct ? DirectPaths.Compile(template.Page!) : null) ?? new TemplateExpression(template, _clock)
            : null;
    }

    private static Template? Parse(string text, string sourceName, List<ExpressionProblem> problems)
    {
        if (!TemplateSource.IsBounded(text, problems))
        {
            return null;
        }

        var before = problems.Count;
        var template = Template.Parse(text, sourceName, Parser);
        foreach (var message in template.Messages)
        {
            var (line, column) = TemplateErrors.Position(message.Span);
            problems.Add(new ExpressionProblem(message.Message, line, column, message.Type == ParserMessageType.Warning));
        }

        if (!template.HasErrors)
        {
            TemplateNames.Check(template.Page!, problems);
        }

        return problems.Skip(before).All(problem => problem.IsWarning) ? template : null;
    }

    /// <summary>A parsed template. Scriban's syntax trees are not changed by evaluation, so all threads share it.</summary>
    private sealed class TemplateExpression(Template template, TimeProvider clock) : CompiledExpression
    {
        private readonly bool _typed = DirectPaths.Single(template.Page!) is not null;

        public override JsonElement Evaluate(IExpressionScope scope, CancellationToken cancellationToken = default) =>
            TemplateSandbox.Run(template, _typed, scope, clock, cancellationToken);
    }
}
