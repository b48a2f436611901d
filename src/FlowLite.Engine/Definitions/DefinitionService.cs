using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Definitions;

/// <param name="AlreadyPublished">There was nothing to publish.</param>
public sealed record PublishedDefinition(WorkflowDefinition Definition, bool AlreadyPublished);

/// <summary>
/// Saves and publishes flows with Elsa's versions: a published version never changes, saving over it makes a draft of the next
/// number, saving a draft overwrites it. Writers of one flow take turns.
/// </summary>
/// <param name="protect">Encrypts a signing key for the store.</param>
public sealed class DefinitionService(
    IDefinitionStore store, WorkflowCompiler compiler, FlowCatalog catalog, TimeProvider time, Func<string, string> protect)
{
    private const string FirstTrigger = "manual";
    private const int KeyBytes = 32;

    // Striped, so that they are never too many; two flows on one stripe merely take turns.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Everything that keeps a document from being published as it is; warnings are left out.</summary>
    public IReadOnlyList<DefinitionProblem> Check(JsonElement document)
    {
        var problems = DefinitionJson.Check(document).ToList();
        if (problems.Count == 0)
        {
            compiler.TryCompile(Draft("", "", 1, document), problems);
        }

        return [.. problems.Where(p => !p.IsWarning)];
    }

    /// <summary>Saves a document as the flow's draft. Without a <c>definitionId</c> it becomes a new flow.</summary>
    /// <exception cref="InvalidDefinitionException">Its shape is wrong; nothing was saved.</exception>
    public async Task<WorkflowDefinition> SaveAsync(JsonElement document) =>
        (await SaveAsync(document, publish: false)).Definition;

    /// <inheritdoc cref="SaveAsync(JsonElement)"/>
    /// <param name="document">The definition's JSON; what the server owns in it is not read.</param>
    /// <param name="publish">Publish it as well.</param>
    /// <exception cref="InvalidDefinitionException">Its shape is wrong and nothing was saved; or it can't run, and was saved as a draft.</exception>
    public async Task<PublishedDefinition> SaveAsync(JsonElement document, bool publish)
    {
        var problems = DefinitionJson.Check(document);
        if (problems.Count > 0)
        {
            throw new InvalidDefinitionException(problems);
        }

        if (document.Member("root").ValueKind != JsonValueKind.Object)
        {
            document = WithEmptyRoot(document);
        }

        var definitionId = document.Text("definitionId") ?? NewId();
        using var turn = await TakeTurnAsync(definitionId);
        var draft = await SaveDraftAsync(definitionId, document);
        return publish ? await PublishAsync(draft) : new PublishedDefinition(draft, false);
    }

    /// <summary>Publishes the flow's latest version; null when there is no such flow.</summary>
    /// <exception cref="InvalidDefinitionException">Every reason why it can't run. It stays a draft, and the published version goes on running.</exception>
    public async Task<PublishedDefinition?> PublishAsync(string definitionId)
    {
        using var turn = await TakeTurnAsync(definitionId);
        var latest = await store.FindAsync(definitionId, VersionOptions.Latest);
        return latest is null ? null : await PublishAsync(latest);
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

        var key = protect(NewKey());
        secrets = primary ? secrets with { PrimaryKey = key } : secrets with { SecondaryKey = key };
        await store.SaveSecretsAsync(secrets);
        catalog.Replace(secrets);
        return secrets;
    }

    private async Task<WorkflowDefinition> SaveDraftAsync(string definitionId, JsonElement document)
    {
        var latest = await store.FindAsync(definitionId, VersionOptions.Latest);
        var draft = latest is { IsPublished: false }
            ? latest with { Document = document }
            : Draft(NewId(), definitionId, (latest?.Version ?? 0) + 1, document);
        await store.SaveAsync(draft);
        return draft;
    }

    private async Task<PublishedDefinition> PublishAsync(WorkflowDefinition latest)
    {
        if (latest.IsPublished)
        {
            return new PublishedDefinition(latest, true);
        }

        var published = latest with { IsPublished = true };
        var workflow = compiler.Compile(published);
        var secrets = await SecretsAsync(workflow);
        await store.SaveAsync(published);
        catalog.Publish(workflow, secrets);
        return new PublishedDefinition(published, false);
    }

    /// <summary>
    /// Names in URLs are given once: the first trigger is <c>manual</c>, others are called after their activity, and renaming
    /// the activity changes nothing. Only a name whose activity is gone from the flow is free again, so that a URL which was
    /// pasted somewhere outlives the activity when it is replaced by another.
    /// </summary>
    private async Task<FlowSecrets> SecretsAsync(CompiledWorkflow workflow)
    {
        var definitionId = workflow.Definition.DefinitionId;
        var known = await store.FindSecretsAsync(definitionId);
        var triggers = workflow.Nodes.Values.Where(n => n is { CanStartWorkflow: true, Activity: Trigger }).ToList();
        var names = triggers
            .Where(t => known?.Triggers.ContainsKey(t.Id) == true)
            .ToDictionary(t => t.Id, t => known!.Triggers[t.Id]);
        foreach (var trigger in triggers.Where(t => !names.ContainsKey(t.Id)))
        {
            names[trigger.Id] = FreeName(trigger, names.Values);
        }

        if (known is not null && names.Count == known.Triggers.Count && names.All(n => known.Triggers.GetValueOrDefault(n.Key) == n.Value))
        {
            return known;
        }

        var secrets = known is null
            ? new FlowSecrets(definitionId, protect(NewKey()), protect(NewKey()), names)
            : known with { Triggers = names };
        await store.SaveSecretsAsync(secrets);
        return secrets;
    }

    private static string FreeName(ActivityNode trigger, ICollection<string> taken)
    {
        if (!taken.Contains(FirstTrigger))
        {
            return FirstTrigger;
        }

        var slug = Slug(trigger.Name);
        var name = slug;
        for (var number = 2; taken.Contains(name); number++)
        {
            name = $"{slug}-{number}";
        }

        return name;
    }

    private static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                slug.Append(char.ToLowerInvariant(c));
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        var text = slug.ToString(0, Math.Min(slug.Length, 60)).Trim('-');
        return text.Length > 0 ? text : "trigger";
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

    /// <summary>A signing key: 32 random bytes, base64url.</summary>
    private static string NewKey() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));

    private async Task<Turn> TakeTurnAsync(string definitionId)
    {
        var turn = _turns[(uint)definitionId.GetHashCode(StringComparison.Ordinal) % _turns.Length];
        await turn.WaitAsync();
        return new Turn(turn);
    }

    private readonly struct Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
