using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>Runs, read in the shapes of Elsa's workflow instances.</summary>
internal static class InstancesApi
{
    internal const int LargestBody = 1024 * 1024;
    internal const int Deepest = 64;

    public static RouteGroupBuilder MapInstancesApi(this RouteGroupBuilder api)
    {
        var instances = api.MapGroup("/workflow-instances");
        instances.MapGet("/", (HttpRequest request, IRunStore runs, IDefinitionStore definitions, VersionNumbers versions) =>
            ListAsync(new InstanceQuery(request.Query, request.Headers), runs, definitions, versions));
        instances.MapPost("/", PostListAsync);
        instances.MapGet("/{id}", GetAsync);
        instances.MapGet("/{id}/journal", JournalAsync);
        instances.MapPost("/{id}/journal", FilteredJournalAsync);
        instances.MapGet("/{id}/journal/{activityId}", LastRecordAsync);
        instances.MapGet("/{id}/variables", VariablesAsync);
        instances.MapGet("/{id}/execution-state", ExecutionStateAsync);
        return api;
    }

    private static async Task<IResult> PostListAsync(HttpContext context, IRunStore runs, IDefinitionStore definitions, VersionNumbers versions)
    {
        var body = await RequestJson.ReadAsync(context, LargestBody, Deepest);
        return body.Refusal ?? await ListAsync(new InstanceQuery(body.Json, context.Request.Headers), runs, definitions, versions);
    }

    private static async Task<IResult> ListAsync(InstanceQuery query, IRunStore runs, IDefinitionStore definitions, VersionNumbers versions)
    {
        var (wanted, problem) = await query.ReadAsync(definitions);
        if (problem is not null)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, problem);
        }

        var page = wanted is null ? new RunPage([], 0) : await runs.QueryRunsAsync(wanted);
        var numbers = await versions.OfAsync(page.Items.Select(r => r.VersionId));
        return Json(new InstancePageDto<InstanceDto>([.. page.Items.Select(r => InstanceDto.From(r, numbers.GetValueOrDefault(r.VersionId)))], page.TotalCount));
    }

    private static async Task<IResult> GetAsync(string id, InstanceViews views) =>
        await views.FindAsync(id, WorkflowStates.Scope) is { } view ? Json(WorkflowStates.Details(view)) : Results.NotFound();

    /// <summary>Query <c>skip</c> and <c>take</c>, or <c>page</c> and <c>pageSize</c>.</summary>
    private static Task<IResult> JournalAsync(string id, HttpRequest request, InstanceViews views) =>
        PageOfJournalAsync(id, JournalFilter.None, name => Number(request.Query[name]), views);

    /// <summary>Body <c>{"filter":{"activityIds","activityNodeIds","excludedActivityTypes","eventNames"}}</c>; paging as above, or in the body.</summary>
    private static async Task<IResult> FilteredJournalAsync(string id, HttpContext context, InstanceViews views)
    {
        var body = await RequestJson.ReadAsync(context, LargestBody, Deepest);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var filter = JsonValues.TryGetMember(body.Json, "filter", out var given) ? given : default;
        return await PageOfJournalAsync(
            id,
            new JournalFilter(Texts(filter, "activityIds"), Texts(filter, "activityNodeIds"), Texts(filter, "excludedActivityTypes"), Texts(filter, "eventNames")),
            name => Number(context.Request.Query[name]) ?? (JsonValues.TryGetMember(body.Json, name, out var value) ? Number(value.ToString()) : null),
            views);
    }

    private static async Task<IResult> PageOfJournalAsync(string id, JournalFilter filter, Func<string, int?> number, InstanceViews views)
    {
        var window = PageWindow.Read(number);
        var view = await views.FindAsync(id, places => Lines(entry => filter.Fits(entry, places) && window.Takes()));
        // As Elsa: of an unknown run there is nothing.
        return Json(new InstancePageDto<LogRecordDto>(view is null ? [] : [.. JournalRecords.Of(view)], window.Count));
    }

    private static HistoryScope Lines(Func<RunLogEntry, bool> keeps) => new() { Lines = keeps, Executions = static _ => false };

    private static async Task<IResult> LastRecordAsync(string id, string activityId, InstanceViews views)
    {
        RunLogEntry? last = null;
        var view = await views.FindAsync(id, places => Lines(entry =>
        {
            last = JournalRecords.Place(entry, places).Id == activityId ? entry : last;
            return false;
        }));
        return view is null || last is null ? Results.NotFound() : Json(SingleLogRecordDto.From(view.Run, view.Version, JournalRecords.Record(view, last)));
    }

    private static async Task<IResult> VariablesAsync(string id, InstanceViews views) =>
        await views.FindAsync(id) is { } view ? Json(new InstanceListDto<VariableDto>(view.Variables())) : Results.NotFound();

    private static async Task<IResult> ExecutionStateAsync(string id, IRunStore runs)
    {
        if (!Guid.TryParse(id, out var runId) || await runs.FindRunAsync(runId) is not { } run)
        {
            return Results.NotFound();
        }

        var (status, subStatus) = ElsaStatus.Of(run.Status);
        return Json(new ExecutionStateDto(status, subStatus, run.UpdatedAt));
    }

    internal static IResult Json<T>(T value) => Results.Json(value, ApiJson.Options);

    internal static IReadOnlyCollection<string>? Texts(JsonElement json, string name) =>
        JsonValues.TryGetMember(json, name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)]
            : null;

    internal static int? Number(string? text) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
}
