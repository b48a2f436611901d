using System.Text.Json;

namespace FlowLite.Engine.Definitions;

/// <summary>
/// One version of a flow. <see cref="Document"/> is the workflow-definition JSON as it was saved, unknown properties and
/// unknown activity types included; what the server owns stands beside it and is written over it
/// when it is written out.
/// </summary>
public sealed record WorkflowDefinition
{
    /// <summary>The version's id.</summary>
    public required string Id { get; init; }
    public required string DefinitionId { get; init; }
    public required int Version { get; init; }
    public required bool IsLatest { get; init; }
    public required bool IsPublished { get; init; }
    /// <summary>
    /// It was published, or run, at least once: runs refer to it. It never changes again (saving makes a new version, also after
    /// a retract), and deleting it only hides it.
    /// </summary>
    public bool IsFrozen { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required JsonElement Document { get; init; }

    public string? Name => Text("name");
    public string? Description => Text("description");

    private string? Text(string name) =>
        Document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>
/// Why a definition can't be saved or published, or what its author should look at.
/// <paramref name="Path"/> is a JSON pointer into the definition; line and column, where known, are those of the expression's text, from 1.
/// </summary>
/// <param name="RunsAnyway">
/// Nothing was left out of what was read, so a version that was published when less was checked runs as it is: an activity that can't do what it says fails.
/// </param>
public sealed record DefinitionProblem(string? ActivityId, string Path, string Message, int Line = 0, int Column = 0, bool IsWarning = false, bool RunsAnyway = false)
{
    /// <summary>What the designer calls the activity; null where that is not known.</summary>
    public string? ActivityName { get; init; }

    public override string ToString()
    {
        var place = Line > 0 ? $"{Path} ({Line},{Column})" : Path;
        return ActivityId is not null ? $"{ActivityId} at {place}: {Message}"
            : place.Length > 0 ? $"{place}: {Message}"
            : Message;
    }
}

public sealed class InvalidDefinitionException(IReadOnlyList<DefinitionProblem> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<DefinitionProblem> Problems => problems;
}

/// <summary>The catalogue of flows: every version of every definition. A deleted version that runs may refer to is hidden.</summary>
public interface IDefinitionStore
{
    /// <summary>Hidden versions too: runs go on, and are looked at, on them.</summary>
    ValueTask<WorkflowDefinition?> FindVersionAsync(string versionId);
    /// <summary>Null when there is none such: no draft, nothing published…</summary>
    ValueTask<WorkflowDefinition?> FindAsync(string definitionId, VersionOptions version);
    /// <summary>Without hidden versions, unless it asks for versions by their ids.</summary>
    ValueTask<DefinitionPage> ListAsync(DefinitionQuery query);
    /// <summary>The number after the highest that the flow ever had; numbers of hidden versions are not given again.</summary>
    ValueTask<int> NextVersionAsync(string definitionId);
    /// <summary>
    /// Inserts or replaces one version and, in the same transaction, takes <c>isLatest</c> (and, if it is published,
    /// <c>isPublished</c>) away from the definition's other versions.
    /// </summary>
    ValueTask SaveAsync(WorkflowDefinition definition);

    /// <summary>
    /// Deletes every version of the flow, or hides those that are frozen; keys and trigger names stay, so that a signed request
    /// is still told from a made-up one, and the flow's URL is its own again when it comes back.
    /// </summary>
    /// <returns>False: there was nothing.</returns>
    ValueTask<bool> DeleteAsync(string definitionId);

    /// <summary>Deletes one version, or hides it when it is frozen. The highest of those that are left becomes the latest.</summary>
    /// <returns>False: there is no such version, or it is hidden already.</returns>
    ValueTask<bool> DeleteVersionAsync(string versionId);

    /// <summary>Signing keys and trigger names of a flow, made on the first publish and never changed by later ones.</summary>
    ValueTask<FlowSecrets?> FindSecretsAsync(string definitionId);
    ValueTask SaveSecretsAsync(FlowSecrets secrets);

    /// <summary>What was imported from files of the workflows folder.</summary>
    ValueTask<ImportedFile?> FindImportAsync(string definitionId);
    ValueTask SaveImportAsync(ImportedFile import);
}

/// <summary>Which version is meant: Elsa's <c>Latest | Published | LatestOrPublished | Draft | AllVersions</c> or a number.</summary>
public readonly record struct VersionOptions(VersionKind Kind, int Number = 0)
{
    public static readonly VersionOptions Latest = new(VersionKind.Latest);
    public static readonly VersionOptions Published = new(VersionKind.Published);

    public static bool TryParse(string? text, out VersionOptions options)
    {
        if (int.TryParse(text, out var number) && number > 0)
        {
            options = new VersionOptions(VersionKind.Number, number);
            return true;
        }

        if (string.IsNullOrEmpty(text))
        {
            options = new VersionOptions(VersionKind.AllVersions);
            return true;
        }

        var known = Enum.TryParse<VersionKind>(text, ignoreCase: true, out var kind) && kind != VersionKind.Number && char.IsAsciiLetter(text[0]);
        options = new VersionOptions(kind);
        return known;
    }
}

public enum VersionKind
{
    AllVersions,
    Latest,
    Published,
    LatestOrPublished,
    LatestAndPublished,
    Draft,
    Number,
}

/// <param name="Page">From 0.</param>
/// <param name="PageSize">Null: all.</param>
/// <param name="Ids">Version ids; hidden versions are among what is found.</param>
/// <param name="Name">The whole name, ASCII letters in either case.</param>
public sealed record DefinitionQuery(
    VersionOptions Version,
    int Page = 0,
    int? PageSize = null,
    string? SearchTerm = null,
    IReadOnlyList<string>? DefinitionIds = null,
    IReadOnlyList<string>? Ids = null,
    string OrderBy = "Created",
    bool Descending = true,
    string? Name = null);

public sealed record DefinitionPage(IReadOnlyList<WorkflowDefinition> Items, long TotalCount);

/// <param name="PrimaryKey">Encrypted with Data Protection; the store never sees the key.</param>
/// <param name="SecondaryKey">Likewise.</param>
/// <param name="Triggers">Trigger name in URLs by activity id.</param>
public sealed record FlowSecrets(string DefinitionId, string PrimaryKey, string SecondaryKey, IReadOnlyDictionary<string, string> Triggers);

/// <param name="FileHash">SHA-256 of the file's text when it was imported.</param>
/// <param name="VersionId">The version that the import made; when another one is the latest now, the flow was edited since.</param>
public sealed record ImportedFile(string DefinitionId, string FileHash, string VersionId);
