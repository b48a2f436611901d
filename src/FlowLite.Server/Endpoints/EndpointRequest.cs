using System.Runtime.InteropServices;
using System.Text.Json;
using FlowLite.Activities.Http;
using FlowLite.Engine.Json;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using HttpRequest = Microsoft.AspNetCore.Http.HttpRequest;

namespace FlowLite.Server.Endpoints;

/// <summary>Why an endpoint's request is not taken, in Elsa's form.</summary>
/// <param name="Code">As it stands in the inbox.</param>
/// <param name="Body">What the caller is told.</param>
internal sealed record EndpointRefusal(int Status, string Code, string Message, JsonElement Body)
{
    public const string InvalidContent = "InvalidRequestContent";

    public static EndpointRefusal Say(int status, string code, string message) =>
        new(status, code, message, JsonValues.Object(writer => writer.WriteString("message", message)));
}

/// <summary>
/// Makes what a run knows of its request: <c>{"headers","queries","path","body","files","request","outcome"}</c>. Headers and parameters that came
/// several times are lists, as in Elsa.
/// </summary>
internal static class EndpointRequest
{
    private const int LargestRequest = 100 * 1024 * 1024;
    private const int MostFields = 10_000;

    public static ValueTask<TriggerBody> ReadBodyAsync(HttpContext http, EndpointSettings settings, TimeProvider time) =>
        TriggerBody.ReadAsync(http, (int)Math.Min(settings.RequestSizeLimit ?? SignedTrigger.DefaultMaxBodySize, LargestRequest), time);

    /// <returns>Either of the two.</returns>
    public static async Task<(JsonElement Json, EndpointRefusal? Refusal)> ReadAsync(
        HttpContext http, EndpointSettings settings, IReadOnlyDictionary<string, string> route, TriggerBody body)
    {
        if (body.Problem is { } problem)
        {
            return problem.Status == StatusCodes.Status413PayloadTooLarge && settings.ExposesRequestTooLarge
                ? (Make(http.Request, route, JsonValues.Null, [], EndpointSettings.RequestTooLarge), null)
                : (default, EndpointRefusal.Say(problem.Status, problem.Code, problem.Message));
        }

        if (http.Request.HasFormContentType && !body.Bytes.IsEmpty)
        {
            return await ReadFormAsync(http, settings, route, body.Bytes);
        }

        var (content, refusal) = Parse(body.Bytes, http.Request.ContentType);
        return refusal is null ? (Make(http.Request, route, content, [], null), null) : (default, refusal);
    }

    private static (JsonElement Content, EndpointRefusal? Refusal) Parse(ReadOnlyMemory<byte> content, string? contentType)
    {
        if (content.IsEmpty || !HttpContentJson.IsJson(HttpContentJson.MediaType(contentType)))
        {
            return (HttpContentJson.Parse(content.ToArray(), contentType), null);
        }

        try
        {
            // Its exceptions say where the JSON is wrong, in the words that Elsa passes on.
            var json = JsonSerializer.Deserialize<JsonElement>(content.Span);
            return ForeignJson.Problem(content.Span) is { } problem
                ? (default, EndpointRefusal.Say(StatusCodes.Status400BadRequest, EndpointRefusal.InvalidContent, $"The request's body holds {problem}."))
                : (json, null);
        }
        catch (JsonException e)
        {
            return (default, new EndpointRefusal(StatusCodes.Status400BadRequest, EndpointRefusal.InvalidContent, e.Message, JsonValues.Object(writer =>
            {
                writer.WriteString("message", e.Message);
                writer.WriteString("path", e.Path);
                writer.WriteNumber("lineNumber", e.LineNumber ?? 0);
            })));
        }
    }

    private static async Task<(JsonElement, EndpointRefusal?)> ReadFormAsync(
        HttpContext http, EndpointSettings settings, IReadOnlyDictionary<string, string> route, ReadOnlyMemory<byte> content)
    {
        IFormCollection form;
        try
        {
            http.Request.Body = MemoryMarshal.TryGetArray(content, out var bytes)
                ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
                : new MemoryStream(content.ToArray());
            form = await http.Request.ReadFormAsync(
                new FormOptions { MemoryBufferThreshold = LargestRequest, MultipartBodyLengthLimit = LargestRequest, ValueLengthLimit = LargestRequest, ValueCountLimit = MostFields },
                http.RequestAborted);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or BadHttpRequestException)
        {
            return (default, EndpointRefusal.Say(StatusCodes.Status400BadRequest, EndpointRefusal.InvalidContent, $"The form can't be read: {e.Message}"));
        }

        var problem = form.Files.Select(file => UploadRules.Problem(settings, file)).FirstOrDefault(p => p is not null);
        if (problem is { IsExposed: false })
        {
            return (default, EndpointRefusal.Say(problem.Status, problem.Status == StatusCodes.Status413PayloadTooLarge ? "FileTooLarge" : "FileNotAllowed", problem.Message));
        }

        var fields = JsonValues.Object(writer => Write(writer, form));
        return (Make(http.Request, route, fields, await FilesAsync(form, problem, http.RequestAborted), problem?.Outcome), null);
    }

    // Files that are refused are not kept; the flow goes on at the outcome for that.
    private static async Task<List<JsonElement>> FilesAsync(IFormCollection form, UploadProblem? problem, CancellationToken cancellationToken)
    {
        var files = new List<JsonElement>();
        foreach (var file in problem is null ? form.Files.AsEnumerable() : [])
        {
            var content = new byte[file.Length];
            await using var stream = file.OpenReadStream();
            await stream.ReadExactlyAsync(content, cancellationToken);
            var name = Path.GetFileName(file.FileName.Replace('\\', '/'));
            files.Add(new HttpFile(content, string.IsNullOrEmpty(file.ContentType) ? HttpFile.DefaultType : file.ContentType, name, file.Name).ToJson());
        }

        return files;
    }

    private static JsonElement Make(HttpRequest request, IReadOnlyDictionary<string, string> route, JsonElement content, List<JsonElement> files, string? outcome) => JsonValues.Object(writer =>
    {
        writer.WriteStartObject("headers");
        Write(writer, request.Headers.Where(h => !TriggerJson.IsSecret(h.Key)));
        writer.WriteEndObject();
        writer.WriteStartObject("queries");
        Write(writer, request.Query.Where(q => !q.Key.Equals("sig", StringComparison.OrdinalIgnoreCase)));
        writer.WriteEndObject();
        writer.WriteStartObject("path");
        foreach (var (name, value) in route)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
        writer.WritePropertyName("body");
        content.WriteTo(writer);
        if (files.Count > 0)
        {
            writer.WriteStartArray("files");
            files.ForEach(file => file.WriteTo(writer));
            writer.WriteEndArray();
        }

        writer.WriteStartObject("request");
        writer.WriteString("Method", request.Method);
        writer.WriteString("Path", request.Path.Value);
        writer.WriteString("Scheme", request.Scheme);
        writer.WriteString("Host", request.Host.Value);
        writer.WriteString("ContentType", request.ContentType);
        writer.WriteEndObject();
        if (outcome is not null)
        {
            writer.WriteString("outcome", outcome);
        }
    });

    private static void Write(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, StringValues>> texts)
    {
        foreach (var (name, values) in texts)
        {
            writer.WritePropertyName(name);
            if (values.Count == 1)
            {
                writer.WriteStringValue(values[0]);
                continue;
            }

            writer.WriteStartArray();
            foreach (var value in values)
            {
                writer.WriteStringValue(value);
            }

            writer.WriteEndArray();
        }
    }
}

/// <param name="IsExposed">The flow goes on at the outcome; else the request is refused.</param>
internal sealed record UploadProblem(string Outcome, bool IsExposed, int Status, string Message);

/// <summary>What an endpoint takes of uploaded files.</summary>
internal static class UploadRules
{
    public static UploadProblem? Problem(EndpointSettings settings, IFormFile file)
    {
        if (file.Length > settings.FileSizeLimit)
        {
            return new(EndpointSettings.FileTooLarge, settings.ExposesFileTooLarge, StatusCodes.Status413PayloadTooLarge,
                $"The file '{file.FileName}' is larger than the {settings.FileSizeLimit} bytes that are allowed.");
        }

        var extension = Bare(Path.GetExtension(file.FileName));
        if ((settings.AllowedFileExtensions.Count > 0 && !settings.AllowedFileExtensions.Any(IsIt)) || settings.BlockedFileExtensions.Any(IsIt))
        {
            return new(EndpointSettings.InvalidFileExtension, settings.ExposesInvalidFileExtension, StatusCodes.Status415UnsupportedMediaType,
                $"Files such as '{file.FileName}' are not allowed.");
        }

        var type = HttpContentJson.MediaType(file.ContentType) ?? "";
        return settings.AllowedMimeTypes.Count > 0 && !settings.AllowedMimeTypes.Contains(type, StringComparer.OrdinalIgnoreCase)
            ? new(EndpointSettings.InvalidFileMimeType, settings.ExposesInvalidFileMimeType, StatusCodes.Status415UnsupportedMediaType,
                $"Files of type '{type}' are not allowed.")
            : null;

        bool IsIt(string listed) => Bare(listed).Equals(extension, StringComparison.OrdinalIgnoreCase);
    }

    private static string Bare(string extension) => extension.Trim().TrimStart('*').TrimStart('.');
}
