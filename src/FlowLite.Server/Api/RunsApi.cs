using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Server.Api.Instances;

namespace FlowLite.Server.Api;

/// <summary>The runs of a flow: what happened, once more, no further.</summary>
internal static class RunsApi
{
    private static readonly Dictionary<string, RunStatus> Statuses =
        Enum.GetValues<RunStatus>().ToDictionary(RunHistory.StatusOf, s => s, StringComparer.OrdinalIgnoreCase);

    private const int MostActions = 10_000;

    public static void MapRunsApi(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/flows/{definitionId}/runs");
        group.MapGet("", ListAsync).WithSummary("A flow's runs, newest first; query status, top, before").Produces<PageDto<RunDto>>();
        group.MapGet("/{runId}", GetAsync).WithSummary("A run with everything that happened in it; query actions: not more of them than that").Produces<RunDetailsDto>();
        group.MapPost("/{runId}/resubmit", ResubmitAsync).WithSummary("Starts a run once more, with what started it")
            .Accepts<ResubmitDto>(isOptional: true, "application/json").Produces<ResubmittedDto>(StatusCodes.Status202Accepted);
        group.MapPost("/{runId}/cancel", CancelAsync).WithSummary("Ends a run that is under way")
            .Accepts<CancelDto>(isOptional: true, "application/json").Produces(StatusCodes.Status200OK).Produces(StatusCodes.Status409Conflict);
    }

    /// <summary>Newest first; query <c>status</c>, <c>top</c>, <c>before</c>; gives <c>{value:[…], nextLink?}</c>.</summary>
    private static async Task<IResult> ListAsync(string definitionId, HttpRequest request, IRunStore runs, FlowCatalog flows, IDefinitionStore definitions)
    {
        if (PageQuery.TryRead(request, out var page) is { } problem)
        {
            return problem;
        }

        RunStatus? status = null;
        if (request.Query["status"].ToString() is { Length: > 0 } text)
        {
            if (!Statuses.TryGetValue(text, out var known))
            {
                return FlowErrors.BadRequest("InvalidQueryParameter", $"status is one of {string.Join(", ", Statuses.Keys)}, not '{text}'.");
            }

            status = known;
        }

        var found = await runs.ListRunsAsync(definitionId, status, page.Before, page.Top + 1);
        // A flow that was deleted is known by its runs.
        if (found.Count == 0 && flows.Find(definitionId) is null && await definitions.FindAsync(definitionId, VersionOptions.Latest) is null
            && await runs.ListRunsAsync(definitionId, null, null, 1) is [])
        {
            return FlowErrors.NotFound("WorkflowNotFound", $"The workflow '{definitionId}' could not be found.");
        }

        return Results.Json(page.Of(found, r => r.RunId, RunDto.From, request), ApiJson.Options);
    }

    /// <summary>Query <c>actions</c>: the first so many, and as many of the rest that failed or are not done; without it 10,000, and as many lines of the timeline.</summary>
    private static async Task<IResult> GetAsync(string definitionId, string runId, HttpRequest request, InstanceViews views, RunService runs)
    {
        var (top, withTimeline) = (MostActions, true);
        if (request.Query["actions"].ToString() is { Length: > 0 } text)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return FlowErrors.BadRequest("InvalidQueryParameter", $"actions is a number, not '{text}'.");
            }

            (top, withTimeline) = (Math.Min(count, MostActions), false);
        }

        return await views.FindAsync(runId, _ => RunDetailsDto.Scope(top, withTimeline)) is { } view && view.Run.DefinitionId == definitionId
            ? Results.Json(RunDetailsDto.From(view.History, await runs.Dispatcher.StandsBehindAsync(view.Run)), ApiJson.Options)
            : NotFound(definitionId, runId);
    }

    /// <summary>Body <c>{"asNewLead":true}</c> or none. The root run's idempotency keys are kept unless it is a new lead; 202 with <c>{runId}</c>.</summary>
    private static async Task<IResult> ResubmitAsync(string definitionId, string runId, HttpRequest request, IRunStore runs, RunService service)
    {
        var (body, isBody) = await ReadAsync<ResubmitDto>(request);
        if (!isBody)
        {
            return FlowErrors.BadRequest("InvalidRequestContent", "The body is an object: asNewLead is true or false.");
        }

        if (await FindAsync(runs, definitionId, runId) is not { } run)
        {
            return NotFound(definitionId, runId);
        }

        return await service.ResubmitAsync(run.RunId, body?.AsNewLead ?? false) is { } newId
            ? Results.Json(new ResubmittedDto(newId), ApiJson.Options, statusCode: StatusCodes.Status202Accepted)
            : FlowErrors.BadRequest("WorkflowTriggerIsNotEnabled", $"The workflow '{definitionId}' has no published version that works, so nothing can be resubmitted to it.");
    }

    /// <summary>Body <c>{"reason":"…"}</c> or none. 200 once it is durable; 409 when the run is over already.</summary>
    private static async Task<IResult> CancelAsync(string definitionId, string runId, HttpRequest request, IRunStore runs, RunService service)
    {
        var (body, isBody) = await ReadAsync<CancelDto>(request);
        if (!isBody)
        {
            return FlowErrors.BadRequest("InvalidRequestContent", "The body is an object: reason is text.");
        }

        if (await FindAsync(runs, definitionId, runId) is not { } run)
        {
            return NotFound(definitionId, runId);
        }

        return await service.CancelAsync(run.RunId, body?.Reason) == true
            ? Results.Ok()
            : FlowErrors.Result(StatusCodes.Status409Conflict, "WorkflowRunIsOver", $"The run '{runId}' was over already.");
    }

    private static async ValueTask<RunSummary?> FindAsync(IRunStore runs, string definitionId, string runId) =>
        Guid.TryParse(runId, out var id) && await runs.FindRunAsync(id) is { } run && run.DefinitionId == definitionId ? run : null;

    private static async Task<(T? Body, bool IsBody)> ReadAsync<T>(HttpRequest request) where T : class
    {
        using var text = new StreamReader(request.Body);
        var body = await text.ReadToEndAsync(request.HttpContext.RequestAborted);
        if (string.IsNullOrWhiteSpace(body))
        {
            return (null, true);
        }

        try
        {
            return (JsonSerializer.Deserialize<T>(body, ApiJson.Options), true);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, false);
        }
    }

    private static IResult NotFound(string definitionId, string runId) =>
        FlowErrors.NotFound("WorkflowRunNotFound", $"The workflow '{definitionId}' run '{runId}' could not be found.");

    private sealed record ResubmitDto(bool? AsNewLead);

    private sealed record ResubmittedDto(Guid RunId);

    private sealed record CancelDto(string? Reason);
}
