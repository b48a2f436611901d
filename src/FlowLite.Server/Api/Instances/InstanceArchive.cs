using System.IO.Compression;
using System.Text.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>
/// Runs as files: what Elsa exports of an instance, for people and tools, and beside it the run's own journal, from which
/// FlowLite takes it in again.
/// </summary>
internal static class InstanceArchive
{
    public const long LargestUpload = 64L * 1024 * 1024;
    private const long LargestUnpacked = 256L * 1024 * 1024;
    private const int MostFiles = 10_000;

    private static readonly JsonDocumentOptions Nesting = new() { MaxDepth = 512 };

    public static string FileName(InstanceView view) => $"workflow-instance-{view.Run.RunId}.json";

    public static async Task<byte[]> FileAsync(InstanceView view)
    {
        var state = WorkflowStates.Of(view);
        return JsonSerializer.SerializeToUtf8Bytes(
            new ExportDto(
                state,
                state.Bookmarks,
                [.. new ExecutionRecords(view).All()],
                [.. JournalRecords.Of(view)],
                new JournalDto(RunJournal.Format, view.Run.RunId, view.Run.Status.ToString(), view.Run.FinishedAt, RunJournal.ToJson(await view.Events().ToListAsync()))),
            Options);
    }

    /// <summary>One run after the other: no more than one is in memory.</summary>
    public static async Task<byte[]> ZipAsync(IAsyncEnumerable<InstanceView> views)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            await foreach (var view in views)
            {
                var entry = zip.CreateEntry(FileName(view));
                entry.LastWriteTime = view.Run.UpdatedAt;
                using var stream = entry.Open();
                stream.Write(await FileAsync(view));
            }
        }

        return bytes.ToArray();
    }

    /// <summary>The runs of a JSON file, or of every JSON file in a zip.</summary>
    /// <exception cref="FormatException">It is neither, or it is too large.</exception>
    public static async Task<IReadOnlyList<ImportedRun>> ReadAsync(IFormFile file, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await using (var stream = file.OpenReadStream())
        {
            await stream.CopyToAsync(bytes, cancellationToken);
        }

        if (!bytes.GetBuffer().AsSpan(0, (int)bytes.Length).StartsWith("PK"u8))
        {
            return [Read(bytes.ToArray(), file.FileName)];
        }

        try
        {
            bytes.Position = 0;
            using var zip = new ZipArchive(bytes, ZipArchiveMode.Read);
            var files = zip.Entries.Where(e => e.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)).ToList();
            if (files.Count > MostFiles || files.Sum(e => e.Length) > LargestUnpacked)
            {
                throw new FormatException($"{file.FileName} holds too much.");
            }

            return [.. files.Select(Read)];
        }
        catch (InvalidDataException e)
        {
            throw new FormatException($"{file.FileName} is no zip that can be read: {e.Message}", e);
        }
    }

    private static ImportedRun Read(ZipArchiveEntry entry)
    {
        // Its stated length was added up; what it really holds is read no further than that.
        var bytes = new byte[entry.Length];
        using var stream = entry.Open();
        stream.ReadExactly(bytes);
        entry.Check(bytes);
        return Read(bytes, entry.Name);
    }

    private static ImportedRun Read(ReadOnlySpan<byte> json, string name)
    {
        try
        {
            var root = JsonElement.Parse(json, Nesting);
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("Journal", out var journal))
            {
                throw new FormatException($"{name} is no run that FlowLite has exported.");
            }

            var run = journal.Deserialize<JournalDto>(Options)!;
            return Enum.TryParse<RunStatus>(run.Status, out var status) && Enum.IsDefined(status)
                ? new ImportedRun(run.RunId, status, run.FinishedAt, RunJournal.FromJson(run.Events))
                : throw new FormatException($"{name} is no run that this FlowLite can read.");
        }
        catch (Exception e) when (e is JsonException or EndOfStreamException or InvalidOperationException or NotSupportedException)
        {
            throw new FormatException($"{name} is no run that FlowLite has exported.", e);
        }
    }

    // Elsa writes the envelope's names in PascalCase; those inside have the API's.
    private static readonly JsonSerializerOptions Options = new(ApiJson.Options)
    {
        TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver
        {
            Modifiers =
            {
                static type =>
                {
                    if (type.Type == typeof(ExportDto) || type.Type == typeof(JournalDto))
                    {
                        foreach (var property in type.Properties)
                        {
                            property.Name = char.ToUpperInvariant(property.Name[0]) + property.Name[1..];
                        }
                    }
                },
            },
        },
    };

    private sealed record ExportDto(
        WorkflowStateDto WorkflowState,
        IReadOnlyList<BookmarkDto> Bookmarks,
        IReadOnlyList<ExecutionDto> ActivityExecutionRecords,
        IReadOnlyList<LogRecordDto> WorkflowExecutionLogRecords,
        JournalDto Journal);

    /// <param name="Events">As FlowLite journals them.</param>
    private sealed record JournalDto(int Format, Guid RunId, string Status, DateTimeOffset? FinishedAt, JsonElement Events);
}
