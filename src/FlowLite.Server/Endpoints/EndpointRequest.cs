using System.Text.Json;
using System.Text.Json.Serialization;
using FlowLite.Activities.Http;
using FlowLite.Engine;
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

    public static ValueTask<TriggerBody> ReadBodyAsync(HttpContext http, EndpointSettings settings, TimeProvider time, MemoryBudget? memory = null) =>
        TriggerBody.ReadAsync(http, (int)Math.Min(settings.RequestSizeLimit ?? SignedTrigger.DefaultMaxBodySize, LargestRequest), time, memory);

    /// <returns>Either of the two.</returns>
    public static async Task<(JsonElement Json, EndpointRefusal? Refusal)> ReadAsync(
        HttpContext http, EndpointSettings settings, IReadOnlyDictionary<string, string> route, TriggerBody body)
    {
        if (body.Problem is { } problem)
        {
            return problem.Status == StatusCodes.Status413PayloadTooLarge && settings.ExposesRequestTooLarge
                ? (Make(http.Request, route, writer => writer.WriteNullValue(), [], EndpointSettings.RequestTooLarge), null)
                : (default, EndpointRefusal.Say(problem.Status, problem.Code, problem.Message));
        }

        if (http.Request.HasFormContentType && !body.Bytes.IsEmpty)
        {
            return await ReadFormAsync(http, settings, route, body.Bytes);
        }

        var content = body.Bytes;
        var isJson = !content.IsEmpty && HttpContentJson.IsJson(HttpContentJson.MediaType(http.Request.ContentType));
        if (isJson && Problem(content.Span) is { } refusal)
        {
            return (default, refusal);
        }

        return (Make(http.Request, route, writer => Write(writer, content, isJson, http.Request.ContentType), [], null), null);
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte> content, bool isJson, string? contentType)
    {
        if (isJson)
        {
            writer.WriteRawValue(content.Span.Trim(" \t\r\n"u8), skipInputValidation: true);
        }
        else
        {
            HttpContentJson.WriteOther(writer, content, contentType);
        }
    }

    private static EndpointRefusal? Problem(ReadOnlySpan<byte> json)
    {
        try
        {
            // Its exceptions say where the JSON is wrong, in the words that Elsa passes on.
            JsonSerializer.Deserialize<ReadOver>(json);
            return ForeignJson.Problem(json) is { } problem
                ? EndpointRefusal.Say(StatusCodes.Status400BadRequest, EndpointRefusal.InvalidContent, $"The request's body holds {problem}.")
                : null;
        }
        catch (JsonException e)
        {
            return new EndpointRefusal(StatusCodes.Status400BadRequest, EndpointRefusal.InvalidContent, e.Message, JsonValues.Object(writer =>
            {
                writer.WriteString("message", e.Message);
                writer.WriteString("path", e.Path);
                writer.WriteNumber("lineNumber", e.LineNumber ?? 0);
            }));
        }
    }

    private static async Task<(JsonElement, EndpointRefusal?)> ReadFormAsync(
        HttpContext http, EndpointSettings settings, IReadOnlyDictionary<string, string> route, ReadOnlyMemory<byte> content)
    {
        IFormCollection form;
        try
        {
            http.Request.Body = new BytesStream(content);
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

        // Files that are refused are not kept; the flow goes on at the outcome for that.
        return (Make(http.Request, route, writer => WriteFields(writer, form), problem is null ? form.Files : [], problem?.Outcome), null);
    }

    private static void WriteFields(Utf8JsonWriter writer, IFormCollection form)
    {
        writer.WriteStartObject();
        Write(writer, form);
        writer.WriteEndObject();
    }

    // Its content is a part of the body, which is in memory already.
    private static void WriteFile(Utf8JsonWriter writer, IFormFile file)
    {
        using var content = file.OpenReadStream();
        var name = Path.GetFileName(file.FileName.Replace('\\', '/'));
        HttpFile.Write(writer, content, string.IsNullOrEmpty(file.ContentType) ? HttpFile.DefaultType : file.ContentType, name, file.Name);
    }

    private static JsonElement Make(HttpRequest request, IReadOnlyDictionary<string, string> route, Action<Utf8JsonWriter> content, IReadOnlyList<IFormFile> files, string? outcome) => JsonValues.Object(writer =>
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
        content(writer);
        if (files.Count > 0)
        {
            writer.WriteStartArray("files");
            foreach (var file in files)
            {
                WriteFile(writer, file);
            }

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

/// <summary>JSON that is only looked at.</summary>
[JsonConverter(typeof(Reader))]
internal readonly struct ReadOver
{
    private sealed class Reader : JsonConverter<ReadOver>
    {
        public override bool HandleNull => true;

        public override ReadOver Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            reader.Skip();
            return default;
        }

        public override void Write(Utf8JsonWriter writer, ReadOver value, JsonSerializerOptions options) => throw new NotSupportedException();
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
