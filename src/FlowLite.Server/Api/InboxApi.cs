using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api;

/// <summary>Requests that were signed but started no run, newest first.</summary>
internal static class InboxApi
{
    public static void MapInboxApi(this IEndpointRouteBuilder endpoints) => endpoints.MapGet("/api/inbox", ListAsync)
        .WithSummary("Signed requests that started no run, newest first; query flow, top, before").Produces<PageDto<InboxEntryDto>>();

    /// <summary>Query <c>flow</c>, <c>top</c>, <c>before</c>; gives <c>{value:[…], nextLink?}</c>.</summary>
    private static async Task<IResult> ListAsync(HttpRequest request, IRunStore store)
    {
        if (PageQuery.TryRead(request, out var page) is { } problem)
        {
            return problem;
        }

        var flow = request.Query["flow"].ToString();
        var entries = await store.ListInboxAsync(flow.Length == 0 ? null : flow, page.Before, page.Top + 1);
        return Results.Json(page.Of(entries, e => e.Id, From, request), ApiJson.Options);
    }

    private static InboxEntryDto From(InboxEntry entry)
    {
        var isText = Utf8.IsValid(entry.Body.Span);
        return new InboxEntryDto(entry.Id, entry.ReceivedAt, entry.DefinitionId, entry.TriggerName, new ReasonDto(entry.ReasonCode, entry.ReasonMessage),
            entry.Method, entry.PathAndQuery, entry.Headers,
            isText ? Encoding.UTF8.GetString(entry.Body.Span) : Convert.ToBase64String(entry.Body.Span), !isText);
    }

    /// <param name="Path">Relative path and query, without the signature.</param>
    /// <param name="Body">As text; as base64 when it is no UTF-8.</param>
    private sealed record InboxEntryDto(
        Guid Id, DateTimeOffset ReceivedAt, string Flow, string Trigger, ReasonDto Reason, string Method, string Path, JsonElement Headers, string Body, bool BodyIsBase64);

    private sealed record ReasonDto(string Code, string Message);
}
