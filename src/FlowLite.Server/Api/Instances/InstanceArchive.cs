using System.IO.Compression;
using System.IO.Pipelines;
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

    private static readonly JsonReaderOptions Nesting = new() { MaxDepth = 512 };

    public static string FileName(InstanceView view) => $"workflow-instance-{view.Run.RunId}.json";

    /// <summary>A long run is hundreds of megabytes of JSON: it is written as it is read.</summary>
    public static async Task WriteFileAsync(InstanceView view, Stream to, CancellationToken cancellationToken)
    {
        var file = PipeWriter.Create(to, new StreamPipeWriterOptions(leaveOpen: true));
        await InstanceFile.WriteAsync(view, file, cancellationToken);
        await file.CompleteAsync();
    }

    /// <summary>One run after the other.</summary>
    public static async Task WriteZipAsync(IAsyncEnumerable<InstanceView> views, Stream to, CancellationToken cancellationToken)
    {
        await using var zip = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        await foreach (var view in views)
        {
            var entry = zip.CreateEntry(FileName(view));
            entry.LastWriteTime = view.Run.UpdatedAt;
            await using var stream = await entry.OpenAsync(cancellationToken);
            await WriteFileAsync(view, stream, cancellationToken);
        }
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
            return [Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), file.FileName)];
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
            if (Journal(json) is not { } journal)
            {
                throw new FormatException($"{name} is no run that FlowLite has exported.");
            }

            var run = journal.Deserialize<JournalDto>(InstanceFile.Options)!;
            return Enum.TryParse<RunStatus>(run.Status, out var status) && Enum.IsDefined(status)
                ? new ImportedRun(run.RunId, status, run.FinishedAt, RunJournal.FromJson(run.Events))
                : throw new FormatException($"{name} is no run that this FlowLite can read.");
        }
        catch (Exception e) when (e is JsonException or EndOfStreamException or InvalidOperationException or NotSupportedException)
        {
            throw new FormatException($"{name} is no run that FlowLite has exported.", e);
        }
    }

    /// <summary>The one member that is taken in; the others, which are most of the file, are only read over.</summary>
    private static JsonElement? Journal(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Nesting);
        JsonElement? journal = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isJournal = reader.ValueTextEquals(InstanceFile.Journal);
            reader.Read();
            if (isJournal)
            {
                journal = JsonElement.ParseValue(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        // Nothing may follow.
        reader.Read();
        return journal;
    }
}
