using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>What the expressions of one activity instance see. Used while the run is locked, not after.</summary>
internal sealed class RunScope(CompiledWorkflow workflow, RunState state) : IExpressionScope
{
    private JsonElement? _run;

    /// <summary>The instance whose inputs are evaluated; its loop says what <c>item</c> is.</summary>
    public ActivityInstance? Instance { get; private set; }

    public RunScope For(ActivityInstance instance)
    {
        Instance = instance;
        return this;
    }

    public JsonElement Trigger => state.Start.Trigger ?? default;

    /// <summary><c>now</c> is when the run was started, as journaled: a template gives the same however often it is evaluated.</summary>
    public JsonElement Run => _run ??= JsonValues.Object(writer =>
    {
        writer.WriteString("id", state.RunId);
        writer.WriteString("now", state.Start.At);
        writer.WriteString("rootId", state.Start.RootRunId);
        writer.WriteString("clientTrackingId", state.Start.ClientTrackingId);
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
        if (!state.Actions.TryGetValue(name, out var result))
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
        if (workflow.FindVariable(idOrName) is not { } variable)
        {
            value = default;
            return false;
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
