using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>What the expressions of one activity instance see. Used while the run is locked, not after.</summary>
internal sealed class RunScope(CompiledWorkflow workflow, RunState state) : IExpressionScope
{
    private (string? Name, string? CorrelationId, JsonElement Json)? _run;
    private Dictionary<string, JsonElement>? _set;

    /// <summary>The instance whose inputs are evaluated; its loop says what <c>item</c> is.</summary>
    public ActivityInstance? Instance { get; private set; }

    public RunScope For(ActivityInstance instance)
    {
        Instance = instance;
        _set = null;
        IsUnrepeatable = false;
        return this;
    }

    /// <summary>An expression looked at the clock or at chance.</summary>
    public bool IsUnrepeatable { get; private set; }

    /// <summary>The variables that expressions have set, by id, for the event that carries the values of these expressions; only once.</summary>
    public Dictionary<string, JsonElement>? TakeVariables()
    {
        var set = _set;
        _set = null;
        return set;
    }

    public string VariableId(string idOrName) => workflow.FindVariable(idOrName)?.Id ?? idOrName;

    public void SetVariable(string idOrName, JsonElement value) => (_set ??= [])[VariableId(idOrName)] = value;

    public void MarkUnrepeatable() => IsUnrepeatable = true;

    public IEnumerable<string> VariableNames =>
        workflow.Variables.Values.Select(variable => variable.Name).Concat(state.Variables.Keys.Where(id => !workflow.Variables.ContainsKey(id))).Distinct();

    public IEnumerable<string> ActionNames => state.Actions.Keys;

    public IEnumerable<string> InputNames =>
        state.Start.Input is { ValueKind: JsonValueKind.Object } input ? input.EnumerateObject().Select(member => member.Name) : [];

    public JsonElement LastResult =>
        state.LastResultOf is { } name && state.Actions.TryGetValue(name, out var action) && action.Outputs is { } outputs ? outputs.Member(ActionResult.Result) : default;

    public JsonElement Trigger => state.Start.Trigger ?? default;

    /// <summary><c>now</c> is when the run was started, as journaled: a template gives the same however often it is evaluated.</summary>
    public JsonElement Run
    {
        get
        {
            if (_run is not { } made || made.Name != state.Name || made.CorrelationId != state.CorrelationId)
            {
                _run = made = (state.Name, state.CorrelationId, MakeRun());
            }

            return made.Json;
        }
    }

    private JsonElement MakeRun() => JsonValues.Object(writer =>
    {
        writer.WriteString("id", state.RunId);
        writer.WriteString("now", state.Start.At);
        writer.WriteString("rootId", state.Start.RootRunId);
        writer.WriteString("clientTrackingId", state.Start.ClientTrackingId);
        writer.WriteString("name", state.Name);
        writer.WriteString("correlationId", state.CorrelationId);
    });

    public JsonElement Flow => workflow.Flow;

    public JsonElement Item
    {
        get
        {
            for (var instance = Instance; instance?.Parent is { } id;)
            {
                var container = state.Instances[id];
                if (container.Items is { } items)
                {
                    return items[instance.Item ?? container.ItemIndex];
                }

                instance = container;
            }

            return default;
        }
    }

    public bool TryGetAction(string name, out ActionView action)
    {
        if (!state.Actions.TryGetValue(name, out var result)
            && !(workflow.Nodes.TryGetValue(name, out var node) && state.Actions.TryGetValue(node.Name, out result)))
        {
            // As everywhere: exactly first, then ignoring case.
            result = state.Actions.FirstOrDefault(a => a.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        }

        if (result is null)
        {
            action = default;
            return false;
        }

        action = new ActionView(result.Status, result.Outputs ?? JsonValues.EmptyObject);
        return true;
    }

    public bool TryGetVariable(string idOrName, out JsonElement value)
    {
        var variable = workflow.FindVariable(idOrName);
        if (_set is not null && _set.TryGetValue(variable?.Id ?? idOrName, out value))
        {
            return true;
        }

        if (variable is null)
        {
            // Set by a script, declared by nobody.
            return state.Variables.TryGetValue(idOrName, out value);
        }

        value = VariableScopes.Value(workflow, state, Instance, variable);
        return true;
    }

    public bool TryGetInput(string name, out JsonElement value)
    {
        value = default;
        return state.Start.Input is { ValueKind: JsonValueKind.Object } input && JsonValues.TryGetMember(input, name, out value);
    }
}
