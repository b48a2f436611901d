using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Api.Definitions;

/// <summary>The flows that have a flow as a part: as an activity, pinned to one of its versions or not.</summary>
internal sealed class DefinitionConsumers(IDefinitionStore store, FlowCatalog catalog, DefinitionService definitions)
{
    private const string Flow = "workflowDefinitionId";
    private const string Pin = "workflowDefinitionVersionId";

    /// <summary>Those whose latest or published version has it, by their ids.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(string definitionId) =>
        Ids(await ListAsync(VersionKind.LatestOrPublished), activity => activity.Text(Flow) == definitionId);

    /// <summary>These, and the latest version of every flow that has one of them as an activity, or one of those, and so on.</summary>
    public async Task<IReadOnlyList<WorkflowDefinition>> WithConsumersAsync(IReadOnlyList<WorkflowDefinition> parts)
    {
        var consumers = ByPart(await ListAsync(VersionKind.Latest), static _ => true);
        var all = parts.ToList();
        var known = all.Select(flow => flow.Id).ToHashSet();
        for (var i = 0; i < all.Count; i++)
        {
            all.AddRange(consumers[all[i].DefinitionId].Where(flow => known.Add(flow.Id)));
        }

        return all;
    }

    /// <summary>How many published flows run this version from now on: those that are not pinned, or all where it updates its consumers.</summary>
    public async Task<int> CountFollowersAsync(WorkflowDefinition published)
    {
        if (catalog.Find(published.DefinitionId) is not { } flow || flow.Definition.Id != published.Id)
        {
            return 0;
        }

        return Ids(await ListAsync(VersionKind.Published), activity => activity.Text(Flow) == published.DefinitionId
            && (flow.UpdatesConsumers || string.IsNullOrEmpty(activity.Text(Pin)) || activity.Text(Pin) == published.Id)).Count;
    }

    /// <summary>
    /// Pins every flow that is pinned to another version to the published one: its latest version changes as by a save, and is published again where it
    /// was; then those that are pinned to it follow. One that can't be published any more stays as a draft.
    /// </summary>
    /// <returns>The names of those that were changed.</returns>
    /// <exception cref="InvalidDefinitionException">Why some can't be published; the others were changed.</exception>
    public async Task<IReadOnlyList<string>> UpdateAsync(string definitionId)
    {
        var (updated, problems) = (new List<string>(), new List<DefinitionProblem>());
        if (catalog.Find(definitionId) is not { Definition: var first })
        {
            return updated;
        }

        var published = new Dictionary<string, WorkflowDefinition> { [definitionId] = first };
        foreach (var consumer in PinnedTo(definitionId, await ListAsync(VersionKind.Latest)).Where(flow => ActivityTree.All(flow.Document).Any(IsPinnedElsewhere)))
        {
            var name = consumer.Name ?? consumer.DefinitionId;
            try
            {
                if (await definitions.ChangeAsync(consumer.DefinitionId, document => ActivityTree.Map(document, a => IsPinnedElsewhere(a) ? Pinned(a, published[a.Text(Flow)!]) : a)) is { } changed)
                {
                    updated.Add(name);
                    if (catalog.Find(consumer.DefinitionId) is { Definition: var now } && now.Id == changed.Definition.Id)
                    {
                        published[consumer.DefinitionId] = now;
                    }
                }
            }
            catch (InvalidDefinitionException e)
            {
                problems.AddRange(e.Problems.Select(problem => problem with { Message = $"The flow '{name}' is a draft now: {problem.Message}" }));
            }
        }

        return problems.Count == 0 ? updated : throw new InvalidDefinitionException(problems);

        bool IsPinnedElsewhere(JsonElement activity) =>
            activity.Text(Flow) is { } part && published.TryGetValue(part, out var version) && activity.Text(Pin) is { Length: > 0 } pin && pin != version.Id;
    }

    /// <summary>Flows by the ids of those that they have as activities.</summary>
    private static ILookup<string, WorkflowDefinition> ByPart(IReadOnlyList<WorkflowDefinition> flows, Func<JsonElement, bool> which) => flows
        .SelectMany(flow => ActivityTree.All(flow.Document).Where(a => !string.IsNullOrEmpty(a.Text(Flow)) && which(a)).Select(a => (Part: a.Text(Flow)!, Flow: flow)))
        .ToLookup(use => use.Part, use => use.Flow);

    /// <summary>The flows that are pinned to a version of a flow, and those that are pinned to these and so on, each behind all of its parts: it changes once.</summary>
    private static List<WorkflowDefinition> PinnedTo(string definitionId, IReadOnlyList<WorkflowDefinition> flows)
    {
        var consumers = ByPart(flows, activity => !string.IsNullOrEmpty(activity.Text(Pin)));
        var ordered = new List<WorkflowDefinition>();
        var seen = new HashSet<string> { definitionId };
        var walk = new Stack<(WorkflowDefinition? Flow, IEnumerator<WorkflowDefinition> Consumers)>([(null, consumers[definitionId].GetEnumerator())]);
        while (walk.TryPeek(out var at))
        {
            if (!at.Consumers.MoveNext())
            {
                // All that have it as a part are listed already.
                ordered.AddRange(walk.Pop().Flow is { } done ? [done] : []);
            }
            else if (seen.Add(at.Consumers.Current.DefinitionId))
            {
                walk.Push((at.Consumers.Current, consumers[at.Consumers.Current.DefinitionId].GetEnumerator()));
            }
        }

        ordered.Reverse();
        return ordered;
    }

    private async Task<IReadOnlyList<WorkflowDefinition>> ListAsync(VersionKind versions) =>
        (await store.ListAsync(new DefinitionQuery(new VersionOptions(versions)))).Items;

    private static List<string> Ids(IEnumerable<WorkflowDefinition> flows, Func<JsonElement, bool> uses) =>
        [.. flows.Where(flow => ActivityTree.All(flow.Document).Any(uses)).Select(flow => flow.DefinitionId).Distinct().Order(StringComparer.Ordinal)];

    private static JsonElement Pinned(JsonElement activity, WorkflowDefinition published) => JsonValues.Object(json =>
    {
        foreach (var member in activity.EnumerateObject())
        {
            switch (member.Name)
            {
                case Pin or "latestAvailablePublishedVersionId":
                    json.WriteString(member.Name, published.Id);
                    break;
                case "version" or "latestAvailablePublishedVersion":
                    json.WriteNumber(member.Name, published.Version);
                    break;
                default:
                    member.WriteTo(json);
                    break;
            }
        }
    });
}
