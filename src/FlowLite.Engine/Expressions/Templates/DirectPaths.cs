using Scriban.Syntax;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>Recognises templates that need no Scriban when they run.</summary>
internal static class DirectPaths
{
    /// <summary>The one expression of <c>{{ expr }}</c>; null when there is text or a second statement, whose result is a text.</summary>
    public static ScriptExpression? Single(ScriptPage page)
    {
        ScriptExpression? single = null;
        foreach (var statement in page.Body!.Statements)
        {
            if (statement is ScriptExpressionStatement found && single is null)
            {
                single = found.Expression;
            }
            else if (statement is not ScriptEscapeStatement)
            {
                return null;
            }
        }

        return single;
    }

    /// <summary>A direct expression with the same results as the template, or null.</summary>
    public static CompiledExpression? Compile(ScriptPage page)
    {
        if (Single(page) is { } single)
        {
            return Path(single) is { } path ? new PathExpression(path) : null;
        }

        var parts = new List<(string, DirectPath?)>();
        foreach (var statement in page.Body!.Statements)
        {
            switch (statement)
            {
                case ScriptEscapeStatement { WhitespaceMode: ScriptWhitespaceMode.None, EscapeCount: 0 }:
                    break;
                case ScriptRawStatement raw:
                    parts.Add((raw.Text.ToString(), null));
                    break;
                case ScriptExpressionStatement { Expression: { } expression } when Path(expression) is { } path:
                    parts.Add(("", path));
                    break;
                default:
                    return null;
            }
        }

        return new PathTextExpression(parts);
    }

    private static DirectPath? Path(ScriptExpression expression)
    {
        var steps = new List<PathStep>();
        for (ScriptExpression? node = expression; ;)
        {
            switch (node)
            {
                // Not the types that derive from it, such as the one for "x.empty?".
                case ScriptMemberExpression { Member: ScriptVariableGlobal member } chain when chain.GetType() == typeof(ScriptMemberExpression):
                    steps.Insert(0, new PathStep(member.Name, 0));
                    node = chain.Target;
                    break;
                case ScriptIndexerExpression { Index: ScriptLiteral { Value: string name } } chain:
                    steps.Insert(0, new PathStep(name, 0));
                    node = chain.Target;
                    break;
                case ScriptIndexerExpression { Index: ScriptLiteral { Value: int index } } chain:
                    steps.Insert(0, new PathStep(null, index));
                    node = chain.Target;
                    break;
                case ScriptVariableGlobal root:
                    return IsRoot(root.Name, steps) ? new DirectPath(root.Name, [.. steps]) : null;
                default:
                    return null;
            }
        }
    }

    private static bool IsRoot(string name, List<PathStep> steps) =>
        name is "trigger" or "run" or "flow" or "item"
        || (name is "actions" or "variables" or "inputs" && steps.Count > 0 && steps[0].Name is not null);
}
