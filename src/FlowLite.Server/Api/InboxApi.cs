using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Api;

/// <summary>Requests that their senders may send but no run took, newest first.</summary>
internal static class InboxApi
{
    public static void MapInboxApi(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/api/inbox", ListAsync)
            .WithSummary("Requests that no run took, newest first; query flow, top, before").Produces<PageDto<InboxEntryDto>>();
        endpoints.MapGet("/api/inbox/{id}", GetAsync).WithSummary("A request that no run took, with its body");
    }

    /// <summary>Without the bodies. Query <c>flow</c>, <c>top</c>, <c>before</c>; gives <c>{value:[…], nextLink?}</c>.</summary>
    private static async Task<IResult> ListAsync(HttpRequest request, IRunStore store, [FromServices] SecureValues secure)
    {
        if (PageQuery.TryRead(request, out var page) is { } problem)
        {
            return problem;
        }

        var flow = request.Query["flow"].ToString();
        var entries = await store.ListInboxAsync(flow.Length == 0 ? null : flow, page.Before, page.Top + 1);
        return Results.Json(page.Of(entries, e => e.Id, e => From(SealedInbox.Show(e, secure)), request), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(string id, IRunStore store, [FromServices] SecureValues secure) =>
        Guid.TryParse(id, out var entryId) && await store.FindInboxAsync(entryId) is { } entry
            ? Results.Json(WithBody(SealedInbox.Show(entry, secure)), ApiJson.Options)
            : FlowErrors.NotFound("InboxEntryNotFound", $"The inbox has no entry '{id}'.");

    private static InboxEntryDto WithBody(InboxEntry entry)
    {
        var isText = Utf8.IsValid(entry.Body.Span);
        return From(entry) with { Body = isText ? Encoding.UTF8.GetString(entry.Body.Span) : Convert.ToBase64String(entry.Body.Span), BodyIsBase64 = !isText };
    }

    private static InboxEntryDto From(InboxEntry entry) => new(
        entry.Id, entry.ReceivedAt, entry.DefinitionId, entry.TriggerName, new ReasonDto(entry.ReasonCode, entry.ReasonMessage),
        entry.Method, entry.PathAndQuery, entry.Headers, entry.BodySize, null, null);

    /// <param name="Path">Relative path and query, without the signature.</param>
    /// <param name="Body">As text; as base64 when it is no UTF-8; null in lists.</param>
    private sealed record InboxEntryDto(
        Guid Id, DateTimeOffset ReceivedAt, string Flow, string Trigger, ReasonDto Reason, string Method, string Path, JsonElement Headers, int BodySize, string? Body, bool? BodyIsBase64);

    private sealed record ReasonDto(string Code, string Message);
}
