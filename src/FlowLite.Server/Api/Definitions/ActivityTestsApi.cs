using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Definitions;

/// <summary>Tries one activity of a flow, as the Studio's Test tab does: nothing of it is kept, but what it does to others is done.</summary>
internal static class ActivityTestsApi
{
    public static void MapActivityTests(this RouteGroupBuilder api) => api.MapPost("/tests/activities", TryAsync);

    /// <summary>
    /// Body <c>{"workflowDefinitionHandle":{"definitionId","versionOptions","definitionVersionId"},"activityHandle":{"activityId","activityNodeId"}}</c>;
    /// variables have the values of the definition's <c>customProperties.VariableTestValues</c>. Gives
    /// <c>{"activityState","outputs","payload","exception","status"}</c>; an activity that fails is a 200 with the status <c>Faulted</c>.
    /// </summary>
    private static async Task<IResult> TryAsync(HttpContext context, IDefinitionStore store, WorkflowCompiler compiler, ActivityTrial trial, RunService runs)
    {
        var body = await DefinitionBodies.ReadAsync(context);
        if (body.Refusal is not null)
        {
            return body.Refusal;
        }

        JsonValues.TryGetMember(body.Json, "workflowDefinitionHandle", out var flow);
        JsonValues.TryGetMember(body.Json, "activityHandle", out var activity);
        if (flow.ValueKind != JsonValueKind.Object || activity.ValueKind != JsonValueKind.Object)
        {
            return ElsaErrors.Refuse(StatusCodes.Status400BadRequest, "The body is {\"workflowDefinitionHandle\":{…},\"activityHandle\":{…}}.");
        }

        if (await FindAsync(flow, store) is not { } definition)
        {
            return Results.NotFound();
        }

        var problems = new List<DefinitionProblem>();
        var workflow = compiler.TryCompile(definition, problems);
        // A node id ends in the activity's id.
        var nodeId = RequestJson.Text(activity, "activityNodeId");
        var id = RequestJson.Text(activity, "activityId");
        var node = workflow?.Nodes.Values.FirstOrDefault(n => id is null ? NodeId(n) == nodeId : n.Id == id);
        var own = problems.Where(p => !p.IsWarning && (p.ActivityId == node?.Id || p.ActivityId == (id ?? nodeId?.Split(':')[^1]))).ToList();
        if (own.Count > 0)
        {
            return Answer(new TrialResult(null, null, new RunFailure("InvalidActivity", string.Join(' ', own.Select(ElsaErrors.Say))), IsWaiting: false));
        }

        return workflow is null || node is null
            ? Results.NotFound()
            : Answer(await trial.RunAsync(workflow, node, runs.NewRunId(), TestValues(definition), context.RequestAborted));
    }

    private static async ValueTask<WorkflowDefinition?> FindAsync(JsonElement flow, IDefinitionStore store)
    {
        if (RequestJson.Text(flow, "definitionVersionId") is { Length: > 0 } versionId)
        {
            return await store.FindVersionAsync(versionId);
        }

        return VersionOptions.TryParse(RequestJson.Text(flow, "versionOptions"), out var version) && RequestJson.Text(flow, "definitionId") is { } definitionId
            ? await store.FindAsync(definitionId, version.Kind == VersionKind.AllVersions ? VersionOptions.Latest : version)
            : null;
    }

    private static string NodeId(ActivityNode node) => $"{(node.Parent is null ? "Workflow1" : NodeId(node.Parent))}:{node.Id}";

    private static Dictionary<string, JsonElement> TestValues(WorkflowDefinition definition) =>
        JsonValues.TryGetMember(definition.Document.Member("customProperties"), "VariableTestValues", out var values) && values.ValueKind == JsonValueKind.Object
            ? values.EnumerateObject().ToDictionary(v => v.Name, v => v.Value)
            : [];

    private static JsonResult Answer(TrialResult result) => new(json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("activityState");
        (result.Inputs ?? JsonValues.EmptyObject).WriteTo(json);
        json.WritePropertyName("outputs");
        (result.Outputs ?? JsonValues.EmptyObject).WriteTo(json);
        json.WriteStartObject("payload");
        json.WriteEndObject();
        if (result.Failure is { } failure)
        {
            json.WriteStartObject("exception");
            json.WriteString("type", failure.Code);
            json.WriteString("message", failure.Message);
            json.WriteNull("stackTrace");
            json.WriteNull("innerException");
            json.WriteEndObject();
        }

        json.WriteString("status", result.Failure is not null ? "Faulted" : result.IsWaiting ? "Running" : "Completed");
        json.WriteEndObject();
    });
}
