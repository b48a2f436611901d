using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Server.Triggers;
using Microsoft.Net.Http.Headers;

namespace FlowLite.Server.Endpoints;

/// <summary>What callers of HTTP endpoints get back, as Elsa answers.</summary>
internal static class EndpointAnswers
{
    public static Task WriteAsync(HttpContext http, RunAnswer answer)
    {
        if (answer.Response is { } response)
        {
            return WriteAsync(http, response);
        }

        // Nobody took it; or the run has not answered, and never will.
        http.Response.StatusCode = answer.EndedAs switch
        {
            null => StatusCodes.Status404NotFound,
            RunStatus.Succeeded or RunStatus.Suspended => StatusCodes.Status200OK,
            _ => StatusCodes.Status500InternalServerError,
        };
        http.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    /// <summary>In Elsa's own words, with its status.</summary>
    public static Task AmbiguousAsync(HttpContext http, IEnumerable<Guid> runs) => Results.Json(
        JsonValues.Object(writer =>
        {
            writer.WriteString("errorMessage", "The call is ambiguous and matches multiple workflows.");
            writer.WriteStartArray("workflows");
            foreach (var run in runs)
            {
                writer.WriteStartObject();
                writer.WriteString("WorkflowInstanceId", run.ToString());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }),
        contentType: "application/json",
        statusCode: StatusCodes.Status500InternalServerError).ExecuteAsync(http);

    public static Task RefuseAsync(HttpContext http, EndpointRefusal refusal) =>
        Results.Json(refusal.Body, contentType: "application/json; charset=utf-8", statusCode: refusal.Status).ExecuteAsync(http);

    /// <param name="response">A response activity's outputs: statusCode, headers, body.</param>
    private static async Task WriteAsync(HttpContext http, JsonElement response)
    {
        if (File(response) is not var (bytes, tag, hasRanges))
        {
            await TriggerAnswers.WriteAsync(http, response, TriggerAnswers.ConnectionsOwn);
            return;
        }

        TriggerAnswers.SetHeaders(http.Response, response.Member("Headers"), TriggerAnswers.ConnectionsOwn);
        await Results.Bytes(bytes, http.Response.ContentType, enableRangeProcessing: hasRanges, entityTag: tag).ExecuteAsync(http);
    }

    /// <summary>An answer that has an entity tag is a file: a client may have it already, or a part of it.</summary>
    private static (byte[] Content, EntityTagHeaderValue Tag, bool HasRanges)? File(JsonElement response) =>
        response.Member("StatusCode") is { ValueKind: JsonValueKind.Number } status && status.GetInt32() == StatusCodes.Status200OK
        && EntityTagHeaderValue.TryParse(response.Member("Headers").Text("ETag"), out var tag)
        && response.Member("Body").Member("$content") is { ValueKind: JsonValueKind.String } content && LargeJson.TryGetBytes(content, out var bytes)
            ? (bytes, tag, response.Member("Headers").Text("Accept-Ranges") == "bytes")
            : null;
}
