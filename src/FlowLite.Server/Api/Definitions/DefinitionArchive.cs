using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowLite.Engine.Definitions;

namespace FlowLite.Server.Api.Definitions;

/// <summary>Writes and reads the files of exported flows.</summary>
internal static class DefinitionArchive
{
    private const int MostFiles = 1000;
    private const long LargestArchive = 64L * 1024 * 1024;
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A zip can't hold earlier times.</summary>
    private static readonly DateTimeOffset Earliest = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Elsa's: <c>workflow-definition-{name}-{definition id}-{version id}.json</c>.</summary>
    public static string FileName(WorkflowDefinition definition)
    {
        var name = new StringBuilder();
        foreach (var c in (definition.Name ?? "").ToLowerInvariant())
        {
            name.Append(char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-');
        }

        return $"workflow-definition-{name}-{definition.DefinitionId}-{definition.Id}.json";
    }

    public static byte[] File(WorkflowDefinition definition, DefinitionAnswers answers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            answers.WriteExport(json, definition);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static byte[] Zip(IReadOnlyList<WorkflowDefinition> definitions, DefinitionAnswers answers)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var definition in definitions)
            {
                var entry = zip.CreateEntry(FileName(definition));
                entry.LastWriteTime = definition.CreatedAt < Earliest ? Earliest : definition.CreatedAt;
                using var stream = entry.Open();
                stream.Write(File(definition, answers));
            }
        }

        return bytes.ToArray();
    }

    /// <summary>The definitions of a JSON file, or of every JSON file in a zip.</summary>
    /// <exception cref="InvalidDefinitionException">It is neither, or it is too large; the problem names the file.</exception>
    public static async Task<IReadOnlyList<JsonElement>> ReadAsync(Stream file, string name)
    {
        using var bytes = new MemoryStream();
        await CopyAsync(file, bytes, LargestArchive, name);
        if (!bytes.GetBuffer().AsSpan(0, (int)bytes.Length).StartsWith("PK"u8))
        {
            return [Parse(bytes, name)];
        }

        try
        {
            bytes.Position = 0;
            using var zip = new ZipArchive(bytes);
            return await ReadAsync(zip, name);
        }
        catch (InvalidDataException e)
        {
            throw Invalid(name, $"It is no zip file that can be read: {e.Message}");
        }
    }

    private static async Task<IReadOnlyList<JsonElement>> ReadAsync(ZipArchive zip, string name)
    {
        var entries = zip.Entries.Where(e => e.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)).ToList();
        if (entries.Count > MostFiles)
        {
            throw Invalid(name, $"It holds more than {MostFiles} files.");
        }

        var documents = new List<JsonElement>();
        var left = LargestArchive;
        foreach (var entry in entries)
        {
            using var bytes = new MemoryStream();
            // What an entry says of its length is not to be believed.
            await using var stream = await entry.OpenAsync();
            await CopyAsync(stream, bytes, left, name);
            left -= bytes.Length;
            entry.Check(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
            documents.Add(Parse(bytes, $"{name}/{entry.FullName}"));
        }

        return documents;
    }

    private static JsonElement Parse(MemoryStream bytes, string name)
    {
        if (bytes.Length > WorkflowDefinitionsApi.LargestBody)
        {
            throw Invalid(name, $"It is larger than {WorkflowDefinitionsApi.LargestBody} bytes.");
        }

        try
        {
            return DefinitionJson.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), DefinitionJson.MaxDepth);
        }
        catch (InvalidDefinitionException e)
        {
            throw Invalid(name, e.Problems[0].Message);
        }
    }

    private static async Task CopyAsync(Stream from, MemoryStream to, long limit, string name)
    {
        var buffer = new byte[32 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer)) > 0)
        {
            if (to.Length + read > limit)
            {
                throw Invalid(name, $"It is larger than {LargestArchive} bytes.");
            }

            to.Write(buffer, 0, read);
        }
    }

    private static InvalidDefinitionException Invalid(string name, string message) => new([new DefinitionProblem(null, name, message)]);
}
