using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>The real catalogue, whose next reading of keys can be held up, and whose writes can be made to seem to fail.</summary>
internal sealed class WatchedDefinitionStore(IDefinitionStore store) : IDefinitionStore, IDisposable
{
    private TaskCompletionSource? _read;
    private TaskCompletionSource? _goOn;

    /// <summary>The next write is kept, but who asked for it is told that it failed.</summary>
    public bool LosesAnswer { get; set; }

    public static void Replace(IServiceCollection services)
    {
        var real = services.Last(s => s.ServiceType == typeof(IDefinitionStore)).ImplementationFactory!;
        services.AddSingleton<IDefinitionStore>(provider => new WatchedDefinitionStore((IDefinitionStore)real(provider)));
    }

    public static WatchedDefinitionStore Of(IServiceProvider services) => (WatchedDefinitionStore)services.GetRequiredService<IDefinitionStore>();

    /// <summary>The next reader of keys has what it read only when the test says so.</summary>
    /// <returns>Completes once it has read, and what lets it go on.</returns>
    public (Task Read, Action GoOn) HoldNextSecrets()
    {
        _read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (_read.Task, _goOn.SetResult);
    }

    public async ValueTask<FlowSecrets?> FindSecretsAsync(string definitionId)
    {
        var secrets = await store.FindSecretsAsync(definitionId);
        if (Interlocked.Exchange(ref _read, null) is { } read)
        {
            read.SetResult();
            await _goOn!.Task;
        }

        return secrets;
    }

    public async ValueTask SaveAsync(WorkflowDefinition definition)
    {
        await store.SaveAsync(definition);
        if (LosesAnswer)
        {
            LosesAnswer = false;
            throw new StoreUnavailableException("The disk is full, or so it seems.");
        }
    }

    public ValueTask<WorkflowDefinition?> FindVersionAsync(string versionId) => store.FindVersionAsync(versionId);

    public ValueTask<WorkflowDefinition?> FindAsync(string definitionId, VersionOptions version) => store.FindAsync(definitionId, version);

    public ValueTask<DefinitionPage> ListAsync(DefinitionQuery query) => store.ListAsync(query);

    public ValueTask<int> NextVersionAsync(string definitionId) => store.NextVersionAsync(definitionId);

    public ValueTask<bool> DeleteAsync(string definitionId) => store.DeleteAsync(definitionId);

    public ValueTask<bool> DeleteVersionAsync(string versionId) => store.DeleteVersionAsync(versionId);

    public ValueTask SaveSecretsAsync(FlowSecrets secrets) => store.SaveSecretsAsync(secrets);

    public ValueTask<ImportedFile?> FindImportAsync(string definitionId) => store.FindImportAsync(definitionId);

    public ValueTask SaveImportAsync(ImportedFile import) => store.SaveImportAsync(import);

    public void Dispose() => (store as IDisposable)?.Dispose();
}
