using System.Collections.Immutable;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowLite.Engine.Definitions;

/// <summary>
/// The flows as runs and triggers see them: versions compiled once, and for each flow its published version.
/// Finding a published version is lock-free; publishing swaps one entry.
/// </summary>
/// <param name="logger">Is told of published versions that don't work as they stand; null: nobody is.</param>
public sealed class FlowCatalog(IDefinitionStore store, WorkflowCompiler compiler, ILogger<FlowCatalog>? logger = null)
{
    /// <summary>Beside the published ones. Others are compiled again from the store.</summary>
    private const int VersionsKept = 256;

    private readonly VersionCache _versions = new(VersionsKept);
    private ImmutableDictionary<string, PublishedFlow> _published = ImmutableDictionary<string, PublishedFlow>.Empty;

    /// <summary>What is published of a flow has changed, by its definition id. Raised after it has.</summary>
    public event Action<string>? Changed;

    public IEnumerable<PublishedFlow> Published => _published.Values;

    /// <summary>Published flows by id: the same object until one of them changes.</summary>
    public IReadOnlyDictionary<string, PublishedFlow> All => _published;

    /// <summary>The flow's published version; null when it has none.</summary>
    public PublishedFlow? Find(string definitionId) => _published.GetValueOrDefault(definitionId);

    /// <summary>A version that runs are pinned to, retracted ones included.</summary>
    /// <exception cref="InvalidDefinitionException">It compiled when it was published, but not any more: an activity vanished.</exception>
    public async ValueTask<CompiledWorkflow> VersionAsync(string versionId)
    {
        if (_versions.Find(versionId) is { } known)
        {
            return known;
        }

        var definition = await store.FindVersionAsync(versionId)
            ?? throw new InvalidDefinitionException([new DefinitionProblem(null, "", $"Version '{versionId}' is not in the catalogue.")]);
        var compiled = Find(definition.DefinitionId) is { Workflow: { } published } && published.Definition.Id == versionId
            ? published
            : compiler.CompilePublished(definition);
        _versions.Put(compiled);
        return compiled;
    }

    /// <summary>Makes a compiled version the one that triggers start.</summary>
    public void Publish(CompiledWorkflow workflow, FlowSecrets secrets)
    {
        _versions.Put(workflow);
        Swap(new PublishedFlow(workflow.Definition, workflow, secrets, null));
    }

    /// <summary>The flow has no published version any more; its runs go on.</summary>
    public void Retract(string definitionId)
    {
        ImmutableInterlocked.TryRemove(ref _published, definitionId, out _);
        Changed?.Invoke(definitionId);
    }

    /// <summary>Loads every published version, before anybody publishes.</summary>
    public async Task LoadAsync()
    {
        var page = await store.ListAsync(new DefinitionQuery(VersionOptions.Published));
        foreach (var definition in page.Items)
        {
            await LoadAsync(definition);
        }
    }

    /// <summary>
    /// Takes a published version from the store. What publishing it anew would be refused for doesn't keep it from running; one that can't be
    /// read here any more is kept with the reason, for its triggers to tell, and what they receive is kept in the inbox.
    /// </summary>
    internal async Task LoadAsync(WorkflowDefinition definition)
    {
        if (await store.FindSecretsAsync(definition.DefinitionId) is not { } secrets)
        {
            return;
        }

        PublishedFlow flow;
        try
        {
            flow = new PublishedFlow(definition, compiler.CompilePublished(definition), secrets, null);
        }
        // A plugin's fault is that of the flows with it, not of the server.
        catch (Exception e)
        {
            flow = new PublishedFlow(definition, null, secrets, e is InvalidDefinitionException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }

        Tell(flow);
        if (flow.Workflow is { } workflow)
        {
            _versions.Put(workflow);
        }

        Swap(flow);
    }

    private void Tell(PublishedFlow flow)
    {
        if (logger is null)
        {
            return;
        }

        if (flow.Broken is not null)
        {
            Log.FlowBroken(logger, flow.Definition.DefinitionId, flow.Broken);
        }

        if (flow.Workflow is { Tolerated.Count: > 0 } workflow)
        {
            Log.FlowTolerated(logger, flow.Definition.DefinitionId, string.Join(Environment.NewLine, workflow.Tolerated));
        }
    }

    /// <summary>The keys of a flow were regenerated.</summary>
    public void Replace(FlowSecrets secrets)
    {
        if (Find(secrets.DefinitionId) is { } flow)
        {
            Swap(flow with { Secrets = secrets });
        }
    }

    private void Swap(PublishedFlow flow)
    {
        ImmutableInterlocked.AddOrUpdate(ref _published, flow.Definition.DefinitionId, flow, (_, _) => flow);
        Changed?.Invoke(flow.Definition.DefinitionId);
    }
}

/// <param name="Workflow">Null when the version does not compile here; then <paramref name="Broken"/> says why.</param>
public sealed record PublishedFlow(WorkflowDefinition Definition, CompiledWorkflow? Workflow, FlowSecrets Secrets, string? Broken)
{
    private readonly Trigger? _limits = Workflow?.Limits;

    /// <summary>What starts runs of it, and at which activity.</summary>
    internal IReadOnlyList<(Bookmark Signal, ActivityNode Activity)> Starts { get; } =
        [.. from node in Workflow?.Nodes.Values ?? []
            where node.CanStartWorkflow && node.Activity.StartsOn is not null
            select (node.Activity.StartsOn!, node)];

    /// <summary>Flows of which it is a part get its published version, whatever they are pinned to.</summary>
    public bool UpdatesConsumers => Definition.Document.Member("options").Member("autoUpdateConsumingWorkflows").ValueKind == JsonValueKind.True;

    public int? ConcurrentRuns => _limits?.ConcurrentRuns;
    public int? WaitingRuns => _limits?.WaitingRuns;

    /// <summary>The activity behind a trigger name of a URL; null when there is none such.</summary>
    public ActivityNode? Trigger(string triggerName)
    {
        foreach (var (activity, name) in Secrets.Triggers)
        {
            if (name == triggerName && Workflow?.Nodes.GetValueOrDefault(activity) is { CanStartWorkflow: true } node)
            {
                return node;
            }
        }

        return null;
    }
}
