using System.Security.Cryptography;
using System.Text.Json;
using FlowLite.Engine.Definitions;

namespace FlowLite.Server.Hosting;

public enum ImportOutcome
{
    /// <summary>Imported as it is before.</summary>
    Unchanged,
    Imported,
    /// <summary>The file changed, and so did its flow: the flow was left.</summary>
    Conflict,
    /// <summary>It can't run; what was imported of it before goes on.</summary>
    Invalid,
}

/// <param name="File">Its path in the folder.</param>
public sealed record FileImport(string File, string? DefinitionId, ImportOutcome Outcome, IReadOnlyList<DefinitionProblem> Problems);

/// <summary>
/// Imports the flows of a folder and publishes them: <c>{name}/flow.json</c>, and definitions among the JSON files at its top.
/// A file is imported when it is new, and again when its text has changed and the flow was not edited since.
/// </summary>
public sealed class WorkflowsFolder(FlowLiteOptions options, IDefinitionStore store, DefinitionService definitions, ILogger<WorkflowsFolder> logger)
{
    /// <summary>What became of each file at the start.</summary>
    public IReadOnlyList<FileImport> Files { get; private set; } = [];

    public async Task ImportAsync()
    {
        var root = options.WorkflowsDirectory!;
        var imports = new Dictionary<string, FileImport>();
        List<string> left = Directory.Exists(root) ? [.. Find(root)] : [];
        var before = int.MaxValue;
        // Flows may need each other: what is invalid is tried again once another one is there.
        while (left.Count > 0 && left.Count < before)
        {
            before = left.Count;
            foreach (var file in left)
            {
                if (await ImportAsync(file, Path.GetRelativePath(root, file)) is { } import)
                {
                    imports[file] = import;
                }
            }

            left = [.. left.Where(file => imports.GetValueOrDefault(file)?.Outcome == ImportOutcome.Invalid)];
        }

        Files = [.. imports.OrderBy(i => i.Key, StringComparer.Ordinal).Select(i => i.Value)];
        foreach (var import in Files)
        {
            Report(import);
        }
    }

    private static IEnumerable<string> Find(string root) =>
        Directory.EnumerateDirectories(root)
            .Select(folder => Path.Combine(folder, "flow.json"))
            .Where(File.Exists)
            .Concat(Directory.EnumerateFiles(root, "*.json"))
            .Order(StringComparer.Ordinal);

    private async Task<FileImport?> ImportAsync(string file, string name)
    {
        try
        {
            var text = await File.ReadAllBytesAsync(file);
            var document = DefinitionJson.Parse(text, DefinitionJson.MaxDepth);
            var isFlow = Path.GetFileName(file) == "flow.json" && Path.GetDirectoryName(name) is { Length: > 0 };
            return isFlow || LooksLikeDefinition(document)
                ? await ImportAsync(name, document, Convert.ToHexStringLower(SHA256.HashData(text)))
                : null;
        }
        catch (InvalidDefinitionException e)
        {
            return new FileImport(name, null, ImportOutcome.Invalid, e.Problems);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new FileImport(name, null, ImportOutcome.Invalid, [new DefinitionProblem(null, "", $"It can't be read: {e.Message}")]);
        }
    }

    private async Task<FileImport> ImportAsync(string name, JsonElement document, string hash)
    {
        var definitionId = Text(document, "definitionId");
        if (definitionId is null)
        {
            return new FileImport(name, null, ImportOutcome.Invalid, [new DefinitionProblem(null, "/definitionId", "A file's flow needs an id that stays the same.")]);
        }

        var before = await store.FindImportAsync(definitionId);
        if (before?.FileHash == hash)
        {
            return new FileImport(name, definitionId, ImportOutcome.Unchanged, []);
        }

        var problems = definitions.Check(document);
        if (problems.Count > 0)
        {
            return new FileImport(name, definitionId, ImportOutcome.Invalid, problems);
        }

        var latest = await store.FindAsync(definitionId, VersionOptions.Latest);
        // The latter: the server was killed before it noted what it had imported.
        var isOurs = latest is null || latest.Id == before?.VersionId || JsonElement.DeepEquals(latest.Document, document);
        if (!isOurs)
        {
            return new FileImport(name, definitionId, ImportOutcome.Conflict, []);
        }

        var imported = latest is not null && JsonElement.DeepEquals(latest.Document, document)
            ? (await definitions.PublishAsync(definitionId))!
            : await definitions.SaveAsync(document, publish: true);
        await store.SaveImportAsync(new ImportedFile(definitionId, hash, imported.Definition.Id));
        return new FileImport(name, definitionId, ImportOutcome.Imported, []);
    }

    private static bool LooksLikeDefinition(JsonElement document) =>
        document.ValueKind == JsonValueKind.Object
        && document.TryGetProperty("root", out var root) && root.ValueKind == JsonValueKind.Object
        && (Text(document, "definitionId") is not null || Text(document, "$schema")?.Contains("/workflow-definition/", StringComparison.Ordinal) == true);

    private static string? Text(JsonElement document, string name) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;

    private void Report(FileImport import)
    {
        switch (import.Outcome)
        {
            case ImportOutcome.Imported:
                Log.Imported(logger, import.File, import.DefinitionId!);
                break;
            case ImportOutcome.Conflict:
                Log.ImportConflict(logger, import.File, import.DefinitionId!);
                break;
            case ImportOutcome.Invalid:
                Log.ImportInvalid(logger, import.File, string.Join("; ", import.Problems));
                break;
        }
    }
}
