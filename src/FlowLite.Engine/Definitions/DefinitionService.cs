using System.Security.Cryptography;
using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Definitions;

/// <param name="AlreadyPublished">There was nothing to publish.</param>
/// <param name="Warnings">What the author of the published version should look at.</param>
public sealed record PublishedDefinition(WorkflowDefinition Definition, bool AlreadyPublished, IReadOnlyList<DefinitionProblem> Warnings);

/// <param name="WasPublished">False: there was nothing to retract, and the definition is the flow's latest version.</param>
public sealed record RetractedDefinition(WorkflowDefinition Definition, bool WasPublished);

/// <summary>
/// Saves and publishes flows with Elsa's versions: a version that was published never changes, saving over it makes a draft of the
/// next number, saving a draft overwrites it. Whatever is sent again because its answer was lost changes nothing.
/// Writers of one flow take turns.
/// </summary>
/// <param name="protect">Encrypts a signing key for the store.</param>
/// <param name="checkReferences">What a compiled flow refers to outside of itself that is not there, and warnings; null: nothing is checked.</param>
public sealed class DefinitionService(
    IDefinitionStore store, WorkflowCompiler compiler, FlowCatalog catalog, TimeProvider time, Func<string, string> protect,
    Func<CompiledWorkflow, Task<IReadOnlyList<DefinitionProblem>>>? checkReferences = null)
{
    /// <summary>The Studio repeats a save that was not answered after 2, 4 and 8 seconds; each may itself have waited for its time-out of 100.</summary>
    private static readonly TimeSpan CreatedLately = TimeSpan.FromMinutes(10);
    private const int CreatedLatelyLimit = 20;

    private const int Stripes = 64;
    // Between the check of what a flow refers to and its publishing nothing that it refers to goes away.
    private const int PublishingTurn = Stripes + 1;

    // Striped, so that they are never too many; two flows on one stripe merely take turns. The last but one is for those who make new flows.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Stripes + 2).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Does something during which no flow is published: what no published flow refers to may go.</summary>
    public async Task<T> WithoutPublishingAsync<T>(Func<Task<T>> action)
    {
        using var held = await TakeTurnAsync(PublishingTurn);
        return await action();
    }

    /// <summary>Everything that keeps a document from being published as it is; warnings are left out.</summary>
    public IReadOnlyList<DefinitionProblem> Check(JsonElement document)
    {
        var problems = DefinitionShape.Check(document).ToList();
        if (problems.Count == 0)
        {
            compiler.TryCompile(Draft("", "", 1, document), problems);
        }

        return [.. problems.Where(p => !p.IsWarning)];
    }

    /// <summary>
    /// Saves a document as the flow's draft. Without a <c>definitionId</c> it becomes a new flow; the same one when the same
    /// document made a flow just now and that is still as it was made: the answer was lost and the caller asks again. The
    /// catalogue is what remembers it, so a restart in between does no harm.
    /// </summary>
    /// <exception cref="InvalidDefinitionException">Its shape is wrong; nothing was saved.</exception>
    public async Task<WorkflowDefinition> SaveAsync(JsonElement document) =>
        (await SaveAsync(document, publish: false)).Definition;

    /// <inheritdoc cref="SaveAsync(JsonElement)"/>
    /// <param name="document">The definition's JSON; what the server owns in it is not read.</param>
    /// <param name="publish">Publish it as well.</param>
    /// <exception cref="InvalidDefinitionException">Its shape is wrong and nothing was saved; or it can't run, and was saved as a draft.</exception>
    public async Task<PublishedDefinition> SaveAsync(JsonElement document, bool publish)
    {
        var problems = DefinitionShape.Check(document);
        if (problems.Count > 0)
        {
            throw new InvalidDefinitionException(problems);
        }

        if (document.Member("root").ValueKind != JsonValueKind.Object)
        {
            document = WithEmptyRoot(document);
        }

        return document.Text("definitionId") is { } definitionId
            ? await SaveAsync(definitionId, document, publish)
            : await CreateAsync(document, publish);
    }

    /// <summary>Publishes the flow's latest version; null when there is no such flow.</summary>
    /// <exception cref="InvalidDefinitionException">Every reason why it can't run. It stays a draft, and the published version goes on running.</exception>
    public async Task<PublishedDefinition?> PublishAsync(string definitionId)
    {
        using var turn = await TakeTurnAsync(definitionId);
        var latest = await store.FindAsync(definitionId, VersionOptions.Latest);
        return latest is null ? null : await PublishAsync(latest);
    }

    /// <summary>Changes the flow's latest version as a save does, and publishes it again where it was. Null: there is no such flow.</summary>
    /// <param name="change">Given the document that is saved now.</param>
    /// <exception cref="InvalidDefinitionException">It can't run so, and was saved as a draft.</exception>
    public async Task<PublishedDefinition?> ChangeAsync(string definitionId, Func<JsonElement, JsonElement> change)
    {
        using var turn = await TakeTurnAsync(definitionId);
        if (await store.FindAsync(definitionId, VersionOptions.Latest) is not { } latest)
        {
            return null;
        }

        var draft = await SaveDraftAsync(definitionId, change(latest.Document));
        return latest.IsPublished ? await PublishAsync(draft) : new PublishedDefinition(draft, false, []);
    }

    /// <summary>A new signing key for a flow; what its triggers are called stays. Null: the flow was never published.</summary>
    /// <param name="primary">The primary key, else the secondary one.</param>
    public async Task<FlowSecrets?> RegenerateKeyAsync(string definitionId, bool primary)
    {
        using var turn = await TakeTurnAsync(definitionId);
        if (await store.FindSecretsAsync(definitionId) is not { } secrets)
        {
            return null;
        }

        var key = protect(FlowKeys.New());
        secrets = primary ? secrets with { PrimaryKey = key } : secrets with { SecondaryKey = key };
        await store.SaveSecretsAsync(secrets);
        catalog.Replace(secrets);
        return secrets;
    }

    /// <summary>No run starts with the flow any more; those under way go on. Its keys stay. Null: there is no such flow.</summary>
    public async Task<RetractedDefinition?> RetractAsync(string definitionId)
    {
        using var turn = await TakeTurnAsync(definitionId);
        if (await store.FindAsync(definitionId, VersionOptions.Published) is not { } published)
        {
            // An earlier call may have seemed to fail when it was stored.
            catalog.Retract(definitionId);
            return await store.FindAsync(definitionId, VersionOptions.Latest) is { } latest ? new RetractedDefinition(latest, false) : null;
        }

        var retracted = published with { IsPublished = false };
        await store.SaveAsync(retracted);
        catalog.Retract(definitionId);
        return new RetractedDefinition(retracted, true);
    }

    /// <summary>A new draft that is what an older version was; null when there is no such version.</summary>
    public async Task<WorkflowDefinition?> RevertAsync(string definitionId, int version)
    {
        using var turn = await TakeTurnAsync(definitionId);
        if (await store.FindAsync(definitionId, new VersionOptions(VersionKind.Number, version)) is not { } old)
        {
            return null;
        }

        var latest = await store.FindAsync(definitionId, VersionOptions.Latest);
        if (latest is { IsPublished: false, IsFrozen: false } && JsonElement.DeepEquals(latest.Document, old.Document))
        {
            return latest;
        }

        var draft = Draft(NewId(), definitionId, await store.NextVersionAsync(definitionId), old.Document);
        await store.SaveAsync(draft);
        return draft;
    }

    /// <summary>Deletes a flow: its triggers start nothing any more, its runs go on. False: there is no such flow.</summary>
    public async Task<bool> DeleteAsync(string definitionId)
    {
        using var turn = await TakeTurnAsync(definitionId);
        var deleted = await store.DeleteAsync(definitionId);
        catalog.Retract(definitionId);
        return deleted;
    }

    /// <summary>Deletes a version; when it is the published one, nothing is published any more. The flow's id; null: there is no such version.</summary>
    public async Task<string?> DeleteVersionAsync(string versionId)
    {
        if (await store.FindVersionAsync(versionId) is not { DefinitionId: var definitionId })
        {
            return null;
        }

        using var turn = await TakeTurnAsync(definitionId);
        var deleted = await store.DeleteVersionAsync(versionId);
        if (catalog.Find(definitionId)?.Definition.Id == versionId)
        {
            catalog.Retract(definitionId);
        }

        return deleted ? definitionId : null;
    }

    /// <summary>Takes the flow's published version from the store again; false: there is no such flow.</summary>
    public async Task<bool> RefreshAsync(string definitionId)
    {
        using var turn = await TakeTurnAsync(definitionId);
        if (await store.FindAsync(definitionId, VersionOptions.Published) is { } published)
        {
            await catalog.LoadAsync(published);
            return true;
        }

        catalog.Retract(definitionId);
        return await store.FindAsync(definitionId, VersionOptions.Latest) is not null;
    }

    /// <summary>
    /// A version for a run to be started on, a draft too. It is frozen from then on, as the run is pinned to it: saving makes a
    /// new version. Null: there is no such version.
    /// </summary>
    /// <exception cref="InvalidDefinitionException">It can't run.</exception>
    public async Task<CompiledWorkflow?> OpenAsync(string definitionId, VersionOptions version)
    {
        using var turn = await TakeTurnAsync(definitionId);
        if (await store.FindAsync(definitionId, version) is not { } definition)
        {
            return null;
        }

        if (!definition.IsFrozen)
        {
            definition = definition with { IsFrozen = true };
            compiler.Compile(definition);
            await store.SaveAsync(definition);
        }

        return await catalog.VersionAsync(definition.Id);
    }

    private async Task<PublishedDefinition> CreateAsync(JsonElement document, bool publish)
    {
        using var turn = await TakeTurnAsync(Stripes);
        var since = time.GetUtcNow() - CreatedLately;
        var named = await store.ListAsync(new DefinitionQuery(VersionOptions.Latest, PageSize: CreatedLatelyLimit, Name: document.Text("name")));
        var created = named.Items.FirstOrDefault(d => d.Version == 1 && d.CreatedAt > since && JsonElement.DeepEquals(d.Document, document));
        return await SaveAsync(created?.DefinitionId ?? NewId(), document, publish);
    }

    private async Task<PublishedDefinition> SaveAsync(string definitionId, JsonElement document, bool publish)
    {
        using var turn = await TakeTurnAsync(definitionId);
        var draft = await SaveDraftAsync(definitionId, document);
        return publish ? await PublishAsync(draft) : new PublishedDefinition(draft, false, []);
    }

    private async Task<WorkflowDefinition> SaveDraftAsync(string definitionId, JsonElement document)
    {
        var latest = await store.FindAsync(definitionId, VersionOptions.Latest);
        if (latest is not null && JsonElement.DeepEquals(latest.Document, document))
        {
            return latest;
        }

        var draft = latest is { IsPublished: false, IsFrozen: false }
            ? latest with { Document = document }
            : Draft(NewId(), definitionId, await store.NextVersionAsync(definitionId), document);
        await store.SaveAsync(draft);
        return draft;
    }

    private async Task<PublishedDefinition> PublishAsync(WorkflowDefinition latest)
    {
        if (latest.IsPublished && catalog.Find(latest.DefinitionId) is { } current && current.Definition.Id == latest.Id)
        {
            return new PublishedDefinition(latest, true, current.Workflow is { } running ? [.. running.Warnings, .. running.Tolerated] : []);
        }

        var published = latest with { IsPublished = true, IsFrozen = true };
        var workflow = compiler.Compile(published);
        using var held = await TakeTurnAsync(PublishingTurn);
        var found = checkReferences is null ? [] : await checkReferences(workflow);
        if (found.Where(problem => !problem.IsWarning).ToList() is { Count: > 0 } missing)
        {
            throw new InvalidDefinitionException(missing);
        }

        var secrets = await SecretsAsync(workflow);
        await store.SaveAsync(published);
        catalog.Publish(workflow, secrets);
        return new PublishedDefinition(published, false, [.. workflow.Warnings, .. found]);
    }

    private async Task<FlowSecrets> SecretsAsync(CompiledWorkflow workflow)
    {
        var definitionId = workflow.Definition.DefinitionId;
        var known = await store.FindSecretsAsync(definitionId);
        var names = FlowKeys.NameTriggers(workflow, known?.Triggers);
        if (known is not null && names.Count == known.Triggers.Count && names.All(n => known.Triggers.GetValueOrDefault(n.Key) == n.Value))
        {
            return known;
        }

        var secrets = known is null
            ? new FlowSecrets(definitionId, protect(FlowKeys.New()), protect(FlowKeys.New()), names)
            : known with { Triggers = names };
        await store.SaveSecretsAsync(secrets);
        return secrets;
    }

    private WorkflowDefinition Draft(string id, string definitionId, int version, JsonElement document) => new()
    {
        Id = id,
        DefinitionId = definitionId,
        Version = version,
        IsLatest = true,
        IsPublished = false,
        CreatedAt = time.GetUtcNow(),
        Document = document,
    };

    // As Elsa does with a definition that comes without a root.
    private static JsonElement WithEmptyRoot(JsonElement document) => JsonValues.Object(writer =>
    {
        foreach (var member in document.EnumerateObject().Where(m => m.Name != "root"))
        {
            member.WriteTo(writer);
        }

        writer.WriteStartObject("root");
        writer.WriteString("id", "Sequence1");
        writer.WriteString("type", "Elsa.Sequence");
        writer.WriteNumber("version", 1);
        writer.WriteString("name", "Sequence1");
        writer.WriteStartArray("activities");
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private Task<Turn> TakeTurnAsync(string definitionId) =>
        TakeTurnAsync((int)((uint)definitionId.GetHashCode(StringComparison.Ordinal) % Stripes));

    private async Task<Turn> TakeTurnAsync(int stripe)
    {
        var turn = _turns[stripe];
        await turn.WaitAsync();
        return new Turn(turn);
    }

    private readonly struct Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
