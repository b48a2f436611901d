using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Definitions;

/// <summary>The flows that stand in other flows as activities, and those that others start runs of.</summary>
public sealed class FlowReferences(FlowCatalog flows, IDefinitionStore store)
{
    /// <summary>
    /// Flows that aren't there; parts that would have the flow as a part of themselves. Flows that start runs of each other can only be published
    /// one after the other: that the other one isn't yet is a warning.
    /// </summary>
    public async Task<IReadOnlyList<DefinitionProblem>> CheckAsync(CompiledWorkflow workflow)
    {
        var problems = new List<DefinitionProblem>();
        foreach (var node in workflow.Nodes.Values)
        {
            if (node.Activity.StartsRunsOf is { } started && started != workflow.Definition.DefinitionId && flows.Find(started)?.Workflow is null)
            {
                var isKnown = await store.FindAsync(started, VersionOptions.Latest) is not null;
                problems.Add(new DefinitionProblem(node.Id, $"{node.Path}/workflowDefinitionId", isKnown
                    ? $"The flow '{started}' is not published, or does not work: until it is, no run of it can be started."
                    : $"There is no flow '{started}'.", IsWarning: isKnown));
            }

            if (node.Activity.Part is not { } part)
            {
                continue;
            }

            if (await FindAsync(part) is not { } flow)
            {
                problems.Add(new DefinitionProblem(node.Id, $"{node.Path}/workflowDefinitionId", $"There is no flow '{part.DefinitionId}' that is published and works."));
            }
            else if (await LeadsToAsync(flow, workflow.Definition.DefinitionId))
            {
                problems.Add(new DefinitionProblem(node.Id, $"{node.Path}/workflowDefinitionId", $"The flow '{part.DefinitionId}' has this flow as a part: neither would ever end."));
            }
        }

        return problems;
    }

    private async Task<bool> LeadsToAsync(CompiledWorkflow flow, string definitionId)
    {
        var seen = new HashSet<string>();
        var work = new Stack<CompiledWorkflow>([flow]);
        while (work.TryPop(out var next))
        {
            if (next.Definition.DefinitionId == definitionId)
            {
                return true;
            }

            if (!seen.Add(next.Definition.Id))
            {
                continue;
            }

            foreach (var node in next.Nodes.Values)
            {
                if (node.Activity.Part is { } part && await FindAsync(part) is { } inner)
                {
                    work.Push(inner);
                }
            }
        }

        return false;
    }

    /// <summary>What a run would start; null: nothing.</summary>
    private async Task<CompiledWorkflow?> FindAsync(FlowReference part)
    {
        var published = flows.Find(part.DefinitionId);
        if (part.VersionId is null || published?.UpdatesConsumers == true)
        {
            return published?.Workflow;
        }

        try
        {
            return await flows.VersionAsync(part.VersionId) is { } version && version.Definition.DefinitionId == part.DefinitionId ? version : null;
        }
        catch (InvalidDefinitionException)
        {
            return null;
        }
    }
}
