using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>What each activity of a run did, in the shapes of Elsa's activity executions.</summary>
internal static class ExecutionsApi
{
    /// <summary>Executions in a call stack at most: in a cycle each round is led to by the one before.</summary>
    private const int DeepestStack = 1000;

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

    /// <summary>Query <c>workflowInstanceId</c>, <c>activityNodeId</c>, <c>completed</c>; <c>skip</c> and <c>take</c>, 10,000 at most.</summary>
    private static async Task<IResult> ListAsync(HttpRequest request, InstanceViews views)
    {
        var (page, count) = await FindAsync(request, views);
        return InstancesApi.Json(new InstanceListDto<ExecutionDto>(page, count));
    }

    private static async Task<IResult> CountAsync(HttpRequest request, InstanceViews views) =>
        InstancesApi.Json(new { count = (await FindAsync(request, views, takesNone: true)).Count });

    private static async Task<IResult> SummariesAsync(HttpRequest request, InstanceViews views)
    {
        var (page, count) = await FindAsync(request, views);
        return InstancesApi.Json(new InstanceListDto<ExecutionSummaryDto>([.. page.Select(e => e.ToSummary())], count));
    }

    private static async Task<IResult> GetAsync(string id, InstanceViews views)
    {
        if (!ExecutionId.TryParse(id, out var runId, out var instance)
            || await views.FindAsync(runId, _ => Executions(a => a.Instance == instance)) is not { } view)
        {
            return Results.NotFound();
        }

        var records = new ExecutionRecords(view);
        return instance == Guid.Empty ? InstancesApi.Json(records.Workflow())
            : records.Actions is [var one] ? InstancesApi.Json(records.One(one))
            : Results.NotFound();
    }

    /// <summary>What led to an execution, from the workflow down to itself; of a long chain its end.</summary>
    private static async Task<IResult> CallStackAsync(string id, InstanceViews views)
    {
        // Two ways through the journal: who led to whom first, so that only those on the way are kept.
        var causes = new Dictionary<Guid, Guid?>();
        if (!ExecutionId.TryParse(id, out var runId, out var instance)
            || await views.FindAsync(runId, _ => Executions(a => a.Instance is { } one && !causes.TryAdd(one, a.ScheduledBy))) is null
            || (instance != Guid.Empty && !causes.ContainsKey(instance)))
        {
            return Results.NotFound();
        }

        var (length, nearest) = (0, new HashSet<Guid>());
        for (Guid? at = instance == Guid.Empty ? null : instance; at is { } one; at = causes.GetValueOrDefault(one))
        {
            length++;
            if (nearest.Count < DeepestStack)
            {
                nearest.Add(one);
            }
        }

        var records = new ExecutionRecords((await views.FindAsync(runId, _ => Executions(a => a.Instance is { } one && nearest.Contains(one))))!);
        return InstancesApi.Json(new { activityExecutionId = id, items = records.All(), totalCount = length + 1 });
    }

    /// <summary>Body <c>{"workflowInstanceId","activityNodeIds":[…]}</c>; without ids all activities that were executed.</summary>
    private static async Task<IResult> ReportAsync(HttpContext context, InstanceViews views)
    {
        var body = await RequestJson.ReadAsync(context, InstancesApi.LargestBody, InstancesApi.Deepest);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        var stats = new ExecutionStats();
        await views.FindAsync(RequestJson.Text(body.Json, "workflowInstanceId"), stats.Scope);
        return InstancesApi.Json(new { stats = stats.Of(InstancesApi.Texts(body.Json, "activityNodeIds")) });
    }

    private static async ValueTask<(IReadOnlyList<ExecutionDto> Page, int Count)> FindAsync(HttpRequest request, InstanceViews views, bool takesNone = false)
    {
        var node = request.Query["activityNodeId"].ToString() is { Length: > 0 } id ? id : null;
        bool? completed = bool.TryParse(request.Query["completed"], out var wanted) ? wanted : null;
        var window = takesNone ? new PageWindow(0, 0) : PageWindow.Read(name => InstancesApi.Number(request.Query[name]));
        bool Fits(DateTimeOffset? end) => completed is null || completed == end is not null;
        var view = await views.FindAsync(
            request.Query["workflowInstanceId"].ToString(),
            places => Executions(a => a.Instance is not null && (node is null || places.Of(a).NodeId == node) && Fits(a.EndTime) && window.Takes()));
        if (view is null)
        {
            return ([], 0);
        }

        // Pages go by the order in which executions ended, so that they don't shift while the run goes on; the workflow ends last.
        var records = new ExecutionRecords(view);
        var isWorkflowOn = (node is null or NodePaths.WorkflowId) && Fits(view.Run.FinishedAt) && window.Takes();
        return ([.. isWorkflowOn ? records.All() : records.Actions.Select(records.One)], window.Count);
    }

    private static HistoryScope Executions(Func<ActionHistory, bool> keeps) => new() { Lines = static _ => false, Executions = keeps };
}
