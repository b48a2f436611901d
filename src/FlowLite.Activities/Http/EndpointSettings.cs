using System.Text.Json;
using System.Text.Json.Serialization;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http;

/// <summary>What an endpoint takes.</summary>
public sealed record EndpointSettings
{
    public const string RequestTooLarge = "Request too large";
    public const string FileTooLarge = "File too large";
    public const string InvalidFileExtension = "Invalid file extension";
    public const string InvalidFileMimeType = "Invalid file MIME type";

    /// <summary>A route template, with a slash before it and none behind.</summary>
    public required string Path { get; init; }
    /// <summary>In capitals.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];
    public bool Authorize { get; init; }
    public string? Policy { get; init; }
    public TimeSpan? RequestTimeout { get; init; }
    /// <summary>Bytes; null: the server's.</summary>
    public long? RequestSizeLimit { get; init; }
    public long? FileSizeLimit { get; init; }
    public IReadOnlyList<string> AllowedFileExtensions { get; init; } = [];
    public IReadOnlyList<string> BlockedFileExtensions { get; init; } = [];
    public IReadOnlyList<string> AllowedMimeTypes { get; init; } = [];
    public bool ExposesRequestTooLarge { get; init; }
    public bool ExposesFileTooLarge { get; init; }
    public bool ExposesInvalidFileExtension { get; init; }
    public bool ExposesInvalidFileMimeType { get; init; }

    /// <summary>
    /// What is kept of a run that waits for a request of a method: <c>{"path","method","authorize"}</c> as in Elsa, and the rest of the settings.
    /// </summary>
    public JsonElement ToJson(string method) => JsonValues.Object(writer =>
    {
        writer.WriteString("path", Path);
        writer.WriteString("method", method.ToLowerInvariant());
        writer.WriteBoolean("authorize", Authorize);
        writer.WritePropertyName("settings");
        JsonSerializer.Serialize(writer, this, Options);
    });

    /// <summary>Null: it is none of <see cref="ToJson"/>'s.</summary>
    public static EndpointSettings? Read(JsonElement waiting)
    {
        try
        {
            return waiting.Member("settings") is { ValueKind: JsonValueKind.Object } settings ? settings.Deserialize<EndpointSettings>(Options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };

    public static string Normalize(string? path) => $"/{(path ?? "").Trim().Trim('/')}";
}

/// <summary>
/// By which a request finds the runs that wait for it: the method and the path, or the part of the path before its first parameter.
/// </summary>
public static class EndpointKeys
{
    /// <param name="path">A route template: <c>/orders/{id}/approve</c> is <c>POST /orders/*</c>, <c>/Orders/new</c> is <c>POST /orders/new</c>.</param>
    public static string Of(string method, string path)
    {
        var segments = path.Trim('/').ToLowerInvariant().Split('/');
        var literals = segments.TakeWhile(segment => !segment.Contains('{')).ToList();
        return literals.Count == segments.Length ? $"{method} /{string.Join('/', segments)}" : Before(method, literals);
    }

    /// <summary>Of a request, the most exact first.</summary>
    /// <param name="path">Without a slash at its end.</param>
    public static IEnumerable<string> Of(string method, string path, int mostSegments)
    {
        var segments = path.Trim('/').ToLowerInvariant().Split('/');
        yield return $"{method} /{string.Join('/', segments)}";
        // A parameter at the end may be optional.
        for (var literals = Math.Min(segments.Length, mostSegments); literals >= 0; literals--)
        {
            yield return Before(method, segments.Take(literals).Where(segment => segment.Length > 0));
        }
    }

    private static string Before(string method, IEnumerable<string> literals) => $"{method} /{string.Concat(literals.Select(literal => literal + "/"))}*";
}
