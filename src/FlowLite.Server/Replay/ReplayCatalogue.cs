using FlowLite.Engine.Definitions;

namespace FlowLite.Server.Replay;

/// <summary>The flows of a replayed folder, each as one published version. Nothing is saved to it.</summary>
internal sealed class ReplayCatalogue : IDefinitionStore
{
    private readonly Dictionary<string, WorkflowDefinition> _flows = [];

    /// <param name="own">The flow whose cases are replayed.</param>
    /// <param name="all">Flows that can't be read are left out: their own replay says why.</param>
    public ReplayCatalogue(WorkflowDefinition own, IEnumerable<ReplayFlow> all)
    {
        foreach (var flow in all)
        {
            if (TryRead(flow) is { } definition)
            {
                _flows[definition.DefinitionId] = definition;
            }
        }

        _flows[own.DefinitionId] = own;
    }

    public ValueTask<WorkflowDefinition?> FindVersionAsync(string versionId) => new(_flows.Values.FirstOrDefault(f => f.Id == versionId));

    public ValueTask<WorkflowDefinition?> FindAsync(string definitionId, VersionOptions version) => new(_flows.GetValueOrDefault(definitionId));

    public ValueTask<DefinitionPage> ListAsync(DefinitionQuery query) => new(new DefinitionPage([.. _flows.Values], _flows.Count));

    public ValueTask<FlowSecrets?> FindSecretsAsync(string definitionId) => new(new FlowSecrets(definitionId, "", "", new Dictionary<string, string>()));

    public ValueTask<int> NextVersionAsync(string definitionId) => throw new NotSupportedException();
    public ValueTask SaveAsync(WorkflowDefinition definition) => throw new NotSupportedException();
    public ValueTask<bool> DeleteAsync(string definitionId) => throw new NotSupportedException();
    public ValueTask<bool> DeleteVersionAsync(string versionId) => throw new NotSupportedException();
    public ValueTask SaveSecretsAsync(FlowSecrets secrets) => throw new NotSupportedException();
    public ValueTask<ImportedFile?> FindImportAsync(string definitionId) => throw new NotSupportedException();
    public ValueTask SaveImportAsync(ImportedFile import) => throw new NotSupportedException();

    private static WorkflowDefinition? TryRead(ReplayFlow flow)
    {
        try
        {
            return flow.ReadDefinition(DateTimeOffset.UnixEpoch);
        }
        catch (Exception e) when (e is InvalidDefinitionException or ReplayCaseException)
        {
            return null;
        }
    }
}
