using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>Cancelling and deleting runs, one or many.</summary>
internal static class InstanceActionsApi
{
    private const int RunsAtATime = 500;
    private const string Reason = "Cancelled in the Studio.";

    public static RouteGroupBuilder MapInstanceActionsApi(this RouteGroupBuilder api)
    {
        api.MapPost("/cancel/workflow-instances/{id}", CancelAsync);
        api.MapPost("/bulk-actions/cancel/workflow-instances", BulkCancelAsync);
        api.MapDelete("/workflow-instances/{id}", DeleteAsync);
        api.MapPost("/bulk-actions/delete/workflow-instances/by-id", BulkDeleteAsync);
        api.MapPost("/alterations/submit", SubmitAlterationsAsync);
        return api;
    }

    /// <summary>200 whether or not it was over already; 404 for an unknown run.</summary>
    private static async Task<IResult> CancelAsync(string id, RunService runs) =>
        Guid.TryParse(id, out var runId) && await runs.CancelAsync(runId, Reason) is not null ? Results.Ok() : Results.NotFound();

    /// <summary>
    /// Body <c>{"ids":[…]}</c>, <c>{"definitionVersionId"}</c>, or <c>{"definitionId","versionOptions"}</c>; gives how many were cancelled.
    /// </summary>
    private static async Task<IResult> BulkCancelAsync(HttpContext context, RunService runs, IRunStore store, IDefinitionStore definitions)
    {
        var body = await RequestJson.ReadAsync(context, InstancesApi.LargestBody, InstancesApi.Deepest);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var cancelled = 0;
        foreach (var runId in Ids(body.Json))
        {
            cancelled += await runs.CancelAsync(runId, Reason) == true ? 1 : 0;
        }

        var query = new RunQuery { Take = RunsAtATime };
        if (RequestJson.Text(body.Json, "definitionVersionId") is { Length: > 0 } versionId)
        {
            cancelled += await CancelAllAsync(query with { VersionIds = [versionId] }, runs, store);
        }
        else if (RequestJson.Text(body.Json, "definitionId") is { Length: > 0 } definitionId)
        {
            if (!VersionOptions.TryParse(RequestJson.Text(body.Json, "versionOptions"), out var version))
            {
                return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "There are no such versionOptions.");
            }

            var versions = version.Kind == VersionKind.AllVersions ? null : await definitions.FindAsync(definitionId, version);
            query = query with { DefinitionIds = [definitionId] };
            cancelled += version.Kind == VersionKind.AllVersions ? await CancelAllAsync(query, runs, store)
                : versions is null ? 0
                : await CancelAllAsync(query with { VersionIds = [versions.Id] }, runs, store);
        }

        return InstancesApi.Json(new { cancelled });
    }

    private static async Task<IResult> DeleteAsync(string id, RunService runs) =>
        Guid.TryParse(id, out var runId) && await runs.DeleteAsync(runId) ? Results.NoContent() : Results.NotFound();

    private static async Task<IResult> BulkDeleteAsync(HttpContext context, RunService runs)
    {
        var body = await RequestJson.ReadAsync(context, InstancesApi.LargestBody, InstancesApi.Deepest);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var deleted = 0;
        foreach (var runId in Ids(body.Json))
        {
            deleted += await runs.DeleteAsync(runId) ? 1 : 0;
        }

        return InstancesApi.Json(new { deleted });
    }

    /// <summary>Only <c>{"alterations":[{"type":"Cancel"}],"filter":{…}}</c>, by which the Studio cancels all runs of a list; the filter is the list's.</summary>
    private static async Task<IResult> SubmitAlterationsAsync(HttpContext context, RunService runs, IRunStore store, IDefinitionStore definitions, TimeProvider time)
    {
        var body = await RequestJson.ReadAsync(context, InstancesApi.LargestBody, InstancesApi.Deepest);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var isCancel = JsonValues.TryGetMember(body.Json, "alterations", out var alterations) && alterations.ValueKind == JsonValueKind.Array
            && alterations.GetArrayLength() > 0 && alterations.EnumerateArray().All(a => RequestJson.Text(a, "type") == "Cancel");
        if (!isCancel || !JsonValues.TryGetMember(body.Json, "filter", out var filter) || filter.ValueKind != JsonValueKind.Object)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "The only alteration is {\"type\":\"Cancel\"}, of the runs that a filter lets through.");
        }

        if (AlterationFilter.Problem(filter) is { } unclear)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, unclear);
        }

        foreach (var runId in Ids(filter, AlterationFilter.RunIds))
        {
            await runs.CancelAsync(runId, Reason);
        }

        if (AlterationFilter.SelectsByList(filter))
        {
            var (query, problem) = await new InstanceQuery(filter, context.Request.Headers).ReadAsync(definitions);
            if (problem is not null)
            {
                return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, problem);
            }

            if (query is not null)
            {
                await CancelAllAsync(query, runs, store);
            }
        }

        return InstancesApi.Json(new { planId = RequestJson.Text(body.Json, "id") ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N") });
    }

    /// <summary>Those of the runs that are not over.</summary>
    private static async Task<int> CancelAllAsync(RunQuery query, RunService runs, IRunStore store)
    {
        var cancelled = 0;
        RunStatus[] open = [RunStatus.Running, RunStatus.Suspended, RunStatus.Quarantined];
        query = query with { Statuses = [.. open.Where(s => query.Statuses?.Contains(s) != false)], OrderBy = RunOrder.Started, Descending = false, Skip = 0, Take = RunsAtATime };
        while (true)
        {
            var page = await store.QueryRunsAsync(query);
            var before = cancelled;
            foreach (var run in page.Items)
            {
                cancelled += await runs.CancelAsync(run.RunId, Reason) == true ? 1 : 0;
            }

            if (page.Items.Count < RunsAtATime || cancelled == before)
            {
                return cancelled;
            }
        }
    }

    private static IEnumerable<Guid> Ids(JsonElement json, string name = "ids") =>
        (InstancesApi.Texts(json, name) ?? []).Where(id => Guid.TryParse(id, out _)).Select(Guid.Parse).Distinct();
}
