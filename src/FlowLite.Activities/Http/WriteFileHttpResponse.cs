using System.IO.Compression;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Http;

/// <summary>Answers whoever called an HTTP endpoint with a file, or with several in a zip archive.</summary>
[Activity("Elsa", "HTTP", "Send one or more files (zipped) to the HTTP response.", DisplayName = "HTTP File Response", SendsResponse = true)]
public sealed class WriteFileHttpResponse(PendingResponses responses) : Activity
{
    private const int LargestContent = 100 * 1024 * 1024;
    // The archive comes out the same whenever it is made; zip knows no earlier time.
    private static readonly DateTimeOffset ZipTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Input(DisplayName = "Content Type", Description = "The content type of the file to serve. Leave empty to let the system determine the content type.")]
    public Input<string> ContentType { get; set; } = null!;

    [Input(Description = "The name of the file to serve. Leave empty to let the system determine the file name.")]
    public Input<string> Filename { get; set; } = null!;

    [Input(DisplayName = "Entity Tag", Description = "The Entity Tag of the file to serve. Leave empty to let the system determine the Entity Tag.")]
    public Input<string> EntityTag { get; set; } = null!;

    [Input(Description = "The file to serve: a file of a request or of Download File, text, or any other value as JSON. A list of these is served as a zip archive.")]
    public Input<object> Content { get; set; } = null!;

    [Input(DisplayName = "Enable Resumable Downloads", Description = "Whether to enable resumable downloads. When enabled, the client can resume a download if the connection is lost.")]
    public Input<bool> EnableResumableDownloads { get; set; } = null!;

    [Input(DisplayName = "Download Correlation Id", Description = "Not needed here: what is served is made anew from the run's own values, and is the same each time.")]
    public Input<string> DownloadCorrelationId { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (Content.GetJson(context) is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } content)
        {
            // As in Elsa, there is nothing to be found.
            HttpReply.Set(context, responses, 404, [], JsonValues.Null);
            return ValueTask.CompletedTask;
        }

        var file = File(content);
        var name = Filename.Get(context) is { Length: > 0 } chosen ? chosen : file.FileName!;
        var type = ContentType.Get(context) is { Length: > 0 } given ? given : file.ContentType == HttpFile.DefaultType ? MimeTypes.Of(name) : file.ContentType;
        var tag = EntityTag.Get(context) is { Length: > 0 } entityTag ? Quoted(entityTag) : $"\"{Convert.ToHexStringLower(SHA256.HashData(file.Content)[..16])}\"";
        var headers = new List<KeyValuePair<string, string>>
        {
            new("Content-Type", type),
            new("Content-Disposition", Attachment(name)),
            new("ETag", tag),
        };
        if (EnableResumableDownloads.Get(context))
        {
            headers.Add(new("Accept-Ranges", "bytes"));
        }

        HttpReply.Set(context, responses, 200, headers, (file with { ContentType = type, FileName = name, ETag = tag }).ToJson());
        return ValueTask.CompletedTask;
    }

    private static HttpFile File(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.Array)
        {
            return Zip([.. content.EnumerateArray().Select((item, index) => One(item, $"file-{index + 1}"))]);
        }

        return One(content, "file");
    }

    private static HttpFile One(JsonElement content, string name)
    {
        if (HttpFile.Read(content) is { } file)
        {
            return file with { FileName = file.FileName ?? $"{name}.bin" };
        }

        return content.ValueKind == JsonValueKind.String
            ? new HttpFile(Encoding.UTF8.GetBytes(content.GetString()!), "text/plain; charset=utf-8", $"{name}.txt")
            : new HttpFile(Encoding.UTF8.GetBytes(JsonValues.CompactText(content)), "application/json", $"{name}.json");
    }

    private static HttpFile Zip(IReadOnlyList<HttpFile> files)
    {
        if (files.Sum(file => (long)file.Content.Length) > LargestContent)
        {
            throw new ActivityException("InvalidInput", $"The files are larger than {LargestContent} bytes together.");
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        using var archive = new MemoryStream();
        using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in files)
            {
                var entry = zip.CreateEntry(FreeName(names, Last(file.FileName!)));
                entry.LastWriteTime = ZipTime;
                using var stream = entry.Open();
                stream.Write(file.Content);
            }
        }

        return new HttpFile(archive.ToArray(), "application/zip", "download.zip");
    }

    // Nothing that unpacks it may be led to another folder.
    private static string Last(string name) => name[(name.LastIndexOfAny(['/', '\\']) + 1)..] is { Length: > 0 } last and not ("." or "..") ? last : "file";

    private static string FreeName(HashSet<string> taken, string name)
    {
        var free = name;
        for (var number = 2; !taken.Add(free); number++)
        {
            free = $"{Path.GetFileNameWithoutExtension(name)} ({number}){Path.GetExtension(name)}";
        }

        return free;
    }

    private static string Quoted(string tag) => EntityTagHeaderValue.TryParse(tag, out var known) ? known.ToString()
        : EntityTagHeaderValue.TryParse($"\"{tag}\"", out known) ? known.ToString()
        : throw new ActivityException("InvalidInput", $"'{tag}' is no entity tag.");

    /// <summary>With a name in ASCII for old clients and the real one beside it (RFC 6266).</summary>
    private static string Attachment(string name)
    {
        var plain = string.Concat(name.Select(c => c is >= ' ' and <= '~' and not ('"' or '\\') ? c : '_'));
        return new ContentDispositionHeaderValue("attachment") { FileName = $"\"{plain}\"", FileNameStar = name }.ToString();
    }
}
