using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;

namespace FlowLite.Server.Api;

/// <summary>What runs wait for, from outside: events are published, tasks are done.</summary>
internal static class SignalsApi
{
    private const int LargestBody = 1024 * 1024;
    private const int Deepest = 64;
    private const int MostTasks = 1000;

    public static void MapSignalsApi(this IEndpointRouteBuilder endpoints)
    {
        // Without Accepts: a request without a body has no content type, and would be nobody's under /elsa/api.
        endpoints.MapPost("/elsa/api/events/{eventName}/trigger", PublishAsync)
            .WithSummary("Publishes an event: wakes who waits for it, starts flows that begin with it").Produces(StatusCodes.Status200OK);
        endpoints.MapPost("/elsa/api/tasks/{taskId}/complete", CompleteTaskAsync)
            .WithSummary("Says that a task is done; the run that waits for it goes on").Produces(StatusCodes.Status200OK);
        endpoints.MapGet("/api/tasks", ListTasksAsync).WithSummary("Tasks that runs wait for; query name").Produces<TaskListDto>();
    }

    /// <summary>
    /// Body <c>{"correlationId","workflowInstanceId","input"}</c>, all of them optional, or none. 200 once it is durable,
    /// whether anybody waits or not: an event is nobody's in particular.
    /// </summary>
    private static async Task<IResult> PublishAsync(string eventName, HttpContext context, RunService runs)
    {
        var (body, refusal) = await ReadAsync(context);
        if (refusal is not null)
        {
            return refusal;
        }

        if (Unread(body) is { } name)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, $"{name} can't be read: the event was not published.");
        }

        Guid? runId = null;
        if (RequestJson.Text(body, "workflowInstanceId") is { Length: > 0 } instance)
        {
            if (!Guid.TryParse(instance, out var id))
            {
                return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "workflowInstanceId is not the id of a run.");
            }

            runId = id;
        }

        await runs.SignalAsync(new Signal(BookmarkKind.Event, eventName)
        {
            CorrelationId = RequestJson.Text(body, "correlationId") is { Length: > 0 } correlation ? correlation : null,
            RunId = runId,
            Payload = Member(body, "input"),
        });
        return Results.Ok();
    }

    /// <summary>Body <c>{"result":…}</c> or none. 404 when no run waits for the task: it is done already, or its run is over.</summary>
    private static async Task<IResult> CompleteTaskAsync(string taskId, HttpContext context, RunService runs)
    {
        var (body, refusal) = await ReadAsync(context);
        if (refusal is not null)
        {
            return refusal;
        }

        var woken = await runs.SignalAsync(new Signal(BookmarkKind.Task, taskId) { Payload = Member(body, "result") });
        return woken.Count > 0 ? Results.Ok() : ElsaErrors.Refuse(StatusCodes.Status404NotFound, "No run waits for this task. It is done already, or its run is over.");
    }

    private static async Task<IResult> ListTasksAsync(HttpRequest request, RunService runs)
    {
        var name = request.Query["name"].ToString();
        // A task's name stands in what is asked, which no index knows.
        var tasks = (await runs.FindBookmarksAsync(BookmarkKind.Task, null, limit: name.Length == 0 ? MostTasks : int.MaxValue))
            .Where(b => name.Length == 0 || b.Bookmark.Payload?.Text("taskName") == name)
            .Take(MostTasks)
            .Select(b => Task(b, SecureValues.Redact(b.Bookmark.Payload ?? default)));
        return Results.Json(new TaskListDto([.. tasks]), ApiJson.Options);
    }

    /// <param name="asked">What is to be done.</param>
    private static TaskDto Task(WaitingBookmark waiting, JsonElement asked) =>
        new(waiting.Bookmark.Key, asked.Text("taskName") ?? "", Member(asked, "payload"), waiting.DefinitionId, waiting.RunId, waiting.Bookmark.CorrelationId);

    private static async Task<(JsonElement Body, IResult? Refusal)> ReadAsync(HttpContext context)
    {
        var body = await RequestJson.ReadAsync(context, LargestBody, Deepest, isOptional: true);
        return body.Refusal is null && body.Json.ValueKind != JsonValueKind.Object
            ? (default, ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "The body is an object."))
            : (body.Json, body.Refusal);
    }

    /// <summary>What says whom an event is for, and is not understood: without it the event would go to everybody.</summary>
    private static string? Unread(JsonElement body) => Array.Find(
        ["correlationId", "workflowInstanceId", "activityInstanceId"],
        name => Member(body, name) is { } value && (value.ValueKind != JsonValueKind.String || (name == "activityInstanceId" && value.GetString() != "")));

    private static JsonElement? Member(JsonElement json, string name) =>
        JsonValues.TryGetMember(json, name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private sealed record TaskListDto(IReadOnlyList<TaskDto> Value);

    /// <param name="TaskId">What completes it.</param>
    private sealed record TaskDto(string TaskId, string Name, JsonElement? Payload, string FlowId, Guid RunId, string? CorrelationId);
}
