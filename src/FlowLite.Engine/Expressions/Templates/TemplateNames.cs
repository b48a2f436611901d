using Scriban.Runtime;
using Scriban.Syntax;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>Finds names that a template uses and nothing defines, before it ever runs.</summary>
internal static class TemplateNames
{
    // Set by Scriban inside loops and functions.
    private static readonly HashSet<string> Implicit = ["for", "while", "tablerow", "this"];

    public static string Unknown(string name) =>
        TemplateBuiltins.WhyRemoved(name) is { } reason
            ? $"'{name}' is not available: {reason}."
            : $"Unknown name '{name}'. Available: {string.Join(", ", ScopeGlobals.Names)}.";

    public static void Check(ScriptNode page, List<ExpressionProblem> problems)
    {
        var assigned = new HashSet<string>(StringComparer.Ordinal);
        var read = new List<ScriptVariableGlobal>();
        var opens = false;
        foreach (var node in Descendants(page))
        {
            switch (node)
            {
                case ScriptImportStatement:
                    Add(problems, node, "import is not available in templates.");
                    break;
                case ScriptWithStatement:
                    // Its names may be members of whatever the value turns out to be.
                    opens = true;
                    break;
                case ScriptVariableGlobal variable when Defines(variable):
                    assigned.Add(variable.Name);
                    if (ScopeGlobals.Names.Contains(variable.Name))
                    {
                        Add(problems, variable, $"'{variable.Name}' cannot be assigned.");
                    }

                    break;
                case ScriptVariableGlobal variable when Reads(variable):
                    read.Add(variable);
                    break;
            }
        }

        foreach (var variable in read.Where(variable => !assigned.Contains(variable.Name)))
        {
            CheckRead(variable, opens, problems);
        }
    }

    /// <summary>The node and all below it, in order, without recursion: templates come from outside.</summary>
    public static IEnumerable<ScriptNode> Descendants(ScriptNode root)
    {
        var pending = new Stack<ScriptNode>();
        pending.Push(root);
        while (pending.TryPop(out var node))
        {
            yield return node;
            for (var i = node.ChildrenCount - 1; i >= 0; i--)
            {
                if (node.GetChildren(i) is { } child)
                {
                    pending.Push(child);
                }
            }
        }
    }

    private static void CheckRead(ScriptVariableGlobal variable, bool opens, List<ExpressionProblem> problems)
    {
        var name = variable.Name;
        if (!TemplateBuiltins.Shared.ContainsKey(name))
        {
            if (!opens && !ScopeGlobals.Names.Contains(name) && !Implicit.Contains(name))
            {
                Add(problems, variable, Unknown(name));
            }
        }
        else if (TemplateBuiltins.Shared[name] is ScriptObject functions
            && variable.Parent is ScriptMemberExpression { Member: { } member, Target: var target } && ReferenceEquals(target, variable)
            && !functions.ContainsKey(member.Name))
        {
            var full = $"{name}.{member.Name}";
            Add(problems, variable, TemplateBuiltins.WhyRemoved(full) is { } reason
                ? $"'{full}' is not available: {reason}."
                : $"Unknown function '{full}'.");
        }
    }

    // Scriban compares variables by name; here it matters which one stands where.
    private static bool Defines(ScriptVariableGlobal variable) => variable.Parent switch
    {
        ScriptAssignExpression assign => ReferenceEquals(assign.Target, variable),
        ScriptForStatement loop => ReferenceEquals(loop.Variable, variable),
        ScriptCaptureStatement capture => ReferenceEquals(capture.Target, variable),
        ScriptFunction or ScriptParameter => true,
        _ => false,
    };

    private static bool Reads(ScriptVariableGlobal variable) => variable.Parent switch
    {
        ScriptMemberExpression member => ReferenceEquals(member.Target, variable),
        ScriptObjectMember member => !ReferenceEquals(member.Name, variable),
        ScriptNamedArgument argument => !ReferenceEquals(argument.Name, variable),
        _ => true,
    };

    private static void Add(List<ExpressionProblem> problems, ScriptNode node, string message)
    {
        var (line, column) = TemplateErrors.Position(node.Span);
        problems.Add(new ExpressionProblem(message, line, column));
    }
}
