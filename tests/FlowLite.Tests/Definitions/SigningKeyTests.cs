using System.Text.Json;
using FlowLite.Activities;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;

namespace FlowLite.Tests.Definitions;

public sealed class SigningKeyTests
{
    private readonly SecretsStore _store = new();
    private readonly FlowCatalog _catalog;
    private readonly DefinitionService _service;

    public SigningKeyTests()
    {
        var registry = new ActivityRegistry([.. ActivitiesRegistration.Types.Where(t => t.GetConstructor([]) is not null)], type => (Activity)Activator.CreateInstance(type)!);
        var compiler = new WorkflowCompiler(registry, ExpressionLanguages.Default);
        _catalog = new FlowCatalog(_store, compiler);
        _service = new DefinitionService(_store, compiler, _catalog, TimeProvider.System, key => key);
    }

    [Fact]
    public async Task RegenerateKey_WhileTheFlowIsPublished_LosesNeitherTheKeyNorTheTriggers()
    {
        await _service.SaveAsync(Flow("a"), publish: true);
        var old = _store.Secrets!;
        _store.SecretsGate = new TaskCompletionSource();

        var regenerated = _service.RegenerateKeyAsync("flow", primary: true);
        var published = _service.SaveAsync(Flow("a", "b"), publish: true);
        _store.SecretsGate.SetResult();
        var secrets = (await regenerated)!;
        await published;

        secrets.PrimaryKey.Should().NotBe(old.PrimaryKey);
        secrets.SecondaryKey.Should().Be(old.SecondaryKey);
        _store.Secrets!.PrimaryKey.Should().Be(secrets.PrimaryKey);
        _store.Secrets.Triggers.Keys.Should().BeEquivalentTo("a", "b");
        _catalog.Find("flow")!.Definition.Version.Should().Be(2);
        _catalog.Find("flow")!.Secrets.Should().Be(_store.Secrets);
    }

    private static JsonElement Flow(params string[] triggers) => JsonSerializer.SerializeToElement(new
    {
        definitionId = "flow",
        root = new { id = "root", type = "Elsa.Sequence", activities = triggers.Select(id => new { id, type = "FlowLite.HttpRequest" }) },
    });

    /// <summary>The versions and keys of one flow in memory. A change of the keys waits for the gate.</summary>
    private sealed class SecretsStore : IDefinitionStore
    {
        private WorkflowDefinition? _latest;

        public FlowSecrets? Secrets { get; private set; }
        public TaskCompletionSource? SecretsGate { get; set; }

        public ValueTask<WorkflowDefinition?> FindAsync(string definitionId, VersionOptions version) => new(_latest);

        public ValueTask SaveAsync(WorkflowDefinition definition)
        {
            _latest = definition;
            return default;
        }

        public ValueTask<FlowSecrets?> FindSecretsAsync(string definitionId) => new(Secrets);

        public async ValueTask SaveSecretsAsync(FlowSecrets secrets)
        {
            await (SecretsGate?.Task ?? Task.CompletedTask);
            Secrets = secrets;
        }

        public ValueTask<int> NextVersionAsync(string definitionId) => new((_latest?.Version ?? 0) + 1);

        public ValueTask<WorkflowDefinition?> FindVersionAsync(string versionId) => throw new NotSupportedException();
        public ValueTask<DefinitionPage> ListAsync(DefinitionQuery query) => throw new NotSupportedException();
        public ValueTask<bool> DeleteAsync(string definitionId) => throw new NotSupportedException();
        public ValueTask<bool> DeleteVersionAsync(string versionId) => throw new NotSupportedException();
        public ValueTask<ImportedFile?> FindImportAsync(string definitionId) => throw new NotSupportedException();
        public ValueTask SaveImportAsync(ImportedFile import) => throw new NotSupportedException();
    }
}
