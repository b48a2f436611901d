using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FlowLite.Server.Api.Reference;

/// <summary>
/// What operations read and give that read their bodies and queries themselves, so that the framework can't see it. Each is told by a
/// sample: its members' names and types are the schema's.
/// </summary>
internal static class OperationShapes
{
    private const string Ids = """{"ids":[""]}""";
    private const string DefinitionIds = """{"definitionIds":[""]}""";

    private const string Summary =
        """{"id":"","definitionId":"","name":"","description":"","version":1,"isLatest":true,"isPublished":true,"isReadonly":false,"createdAt":"","materializerName":"Json","toolVersion":"","isMaterializerAvailable":true,"links":[{"href":"","rel":"","method":""}]}""";

    private const string Definition = """
        {"id":"","definitionId":"","name":"","description":"","createdAt":"","version":1,"toolVersion":"","isLatest":true,"isPublished":true,"isReadonly":false,"isSystem":false,"links":[{"href":"","rel":"","method":""}],
         "options":{"activationStrategyType":"","usableAsActivity":false,"autoUpdateConsumingWorkflows":false,"activityCategory":"","incidentStrategyType":"","commitStrategyName":""},
         "variables":[{"id":"","name":"","typeName":"","isArray":false,"value":null,"storageDriverTypeName":""}],
         "inputs":[{"type":"","isArray":false,"name":"","displayName":"","description":"","category":"","uiHint":""}],
         "outputs":[{"type":"","isArray":false,"name":"","displayName":"","description":"","category":""}],
         "outcomes":[""],"customProperties":{},
         "root":{"id":"","nodeId":"","type":"Elsa.Flowchart","version":1,"name":"","activities":[{}],
          "connections":[{"source":{"activity":"","port":""},"target":{"activity":"","port":""},"vertices":[{"x":0.5,"y":0.5}]}]}}
        """;

    private const string Instance =
        """{"id":"","definitionId":"","definitionVersionId":"","version":1,"status":"","subStatus":"","correlationId":"","name":"","incidentCount":0,"createdAt":"","updatedAt":"","finishedAt":""}""";

    private const string State = """
        {"id":"","definitionId":"","definitionVersionId":"","definitionVersion":1,"correlationId":"","status":"","subStatus":"","isExecuting":false,"isSystem":false,"bookmarks":[{}],"incidents":[{}],"completionCallbacks":[{}],"scheduledActivities":[{}],
         "activityExecutionContexts":[{}],"executionLogSequence":0,"input":{},"output":{},"properties":{},"createdAt":"","updatedAt":"","finishedAt":""}
        """;

    private const string Execution = """
        {"id":"","workflowInstanceId":"","activityId":"","activityNodeId":"","activityType":"","activityTypeVersion":1,"activityName":"","status":"","startedAt":"","completedAt":"","hasBookmarks":false,
         "aggregateFaultCount":0,"callStackDepth":1,"schedulingActivityExecutionId":"","schedulingActivityId":"","activityState":{},"payload":{},"outputs":{},"exception":{},"metadata":{},"properties":{}}
        """;

    private const string LogRecord = """
        {"id":"","activityInstanceId":"","parentActivityInstanceId":"","activityId":"","activityType":"","activityTypeVersion":1,"activityName":"","nodeId":"","timestamp":"","sequence":0,"eventName":"","message":"","payload":{}}
        """;

    private const string InstanceQuery = """
        {"page":0,"pageSize":100,"searchTerm":"","definitionId":"","definitionIds":[""],"definitionVersionIds":[""],"version":1,"correlationId":"","status":"","statuses":[""],"subStatus":"","subStatuses":[""],
         "hasIncidents":false,"isSystem":false,"orderBy":"","orderDirection":"","timestampFilters":[{"column":"","operator":"","timestamp":""}]}
        """;

    private const string InstanceQueryNames =
        "page pageSize searchTerm definitionId definitionIds definitionVersionIds version correlationId status statuses subStatus subStatuses hasIncidents isSystem orderBy orderDirection";

    private const string Paging = "skip take page pageSize";
    private const string Executed = """{"correlationId":"","triggerActivityId":"","versionOptions":"","input":{}}""";
    private const string Executions = "elsa/api/activity-executions";
    private const string Definitions = "elsa/api/workflow-definitions";
    private const string Instances = "elsa/api/workflow-instances";
    private const string Bulk = "elsa/api/bulk-actions";
    private const string Proposals =
        """{"value":[{"activityId":"","title":"","connection":"","entity":"","problem":"","fields":[{"column":"","displayName":"","language":"","value":"","from":"","isMapped":false}]}]}""";
    private const string Connection = """{"id":"","name":"","kind":"","source":"","values":{},"secretsSet":[""],"overridden":[""],"problems":[""],"usedBy":[{"definitionId":"","name":""}],"lastTest":{},"health":{}}""";

    private static readonly Dictionary<string, Shape> All = new()
    {
        ["POST elsa/api/identity/login"] = new("""{"username":"","password":""}""", """{"isAuthenticated":true,"accessToken":"","refreshToken":""}"""),
        ["POST elsa/api/identity/refresh-token"] = new(null, """{"isAuthenticated":true,"accessToken":"","refreshToken":""}"""),

        [$"GET {Definitions}"] = new(null, $$"""{"items":[{{Summary}}],"totalCount":0,"links":[{"href":"","rel":"","method":""}]}""", "versionOptions page pageSize searchTerm orderBy orderDirection definitionIds ids isSystem isReadonly"),
        [$"POST {Definitions}"] = new($$"""{"model":{{Definition}},"publish":false}""", $$"""{"workflowDefinition":{{Definition}},"alreadyPublished":false,"consumingWorkflowCount":0}"""),
        [$"GET {Definitions}/by-definition-id/{{definitionId}}"] = new(null, Definition, "versionOptions"),
        [$"GET {Definitions}/{{definitionId}}"] = new(null, Definition, "versionOptions"),
        [$"GET {Definitions}/by-id/{{versionId}}"] = new(null, Definition),
        [$"GET {Definitions}/many-by-id"] = new(null, $$"""{"items":[{{Definition}}],"count":0}""", "ids"),
        [$"GET {Definitions}/query/count"] = new(null, """{"count":0}"""),
        [$"GET {Definitions}/validation/is-name-unique"] = new(null, """{"isUnique":true}""", "name definitionId"),
        [$"GET {Definitions}/{{definitionId}}/versions"] = new(null, $$"""{"items":[{{Summary}}]}"""),
        [$"GET {Definitions}/{{definitionId}}/consumers"] = new(null, """{"consumingWorkflowDefinitionIds":[""]}"""),
        [$"GET {Definitions}/subgraph/{{versionId}}"] = new(null, """{"nodeId":"","activity":{},"children":[{}],"parents":[{}],"port":""}""", "parentNodeId"),
        [$"GET {Definitions}/subgraph/segments/{{versionId}}"] = new(null, """{"childNode":{},"container":{},"pathSegments":[{"activityNodeId":"","activityId":"","activityType":"","portName":"","activityName":""}]}""", "childNodeId"),
        [$"POST {Definitions}/{{definitionId}}/publish"] = new(null, $$"""{"workflowDefinition":{{Definition}},"alreadyPublished":false,"consumingWorkflowCount":0}"""),
        [$"POST {Definitions}/{{definitionId}}/retract"] = new(null, Definition),
        [$"POST {Definitions}/{{definitionId}}/revert/{{version}}"] = new(null, null),
        [$"POST {Definitions}/{{definitionId}}/update-references"] = new(null, """{"affectedWorkflows":[""]}"""),
        ["POST elsa/api/actions/workflow-definitions/refresh"] = new(DefinitionIds, """{"refreshed":[""],"notFound":[""]}""") { IsOptional = true },
        [$"GET {Definitions}/{{definitionId}}/export"] = new(null, Definition, "versionOptions includeConsumingWorkflows"),
        [$"POST {Definitions}/{{definitionId}}/export"] = new(null, Definition, "versionOptions includeConsumingWorkflows"),
        [$"POST {Definitions}/import"] = new(Definition, Definition),
        [$"PUT {Definitions}/import"] = new(Definition, Definition),
        [$"PUT {Definitions}/{{definitionId}}/import"] = new(Definition, Definition),
        [$"POST {Definitions}/import-files"] = new(Shape.Files, """{"count":0}"""),
        [$"POST {Bulk}/export/workflow-definitions"] = new("""{"ids":[""],"includeConsumingWorkflows":false}""", null),
        [$"POST {Bulk}/delete/workflow-definitions/by-definition-id"] = new(DefinitionIds, """{"deleted":0}"""),
        [$"POST {Bulk}/delete/workflow-definitions/by-id"] = new(Ids, """{"deleted":0}"""),
        [$"POST {Bulk}/publish/workflow-definitions/by-definition-ids"] = new(DefinitionIds,
            """{"published":[""],"alreadyPublished":[""],"notFound":[""],"skipped":[""],"updatedConsumers":[""],"failed":[""],"warnings":{}}"""),
        [$"POST {Bulk}/retract/workflow-definitions/by-definition-ids"] = new(DefinitionIds, """{"retracted":[""],"alreadyRetracted":[""],"skipped":[""],"notPublished":[""],"notFound":[""]}"""),
        ["POST elsa/api/tests/activities"] = new(
            """{"workflowDefinitionHandle":{"definitionId":"","versionOptions":"","definitionVersionId":""},"activityHandle":{"activityId":"","activityNodeId":""}}""",
            """{"activityState":{},"outputs":{},"payload":{},"exception":{},"status":""}"""),
        [$"GET {Definitions}/{{definitionId}}/execute"] = new(null, $$"""{"errors":{},"workflowState":{{State}}}""", "correlationId triggerActivityId versionOptions"),
        [$"POST {Definitions}/{{definitionId}}/execute"] = new(Executed, $$"""{"errors":{},"workflowState":{{State}}}""", "correlationId triggerActivityId versionOptions") { IsOptional = true },
        [$"POST {Definitions}/{{definitionId}}/dispatch"] = new(Executed, """{"workflowInstanceId":""}""", "correlationId triggerActivityId versionOptions") { IsOptional = true },
        [$"POST {Definitions}/{{definitionId}}/bulk-dispatch"] = new(
            """{"count":1,"correlationId":"","triggerActivityId":"","versionOptions":"","input":{}}""", """{"workflowInstanceIds":[""]}""", "correlationId triggerActivityId versionOptions")
        { IsOptional = true },

        [$"GET {Instances}"] = new(null, Page(Instance), InstanceQueryNames),
        [$"POST {Instances}"] = new(InstanceQuery, Page(Instance)),
        [$"GET {Instances}/{{id}}"] = new(null, $$"""{"id":"","definitionId":"","definitionVersionId":"","version":1,"status":"","subStatus":"","isExecuting":false,"isSystem":false,"incidentCount":0,"createdAt":"","updatedAt":"","finishedAt":"","workflowState":{{State}}}"""),
        [$"GET {Instances}/{{id}}/journal"] = new(null, Page(LogRecord), Paging),
        [$"POST {Instances}/{{id}}/journal"] = new(
            """{"filter":{"activityIds":[""],"activityNodeIds":[""],"excludedActivityTypes":[""],"eventNames":[""]},"skip":0,"take":100,"page":0,"pageSize":100}""", Page(LogRecord), Paging),
        [$"GET {Instances}/{{id}}/journal/{{activityId}}"] = new(null, LogRecord),
        [$"GET {Instances}/{{id}}/variables"] = new(null, """{"items":[{"id":"","name":"","value":null}],"count":0}"""),
        [$"GET {Instances}/{{id}}/execution-state"] = new(null, """{"status":"","subStatus":"","updatedAt":""}"""),
        [$"POST {Bulk}/cancel/workflow-instances"] = new("""{"ids":[""],"definitionId":"","definitionVersionId":"","versionOptions":""}""", """{"cancelled":0}"""),
        [$"POST {Bulk}/delete/workflow-instances/by-id"] = new(Ids, """{"deleted":0}"""),
        [$"POST {Bulk}/export/workflow-instances"] = new(Ids, null),
        [$"POST {Bulk}/import/workflow-instances"] = new(Shape.Files, """{"count":0}"""),
        ["POST elsa/api/alterations/submit"] = new("""{"id":"","alterations":[{"type":"Cancel"}],"filter":{"workflowInstanceIds":[""],"searchTerm":"","definitionIds":[""],"statuses":[""],"subStatuses":[""]}}""", """{"planId":""}"""),

        [$"GET {Executions}/list"] = new(null, List(Execution), $"workflowInstanceId activityNodeId completed {Paging}"),
        [$"GET {Executions}/count"] = new(null, """{"count":0}""", "workflowInstanceId activityNodeId completed"),
        [$"GET {Executions}/by-id"] = new(null, Execution, "id"),
        [$"GET {Executions}/{{id}}"] = new(null, Execution),
        [$"GET {Executions}/{{id}}/call-stack"] = new(null, $$"""{"activityExecutionId":"","items":[{{Execution}}],"totalCount":0}"""),
        [$"POST {Executions}/report"] = new("""{"workflowInstanceId":"","activityNodeIds":[""]}""",
            """{"stats":[{"activityId":"","activityNodeId":"","startedCount":0,"completedCount":0,"uncompletedCount":0,"isBlocked":false,"isFaulted":false,"aggregateFaultCount":0,"metadata":{}}]}"""),
        ["GET elsa/api/activity-execution-summaries/list"] = new(null, List(Execution), $"workflowInstanceId activityNodeId completed {Paging}"),

        ["POST elsa/api/descriptors/activities/{typeName}/options/{propertyName}"] = new("""{"context":{}}""", """{"items":{}}""") { IsOptional = true },
        ["POST elsa/api/events/{eventName}/trigger"] = new("""{"correlationId":"","workflowInstanceId":"","input":{}}""", null) { IsOptional = true },
        ["POST elsa/api/tasks/{taskId}/complete"] = new("""{"result":null}""", null) { IsOptional = true },

        ["GET elsa/api/secrets/descriptors"] = new(null, List("{}")),
        ["POST elsa/api/secrets/picker"] = new(null, """{"items":[{}],"canCreateInline":false}"""),
        ["GET elsa/api/bookmark-queue/dead-letters"] = new(null, Page("{}")),
        ["GET elsa/api/admin/workflow-runtime/status"] = new(null,
            """{"state":{"reason":"","isAcceptingNewWork":true,"generationId":""},"sources":[{"name":"","state":""}],"activeExecutionCycleCount":0}"""),
        ["GET api/connection-kinds"] = new(null, """{"value":[{"name":"","displayName":"","fields":[{}]}]}"""),

        ["GET api/inbox"] = new(null, null, "flow top before"),
        ["GET api/tasks"] = new(null, null, "name"),
        ["GET api/flows/{definitionId}/runs"] = new(null, null, "status top before"),
        ["GET api/flows/{definitionId}/runs/{runId}"] = new(null, null, "actions"),
        ["POST api/flows/{definitionId}/triggers/{trigger}/listCallbackUrl"] = new("""{"keyType":"Primary","notAfter":""}""", null) { IsOptional = true },
        ["POST api/flows/{definitionId}/triggers/{trigger}/regenerateAccessKey"] = new("""{"keyType":"Primary"}""", null),
        ["GET api/flows/{definitionId}/mapping"] = new(null, Proposals, "activityId"),
        ["POST api/flows/{definitionId}/mapping"] = new("""{"activityId":"","columns":[""]}""", """{"activityId":"","version":1,"mapped":[""]}"""),
        ["GET api/flows/{definitionId}/dynamic-content"] = new(null, """{"groups":[{"title":"","kind":"","activityId":"","items":[{"title":"","path":"","expression":"","type":"","description":""}]}]}""", "activityId"),
        ["GET api/flows/{definitionId}/triggers"] = new(null,
            """{"value":[{"name":"","activityId":"","title":"","method":"","hasSchema":false,"isPublished":false}],"endpoints":[{"activityId":"","methods":[""],"path":"","isOpen":false}]}"""),
        ["GET api/flows/{definitionId}/triggers/{trigger}/test-lead"] = new(null, """{"value":{},"errors":[{"path":"","message":""}]}"""),
        ["GET api/connections"] = new(null, $$"""{"value":[{{Connection}}]}"""),
        ["POST api/connections"] = new("""{"name":"","kind":"","values":{}}""", null),
        ["GET api/connections/{connection}"] = new(null, Connection),
        ["PUT api/connections/{connection}"] = new("""{"name":"","values":{}}""", Connection),
        ["PUT api/connections/{connection}/secrets/{field}"] = new("""{"value":""}""", Connection),
        ["POST api/schema/from-sample"] = new("{}", "{}"),
        ["POST api/schema/sample"] = new("{}", """{"value":{},"errors":[{"path":"","message":""}]}"""),
    };

    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (!All.TryGetValue($"{context.Description.HttpMethod} {context.Description.RelativePath?.TrimEnd('/')}", out var shape))
        {
            return Task.CompletedTask;
        }

        operation.RequestBody ??= shape.Body is null ? null : new OpenApiRequestBody
        {
            Required = !shape.IsOptional,
            Content = new Dictionary<string, OpenApiMediaType> { [shape.Body == Shape.Files ? "multipart/form-data" : "application/json"] = new() { Schema = Body(shape.Body) } },
        };
        operation.Parameters ??= [];
        foreach (var name in shape.Query.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(name => operation.Parameters.All(p => p.Name != name)))
        {
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        }

        operation.Responses ??= [];
        if (shape.Answer is not null && (!operation.Responses.TryGetValue("200", out var answer) || answer.Content is null or { Count: 0 }))
        {
            operation.Responses["200"] = new OpenApiResponse
            {
                Description = "OK",
                Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = Schema(JsonElement.Parse(shape.Answer)) } },
            };
        }

        return Task.CompletedTask;
    }

    private static string Page(string item) => $$"""{"items":[{{item}}],"totalCount":0}""";

    private static string List(string item) => $$"""{"items":[{{item}}],"count":0}""";

    private static OpenApiSchema Body(string sample)
    {
        if (sample != Shape.Files)
        {
            return Schema(JsonElement.Parse(sample));
        }

        var file = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        return new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema> { ["files"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = file } },
        };
    }

    /// <summary>Null and an empty object in a sample stand for anything, and for any object.</summary>
    private static OpenApiSchema Schema(JsonElement sample) => sample.ValueKind switch
    {
        JsonValueKind.Object => new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = sample.EnumerateObject().ToDictionary(m => m.Name, m => (IOpenApiSchema)Schema(m.Value)),
        },
        JsonValueKind.Array => new OpenApiSchema { Type = JsonSchemaType.Array, Items = Schema(sample[0]) },
        JsonValueKind.String => new OpenApiSchema { Type = JsonSchemaType.String },
        JsonValueKind.Number => new OpenApiSchema { Type = sample.TryGetInt64(out _) ? JsonSchemaType.Integer : JsonSchemaType.Number },
        JsonValueKind.True or JsonValueKind.False => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        _ => new OpenApiSchema(),
    };

    /// <param name="Body">A sample of the body; null: none is read.</param>
    /// <param name="Answer">A sample of what 200 brings; null: no JSON, or the endpoint says it itself.</param>
    /// <param name="Query">Names of query parameters; none has to be given.</param>
    private sealed record Shape(string? Body, string? Answer, string Query = "")
    {
        /// <summary>In the place of a sample: a form with files.</summary>
        public const string Files = "files";

        /// <summary>The operation is possible without the body.</summary>
        public bool IsOptional { get; init; }
    }
}
