using System.Text.Json;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Where a variable's value is kept: those of the flow and of its root with the run, those that an inner container declares with that
/// container's instance, so that each round of a loop and each branch has its own.
/// </summary>
internal static class VariableScopes
{
    /// <summary>The instance that holds the variable, seen from another; null: the run does.</summary>
    public static ActivityInstance? Owner(CompiledWorkflow workflow, RunState state, ActivityInstance? from, string variableId)
    {
        if (workflow.Variables.GetValueOrDefault(variableId)?.Container is not { } container)
        {
            return null;
        }

        for (var instance = from; instance is not null; instance = instance.Parent is { } parent ? state.Instances.GetValueOrDefault(parent) : null)
        {
            if (instance.Activity == container)
            {
                return instance;
            }
        }

        return null;
    }

    public static JsonElement Value(CompiledWorkflow workflow, RunState state, ActivityInstance? from, Variable variable)
    {
        var owner = variable.Container is null ? null : Owner(workflow, state, from, variable.Id);
        if (owner is not null)
        {
            return owner.Variables is { } own && own.TryGetValue(variable.Id, out var value) ? value : variable.Default;
        }

        return state.Variables.TryGetValue(variable.Id, out var set) ? set : variable.Default;
    }
}
