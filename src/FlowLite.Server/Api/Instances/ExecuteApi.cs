using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Schema;
using Microsoft.AspNetCore.Http.Features;

namespace FlowLite.Server.Api.Instances;

/// <summary>
/// Starts runs of a flow from outside its triggers. A flow that begins with a request is run with the given input as the
/// request's body; without one it can't start, because everything in it would come out empty.
/// </summary>
internal sealed class ExecuteApi(
    IDefinitionStore definitions, DefinitionService service, WorkflowCompiler compiler, RunService runs, InstanceViews views, TimeProvider time)
{
    private const string InstanceHeader = "x-elsa-workflow-instance-id";
    private const string CannotStartHeader = "x-elsa-workflow-cannot-start";
    private const int LargestBody = 10 * 1024 * 1024;
    private const int MostRuns = 1000;
    private const int LongestCorrelation = 128;

    /// <summary>How long a caller waits for the run to come to rest; it goes on then.</summary>
    internal static readonly TimeSpan RestsWithin = TimeSpan.FromSeconds(100);

    public static void Map(RouteGroupBuilder api)
    {
        var one = api.MapGroup("/workflow-definitions/{definitionId}");
        one.MapGet("/execute", (string definitionId, HttpContext context, ExecuteApi execute) => execute.ExecuteAsync(definitionId, Read(context.Request.Query), context));
        one.MapPost("/execute", (string definitionId, HttpContext context, ExecuteApi execute) => WithBodyAsync(context, request => execute.ExecuteAsync(definitionId, request, context)));
        one.MapPost("/dispatch", (string definitionId, HttpContext context, ExecuteApi execute) => WithBodyAsync(context, request => execute.DispatchAsync(definitionId, request)));
        one.MapPost("/bulk-dispatch", (string definitionId, HttpContext context, ExecuteApi execute) => WithBodyAsync(context, request => execute.BulkDispatchAsync(definitionId, request)));
    }

    /// <summary>Answers when the run is over or waits, with its state.</summary>
    private async Task<IResult> ExecuteAsync(string definitionId, ExecuteRequest request, HttpContext context)
    {
        var (start, refusal, problems) = await PrepareAsync(definitionId, request);
        var headers = context.Response.Headers;
        if (start is null)
        {
            if (problems.Count == 0)
            {
                return refusal!;
            }

            // The Studio reads the headers, and has a message of its own.
            headers[CannotStartHeader] = "true";
            return InstancesApi.Json(new { errors = problems });
        }

        var runId = runs.NewRunId();
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (runs.Feed.Watch(runId, run => _ = run.Status != RunStatus.Running && rest.TrySetResult()))
        {
            try
            {
                await runs.StartAsync(start.Workflow, start.Request(runId));
            }
            catch (RunRefusedException e)
            {
                headers[CannotStartHeader] = "true";
                return InstancesApi.Json(new { errors = new[] { e.Message } });
            }

            try
            {
                await rest.Task.WaitAsync(RestsWithin, time, context.RequestAborted);
            }
            catch (TimeoutException)
            {
                // It is told as it stands.
            }
        }

        headers[InstanceHeader] = runId.ToString();
        headers[CannotStartHeader] = "False";
        headers["x-elsa-response"] = "true";
        return await views.FindAsync(runId, WorkflowStates.Scope) is { } view ? InstancesApi.Json(new { workflowState = WorkflowStates.Of(view) }) : Results.NotFound();
    }

    private async Task<IResult> DispatchAsync(string definitionId, ExecuteRequest request)
    {
        var (start, refusal, problems) = await PrepareAsync(definitionId, request);
        return start is null
            ? refusal ?? ElsaErrors.Refuse(StatusCodes.Status400BadRequest, string.Join(' ', problems))
            : InstancesApi.Json(new { workflowInstanceId = await StartAsync(start) });
    }

    private async Task<IResult> BulkDispatchAsync(string definitionId, ExecuteRequest request)
    {
        if (request.Count is < 1 or > MostRuns)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, string.Create(CultureInfo.InvariantCulture, $"count is a number from 1 to {MostRuns}."));
        }

        var (start, refusal, problems) = await PrepareAsync(definitionId, request);
        if (start is null)
        {
            return refusal ?? ElsaErrors.Refuse(StatusCodes.Status400BadRequest, string.Join(' ', problems));
        }

        var ids = new List<Guid>();
        for (var i = 0; i < request.Count; i++)
        {
            ids.Add(await StartAsync(start));
        }

        return InstancesApi.Json(new { workflowInstanceIds = ids });
    }

    private async Task<Guid> StartAsync(RunStart start)
    {
        var runId = runs.NewRunId();
        await runs.StartAsync(start.Workflow, start.Request(runId));
        return runId;
    }

    private async Task<Preparation> PrepareAsync(string definitionId, ExecuteRequest request)
    {
        if (!VersionOptions.TryParse(request.VersionOptions ?? nameof(VersionKind.Published), out var version))
        {
            return Preparation.Refuse(ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "There are no such versionOptions."));
        }

        if (request.CorrelationId is { Length: > LongestCorrelation })
        {
            return Preparation.Refuse(ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "The correlationId is too long."));
        }

        if (await definitions.FindAsync(definitionId, version) is not { } definition)
        {
            return Preparation.Refuse(Results.NotFound());
        }

        try
        {
            // A run freezes its version, which is not to happen to a draft that can't start one.
            if (!definition.IsFrozen && Prepare(compiler.Compile(definition), request) is { RunStart: null } refused)
            {
                return refused;
            }

            return await service.OpenAsync(definitionId, version) is { } workflow ? Prepare(workflow, request) : Preparation.Refuse(Results.NotFound());
        }
        catch (InvalidDefinitionException e)
        {
            return Preparation.CannotStart([.. e.Problems.Where(p => !p.IsWarning).Select(p => p.ToString())]);
        }
        // Of a version that was published when less was checked.
        catch (Exception e) when (e is JsonSchemaException or JsonException)
        {
            return Preparation.CannotStart([$"The trigger's schema doesn't work here: {e.Message}"]);
        }
    }

    private static Preparation Prepare(CompiledWorkflow workflow, ExecuteRequest request)
    {
        var triggers = workflow.Nodes.Values.Where(n => n.Activity is Trigger && n.CanStartWorkflow).ToList();
        if (request.TriggerActivityId is { } wanted && !workflow.Nodes.ContainsKey(wanted))
        {
            return Preparation.CannotStart([$"There is no activity '{wanted}' in this version."]);
        }

        var trigger = request.TriggerActivityId is { } id ? triggers.Find(t => t.Id == id) : triggers.FirstOrDefault();
        if (trigger?.Activity is not Activities.Http.HttpRequest http)
        {
            return Preparation.Start(new RunStart(workflow, trigger?.Id ?? request.TriggerActivityId, null, request.Input, request.CorrelationId));
        }

        if (request.Input is not { } body)
        {
            return Preparation.CannotStart([$"'{trigger.Name}' waits for a request. Send one to its URL, or give the request's body as the input."]);
        }

        var mismatches = http.JsonSchema is { } schema ? JsonSchema.Compile(schema, http.SchemaOptions).Validate(body) : [];
        return mismatches.Count > 0
            ? Preparation.CannotStart([.. mismatches.Select(m => m.Path.Length == 0 ? m.Message : $"{m.Message} ({m.Path})")])
            : Preparation.Start(new RunStart(workflow, trigger.Id, AsRequest(body), body, request.CorrelationId));
    }

    private static JsonElement AsRequest(JsonElement body) => JsonValues.Object(writer =>
    {
        writer.WritePropertyName("headers");
        JsonValues.EmptyObject.WriteTo(writer);
        writer.WritePropertyName("queries");
        JsonValues.EmptyObject.WriteTo(writer);
        writer.WritePropertyName("path");
        JsonValues.EmptyObject.WriteTo(writer);
        writer.WritePropertyName("body");
        body.WriteTo(writer);
    });

    private static ExecuteRequest Read(IQueryCollection query)
    {
        string? One(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
        return new ExecuteRequest(One("correlationId"), One("triggerActivityId"), One("versionOptions"), null, 1);
    }

    private static async Task<IResult> WithBodyAsync(HttpContext context, Func<ExecuteRequest, Task<IResult>> handle)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return await handle(Read(context.Request.Query));
        }

        var body = await RequestJson.ReadAsync(context, LargestBody, InstancesApi.Deepest);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        if (Problem(body.Json) is { } problem)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, problem);
        }

        string? One(string name) => RequestJson.Text(body.Json, name) is { Length: > 0 } text ? text : null;
        return await handle(new ExecuteRequest(
            One("correlationId"), One("triggerActivityId"), One("versionOptions"),
            JsonValues.TryGetMember(body.Json, "input", out var input) && input.ValueKind != JsonValueKind.Null ? input : null,
            JsonValues.TryGetMember(body.Json, "count", out var count) && count.ValueKind != JsonValueKind.Null ? count.GetInt32() : 1));
    }

    /// <summary>What is wrong with the shape of a body: a member of the wrong type would be as if it were not there.</summary>
    private static string? Problem(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return "The body is an object: correlationId, triggerActivityId, versionOptions, input.";
        }

        foreach (var name in (string[])["correlationId", "triggerActivityId", "versionOptions"])
        {
            if (JsonValues.TryGetMember(body, name, out var value) && value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            {
                return $"{name} is a text.";
            }
        }

        return JsonValues.TryGetMember(body, "count", out var count) && count.ValueKind != JsonValueKind.Null && !(count.ValueKind == JsonValueKind.Number && count.TryGetInt32(out _))
            ? "count is a whole number."
            : null;
    }

    private sealed record ExecuteRequest(string? CorrelationId, string? TriggerActivityId, string? VersionOptions, JsonElement? Input, int Count);

    private sealed record RunStart(CompiledWorkflow Workflow, string? TriggerActivity, JsonElement? Trigger, JsonElement? Input, string? CorrelationId)
    {
        public RunRequest Request(Guid runId) => new(runId) { TriggerActivity = TriggerActivity, Trigger = Trigger, Input = Input, ClientTrackingId = CorrelationId };
    }

    /// <summary>What to start, or what to answer, or why it can't be started.</summary>
    private readonly record struct Preparation(RunStart? RunStart, IResult? Refusal, IReadOnlyList<string> Problems)
    {
        public static Preparation Start(RunStart start) => new(start, null, []);

        public static Preparation Refuse(IResult refusal) => new(null, refusal, []);

        public static Preparation CannotStart(IReadOnlyList<string> problems) => new(null, null, problems);
    }
}
