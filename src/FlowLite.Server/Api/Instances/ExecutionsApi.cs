namespace FlowLite.Server.Api.Instances;

/// <summary>What each activity of a run did, in the shapes of Elsa's activity executions.</summary>
internal static class ExecutionsApi
{
    public static RouteGroupBuilder MapExecutionsApi(this RouteGroupBuilder api)
    {
        var executions = api.MapGroup("/activity-executions");
        executions.MapGet("/list", ListAsync);
        executions.MapGet("/count", CountAsync);
        executions.MapGet("/by-id", (HttpRequest request, InstanceViews views) => GetAsync(request.Query["id"].ToString(), views));
        executions.MapGet("/{id}", GetAsync);
        executions.MapGet("/{id}/call-stack", CallStackAsync);
        executions.MapPost("/report", ReportAsync);
        api.MapGet("/activity-execution-summaries/list", SummariesAsync);
        return api;
    }

    /// <summary>Query <c>workflowInstanceId</c>, <c>activityNodeId</c>, <c>completed</c>.</summary>
    private static async Task<IResult> ListAsync(HttpRequest request, InstanceViews views) =>
        InstancesApi.Json(new InstanceListDto<ExecutionDto>([.. await FindAsync(request, views)]));

    private static async Task<IResult> CountAsync(HttpRequest request, InstanceViews views) =>
        InstancesApi.Json(new { count = (await FindAsync(request, views)).Count() });

    private static async Task<IResult> SummariesAsync(HttpRequest request, InstanceViews views) =>
        InstancesApi.Json(new InstanceListDto<ExecutionSummaryDto>([.. (await FindAsync(request, views)).Select(e => e.ToSummary())]));

    private static async Task<IResult> GetAsync(string id, InstanceViews views) =>
        await FindAsync(id, views) is (_, { } execution) ? InstancesApi.Json(execution) : Results.NotFound();

    private static async Task<IResult> CallStackAsync(string id, InstanceViews views)
    {
        if (await FindAsync(id, views) is not ({ } records, { } execution))
        {
            return Results.NotFound();
        }

        var stack = records.CallStack(execution);
        return InstancesApi.Json(new { activityExecutionId = id, items = stack, totalCount = stack.Count });
    }

    /// <summary>Body <c>{"workflowInstanceId","activityNodeIds":[…]}</c>; without ids all activities that were executed.</summary>
    private static async Task<IResult> ReportAsync(HttpContext context, InstanceViews views)
    {
        var body = await RequestJson.ReadAsync(context, InstancesApi.LargestBody, InstancesApi.Deepest);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        IReadOnlyList<ExecutionStatsDto> stats = await views.FindAsync(RequestJson.Text(body.Json, "workflowInstanceId")) is { } view
            ? new ExecutionRecords(view).Stats(InstancesApi.Texts(body.Json, "activityNodeIds"))
            : [];
        return InstancesApi.Json(new { stats });
    }

    private static async ValueTask<IEnumerable<ExecutionDto>> FindAsync(HttpRequest request, InstanceViews views)
    {
        if (await views.FindAsync(request.Query["workflowInstanceId"].ToString()) is not { } view)
        {
            return [];
        }

        var found = new ExecutionRecords(view).All(request.Query["activityNodeId"].ToString() is { Length: > 0 } node ? node : null);
        return bool.TryParse(request.Query["completed"], out var completed) ? found.Where(e => e.CompletedAt is not null == completed) : found;
    }

    private static async ValueTask<(ExecutionRecords? Records, ExecutionDto? Execution)> FindAsync(string id, InstanceViews views)
    {
        if (!ExecutionId.TryParse(id, out var runId) || await views.FindAsync(runId) is not { } view)
        {
            return default;
        }

        var records = new ExecutionRecords(view);
        return (records, records.Find(id));
    }
}
