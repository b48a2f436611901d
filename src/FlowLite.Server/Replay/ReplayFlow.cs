using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Replay;

/// <summary>A flow's folder: its definition in <c>flow.json</c>, its cases in <c>cases/*.json</c>.</summary>
internal sealed class ReplayFlow
{
    private const string FileName = "flow.json";

    /// <summary>The folder's name.</summary>
    public required string Name { get; init; }
    public required string File { get; init; }
    /// <summary>Sorted by name.</summary>
    public required IReadOnlyList<string> CaseFiles { get; init; }

    /// <summary>The flows in a folder of flows, or the one flow whose folder it is; sorted by name.</summary>
    public static IReadOnlyList<ReplayFlow> Find(string folder)
    {
        IEnumerable<string> folders = System.IO.File.Exists(Path.Combine(folder, FileName))
            ? [folder]
            : Directory.GetDirectories(folder).Where(f => System.IO.File.Exists(Path.Combine(f, FileName))).Order(StringComparer.Ordinal);
        return [.. folders.Select(Open)];
    }

    /// <summary>These, or where it is the folder of one flow, those that stand beside it too: what their runs may start runs of.</summary>
    public static IReadOnlyList<ReplayFlow> FindAll(string folder) =>
        System.IO.File.Exists(Path.Combine(folder, FileName)) && Directory.GetParent(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) is { } parent
            ? Find(parent.FullName)
            : Find(folder);

    /// <summary>With the cases whose <c>flow/case</c> contains the text, ignoring case; null when there is nothing of it in the flow either.</summary>
    public ReplayFlow? Choose(string filter)
    {
        var cases = CaseFiles.Where(c => $"{Name}/{Path.GetFileNameWithoutExtension(c)}".Contains(filter, StringComparison.OrdinalIgnoreCase)).ToList();
        return cases.Count == 0 && !Name.Contains(filter, StringComparison.OrdinalIgnoreCase)
            ? null
            : new ReplayFlow { Name = Name, File = File, CaseFiles = cases };
    }

    /// <summary>As a first published version.</summary>
    /// <exception cref="InvalidDefinitionException">The file is not a definition.</exception>
    /// <exception cref="ReplayCaseException">It can't be read, or has no id.</exception>
    public WorkflowDefinition ReadDefinition(DateTimeOffset now)
    {
        var document = ReplayJson.ReadFile(File);
        var problems = DefinitionShape.Check(document);
        if (problems.Count > 0)
        {
            throw new InvalidDefinitionException(problems);
        }

        var id = document.Text("definitionId");
        if (string.IsNullOrEmpty(id))
        {
            throw new ReplayCaseException(["/definitionId: A file's flow needs an id that stays the same."]);
        }

        return new WorkflowDefinition
        {
            Id = $"{id}:1",
            DefinitionId = id,
            Version = 1,
            IsLatest = true,
            IsPublished = true,
            CreatedAt = now,
            Document = document,
        };
    }

    private static ReplayFlow Open(string folder)
    {
        var cases = Path.Combine(folder, "cases");
        return new ReplayFlow
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            File = Path.Combine(folder, FileName),
            CaseFiles = Directory.Exists(cases) ? [.. Directory.GetFiles(cases, "*.json").Order(StringComparer.Ordinal)] : [],
        };
    }
}
