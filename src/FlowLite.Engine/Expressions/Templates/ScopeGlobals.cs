using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;

namespace FlowLite.Engine.Expressions.Templates;

/// <summary>The top-level names of one evaluation: the scope's, and those that the template assigns, which die with it.</summary>
internal sealed class ScopeGlobals(IExpressionScope scope) : IScriptObject
{
    private Dictionary<string, object?>? _assigned;
    private HashSet<string>? _readOnly;

    /// <summary>The names that every scope has.</summary>
    public static IReadOnlyList<string> Names { get; } = ["trigger", "actions", "variables", "inputs", "run", "flow", "item"];

    public int Count => _assigned?.Count ?? 0;

    public bool IsReadOnly
    {
        get => false;
        set { }
    }

    /// <summary>The assigned names; the scope's own are not listed.</summary>
    public IEnumerable<string> GetMembers() => _assigned?.Keys.ToArray() ?? [];

    public bool Contains(string member) => Names.Contains(member) || _assigned?.ContainsKey(member) == true;

    public bool CanWrite(string member) => !Names.Contains(member) && _readOnly?.Contains(member) != true;

    public bool TryGetValue(TemplateContext? context, SourceSpan span, string member, out object? value)
    {
        switch (member)
        {
            case "trigger":
                value = JsonViews.Wrap(scope.Trigger);
                return true;
            case "run":
                value = JsonViews.Wrap(scope.Run);
                return true;
            case "flow":
                value = JsonViews.Wrap(scope.Flow);
                return true;
            case "item":
                value = JsonViews.Wrap(scope.Item);
                return true;
            case "actions":
                value = new LookupView(member, name => scope.TryGetAction(name, out var action) ? new ActionObjectView(action) : null);
                return true;
            case "variables":
                value = new LookupView(member, name => scope.TryGetVariable(name, out var found) ? JsonViews.Wrap(found) : null);
                return true;
            case "inputs":
                value = new LookupView(member, name => scope.TryGetInput(name, out var found) ? JsonViews.Wrap(found) : null);
                return true;
            default:
                value = null;
                return _assigned is not null && _assigned.TryGetValue(member, out value);
        }
    }

    public bool TrySetValue(TemplateContext? context, SourceSpan span, string member, object? value, bool readOnly)
    {
        if (!CanWrite(member))
        {
            return false;
        }

        (_assigned ??= new Dictionary<string, object?>(StringComparer.Ordinal))[member] = value;
        SetReadOnly(member, readOnly);
        return true;
    }

    public bool Remove(string member) => _assigned?.Remove(member) == true;

    public void SetReadOnly(string member, bool readOnly)
    {
        if (readOnly)
        {
            (_readOnly ??= new HashSet<string>(StringComparer.Ordinal)).Add(member);
        }
        else
        {
            _readOnly?.Remove(member);
        }
    }

    public IScriptObject Clone(bool deep) => this;
}
