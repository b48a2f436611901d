using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FlowLite.FunctionalTests.Definitions;
using FlowLite.FunctionalTests.Instances;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FluentAssertions.Execution;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Contract;

/// <summary>Each endpoint of Elsa's API that there is, called once as the Studio or Elsa's client calls it: status and shape of what it answers.</summary>
public sealed class EndpointShapesTests : IAsyncLifetime
{
    private const string Saved = "workflowDefinition:o alreadyPublished:b consumingWorkflowCount:n";
    private const string Instance = "id:s definitionId:s definitionVersionId:s version:n status:s subStatus:s correlationId:s? name:s? incidentCount:n createdAt:s updatedAt:s finishedAt:s?";
    private const string WorkflowState = "id:s definitionId:s definitionVersion:n correlationId:s? status:s subStatus:s bookmarks:a incidents:a completionCallbacks:a activityExecutionContexts:a input:o output:o properties:o createdAt:s updatedAt:s finishedAt:s?";
    private const string ExecutionSummary = "id:s workflowInstanceId:s activityId:s activityNodeId:s activityType:s activityTypeVersion:n activityName:s? metadata:o? startedAt:s hasBookmarks:b status:s aggregateFaultCount:n completedAt:s?";
    private const string Execution = ExecutionSummary + " activityState:o? payload:o? outputs:o? properties:o?";
    private const string LogRecord = "id:s activityInstanceId:s parentActivityInstanceId:s? activityId:s activityType:s activityTypeVersion:n activityName:s? nodeId:s timestamp:s sequence:n eventName:s message:s? source:s? activityState:o? payload:o?";

    private readonly HashSet<string> _asked = [];
    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Endpoints_EachOfThem_AnswerInElsasShape()
    {
        // All that differs is told at once.
        using var scope = new AssertionScope();
        await AskForDescriptorsAsync();
        var version = await SaveAndReadDefinitionsAsync();
        var run = await RunAndReadInstancesAsync(version);
        await MoveInstancesAsync(run);
        await MoveDefinitionsAsync();
        await SignInAsync();

        var all =
            from endpoint in _server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            let path = "/" + endpoint.RoutePattern.RawText!.Trim('/')
            where path.StartsWith("/elsa/api/", StringComparison.Ordinal) && !path.EndsWith("{**path}", StringComparison.Ordinal)
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
            select $"{method} {path["/elsa/api".Length..]}";
        all.Except(_asked).Should().BeEmpty("each endpoint is called here");
    }

    private async Task AskForDescriptorsAsync()
    {
        Item(await GetAsync("/descriptors/activities?Refresh=True"), "items").ShouldHaveAtLeast("typeName:s namespace:s name:s version:n category:s displayName:s description:s? kind:s inputs:a outputs:a ports:a customProperties:o constructionProperties:o isContainer:b isBrowsable:b isStart:b isTerminal:b");
        (await GetAsync("/descriptors/activities/Elsa.WriteLine", "/descriptors/activities/{typeName}")).ShouldHaveAtLeast("typeName:s inputs:a outputs:a ports:a");
        (await PostAsync("/descriptors/activities/FlowLite.CreateRecord/options/Connection", """{"context":{}}""", "/descriptors/activities/{typeName}/options/{propertyName}")).ShouldHave("items:o");
        foreach (var (list, item) in new[]
        {
            ("/descriptors/expression-descriptors", "type:s displayName:s isSerializable:b isBrowsable:b properties:o"),
            ("/descriptors/workflow-activation-strategies", "typeName:s displayName:s description:s?"),
            ("/descriptors/incident-strategies", "typeName:s displayName:s description:s?"),
            ("/descriptors/log-persistence-strategies", "typeName:s displayName:s description:s?"),
            ("/descriptors/storage-drivers", "typeName:s displayName:s priority:n deprecated:b"),
            ("/descriptors/variables", "typeName:s displayName:s category:s description:s?"),
            ("/features/installed", "name:s namespace:s fullName:s displayName:s description:s?"),
        })
        {
            Item(await GetAsync(list), "items").ShouldHave(item);
        }

        foreach (var list in new[] { "/descriptors/commit-strategies/workflows", "/descriptors/commit-strategies/activities", "/descriptors/output-converters", "/secrets/descriptors" })
        {
            (await GetAsync(list)).ShouldHaveAtLeast("items:a count:n");
        }

        (await GetAsync("/features/installed/Elsa.Http", "/features/installed/{fullName}")).ShouldHave("name:s namespace:s fullName:s displayName:s description:s?");
        (await GetAsync("/package/version")).ShouldHave("packageVersion:s");
        (await GetAsync("/admin/workflow-runtime/status")).ShouldHaveAtLeast("state:o sources:a activeExecutionCycleCount:n");
        (await GetAsync("/bookmark-queue/dead-letters")).ShouldHaveAtLeast("items:a totalCount:n");
        (await PostAsync("/secrets/picker", """{"search":"","typeNames":[],"activeOnly":true}""")).ShouldHave("items:a canCreateInline:b");
        (await PostAsync("/secrets", """{"name":"a","value":"b"}""", status: HttpStatusCode.BadRequest)).ShouldHaveAtLeast("errors:o");
    }

    private async Task<string> SaveAndReadDefinitionsAsync()
    {
        // Without a trigger, so that it can be run by hand.
        var flow = ServerTestFlows.Small("shapes");
        flow["root"]!["activities"]!.AsArray().RemoveAt(0);
        flow["root"]!["connections"]!.AsArray().Clear();
        var saved = await PostAsync("/workflow-definitions", $$"""{"model":{{flow.ToJsonString()}},"publish":true}""");
        saved.ShouldHaveAtLeast(Saved);
        saved.GetProperty("workflowDefinition").ShouldHave(Shape.Definition);
        Item(saved.GetProperty("workflowDefinition"), "links").ShouldHave(Shape.Links);
        var version = saved.GetProperty("workflowDefinition").Text("id");

        var list = await GetAsync("/workflow-definitions?versionOptions=Latest&Page=0&PageSize=10&IsSystem=False");
        list.ShouldHave("items:a totalCount:n links:a");
        Item(list, "items").ShouldHave(Shape.ListedSummary);
        (await GetAsync("/workflow-definitions/by-definition-id/shapes?versionOptions=Latest", "/workflow-definitions/by-definition-id/{definitionId}")).ShouldHave(Shape.Definition);
        (await GetAsync($"/workflow-definitions/by-id/{version}", "/workflow-definitions/by-id/{versionId}")).ShouldHave(Shape.Definition);
        (await GetAsync("/workflow-definitions/shapes?versionOptions=Published", "/workflow-definitions/{definitionId}")).ShouldHave(Shape.Definition);
        var many = await GetAsync($"/workflow-definitions/many-by-id?ids={version}");
        many.ShouldHave("items:a count:n");
        Item(many, "items").ShouldHave(Shape.Definition);
        (await GetAsync("/workflow-definitions/shapes/versions", "/workflow-definitions/{definitionId}/versions"))[0].ShouldHave(Shape.Version);
        (await GetAsync("/workflow-definitions/query/count")).ShouldHave("count:n");
        (await GetAsync("/workflow-definitions/validation/is-name-unique?name=Foo")).ShouldHave("isUnique:b");
        (await GetAsync("/workflow-definitions/shapes/consumers", "/workflow-definitions/{definitionId}/consumers")).ShouldHave("consumingWorkflowDefinitionIds:a");
        (await GetAsync("/workflow-definitions/shapes/export?versionOptions=Latest", "/workflow-definitions/{definitionId}/export")).ShouldHave(Shape.Exported);
        (await PostAsync("/workflow-definitions/shapes/export", "{}", "/workflow-definitions/{definitionId}/export")).ShouldHave(Shape.Exported);
        (await GetAsync($"/workflow-definitions/subgraph/{version}?parentNodeId=Workflow1:flow", "/workflow-definitions/subgraph/{versionId}")).ShouldHaveAtLeast("activity:o port:s nodeId:s children:a");
        (await GetAsync($"/workflow-definitions/subgraph/segments/{version}?childNodeId=Workflow1:flow:log", "/workflow-definitions/subgraph/segments/{versionId}")).ShouldHaveAtLeast("childNode:o container:o pathSegments:a");
        var types = await AskAsync(HttpMethod.Post, "/scripting/javascript/type-definitions/shapes", "/scripting/javascript/type-definitions/{definitionId}", """{"activityTypeName":"Elsa.WriteLine","propertyName":"text"}""");
        types.Should().Contain("declare function");
        var tried = await PostAsync("/tests/activities", $$$"""{"workflowDefinitionHandle":{"definitionId":"shapes","versionOptions":"Latest","definitionVersionId":"{{{version}}}"},"activityHandle":{"activityId":"log","activityNodeId":"Workflow1:flow:log"}}""");
        tried.ShouldHaveAtLeast("activityState:o outputs:o payload:o? status:s");
        return version;
    }

    private async Task<string> RunAndReadInstancesAsync(string version)
    {
        var run = (await PostAsync("/workflow-definitions/shapes/dispatch", "{}", "/workflow-definitions/{definitionId}/dispatch")).Text("workflowInstanceId");
        (await PostAsync("/workflow-definitions/shapes/bulk-dispatch", """{"count":2}""", "/workflow-definitions/{definitionId}/bulk-dispatch")).ShouldHave("workflowInstanceIds:a");
        (await GetAsync("/workflow-definitions/shapes/execute", "/workflow-definitions/{definitionId}/execute")).GetProperty("workflowState").ShouldHaveAtLeast(WorkflowState);
        (await PostAsync("/workflow-definitions/shapes/execute", """{"correlationId":"c-1"}""", "/workflow-definitions/{definitionId}/execute")).GetProperty("workflowState").ShouldHaveAtLeast(WorkflowState);
        await _client.InstanceAsync(run, "Finished");

        var listed = await PostAsync("/workflow-instances", """{"page":0,"pageSize":10,"definitionIds":["shapes"]}""");
        listed.ShouldHave("items:a totalCount:n");
        Item(listed, "items").ShouldHaveAtLeast(Instance);
        Item(await GetAsync("/workflow-instances?page=0&pageSize=10"), "items").ShouldHaveAtLeast(Instance);
        var instance = await GetAsync($"/workflow-instances/{run}", "/workflow-instances/{id}");
        instance.ShouldHaveAtLeast(Instance + " workflowState:o");
        instance.GetProperty("workflowState").ShouldHaveAtLeast(WorkflowState);
        instance.Text("definitionVersionId").Should().Be(version);
        (await GetAsync($"/workflow-instances/{run}/execution-state", "/workflow-instances/{id}/execution-state")).ShouldHave("status:s subStatus:s updatedAt:s");
        (await GetAsync($"/workflow-instances/{run}/variables", "/workflow-instances/{id}/variables")).ShouldHave("items:a count:n");
        var journal = await PostAsync($"/workflow-instances/{run}/journal?skip=0&take=110", """{"filter":{"excludedActivityTypes":["Elsa.Workflow"]}}""", "/workflow-instances/{id}/journal");
        journal.ShouldHave("items:a totalCount:n");
        Item(journal, "items").ShouldHaveAtLeast(LogRecord);
        Item(await GetAsync($"/workflow-instances/{run}/journal?page=0&pageSize=100", "/workflow-instances/{id}/journal"), "items").ShouldHaveAtLeast(LogRecord);
        (await GetAsync($"/workflow-instances/{run}/journal/log", "/workflow-instances/{id}/journal/{activityId}"))
            .ShouldHaveAtLeast("id:s workflowDefinitionId:s workflowDefinitionVersionId:s workflowInstanceId:s workflowVersion:n activityInstanceId:s activityId:s activityType:s activityNodeId:s timestamp:s sequence:n eventName:s");

        const string node = "ActivityNodeId=Workflow1:flow:log";
        var executions = await GetAsync($"/activity-executions/list?WorkflowInstanceId={run}&{node}");
        executions.ShouldHave("items:a count:n");
        Item(executions, "items").ShouldHaveAtLeast(Execution);
        Item(await GetAsync($"/activity-execution-summaries/list?WorkflowInstanceId={run}&{node}"), "items").ShouldHaveAtLeast(ExecutionSummary);
        var execution = Item(executions, "items").Text("id");
        (await GetAsync($"/activity-executions/by-id?id={execution}")).ShouldHaveAtLeast(Execution);
        (await GetAsync($"/activity-executions/{execution}", "/activity-executions/{id}")).ShouldHaveAtLeast(Execution);
        (await GetAsync($"/activity-executions/{execution}/call-stack?includeCrossWorkflowChain=True", "/activity-executions/{id}/call-stack")).ShouldHaveAtLeast("activityExecutionId:s items:a totalCount:n");
        (await GetAsync($"/activity-executions/count?WorkflowInstanceId={run}")).ShouldHave("count:n");
        Item(await PostAsync("/activity-executions/report", $$"""{"workflowInstanceId":"{{run}}","activityNodeIds":["Workflow1:flow:log"]}"""), "stats")
            .ShouldHaveAtLeast("activityId:s activityNodeId:s startedCount:n completedCount:n uncompletedCount:n isBlocked:b isFaulted:b metadata:o?");
        return run;
    }

    private async Task MoveInstancesAsync(string run)
    {
        var other = (await PostAsync("/workflow-definitions/shapes/dispatch", "{}", "/workflow-definitions/{definitionId}/dispatch")).Text("workflowInstanceId");
        await _client.InstanceAsync(other, "Finished");
        var exported = await AskAsync(HttpMethod.Get, $"/workflow-instances/{run}/export", "/workflow-instances/{id}/export");
        exported.Should().Contain(run);
        (await AskBytesAsync("/bulk-actions/export/workflow-instances", $$"""{"ids":["{{run}}","{{other}}"]}""")).Should().StartWith("PK"u8.ToArray(), "several files are a zip");
        await AskAsync(HttpMethod.Delete, $"/workflow-instances/{run}", "/workflow-instances/{id}", status: HttpStatusCode.NoContent);
        using var form = new MultipartFormDataContent();
        using var file = new StringContent(exported, Encoding.UTF8, "application/json");
        form.Add(file, "files", "run.json");
        JsonElement.Parse(await SendAsync(HttpMethod.Post, "/bulk-actions/import/workflow-instances", null, form, HttpStatusCode.OK)).ShouldHave("count:n");

        (await PostAsync("/bulk-actions/cancel/workflow-instances", $$"""{"ids":["{{run}}"]}""")).ShouldHaveAtLeast("cancelled:n");
        await AskAsync(HttpMethod.Post, $"/cancel/workflow-instances/{run}", "/cancel/workflow-instances/{id}", "{}");
        (await PostAsync("/alterations/submit", """{"id":"p1","alterations":[{"type":"Cancel"}],"filter":{"workflowInstanceIds":[]}}""")).ShouldHaveAtLeast("planId:s");
        (await PostAsync("/bulk-actions/delete/workflow-instances/by-id", $$"""{"ids":["{{run}}"]}""")).ShouldHave("deleted:n");
        await AskAsync(HttpMethod.Post, "/events/Nobody/trigger", "/events/{eventName}/trigger", """{"workflowExecutionMode":"Asynchronous"}""");
        await AskAsync(HttpMethod.Post, "/tasks/none/complete", "/tasks/{taskId}/complete", """{"result":1}""", HttpStatusCode.NotFound);
    }

    private async Task MoveDefinitionsAsync()
    {
        const string id = "/workflow-definitions/{definitionId}";
        var published = await PostAsync("/workflow-definitions/shapes/publish", "{}", id + "/publish");
        published.ShouldHaveAtLeast(Saved);
        (await PostAsync("/workflow-definitions/shapes/update-references", "{}", id + "/update-references")).ShouldHaveAtLeast("affectedWorkflows:a");
        (await PostAsync("/actions/workflow-definitions/refresh", """{"definitionIds":["shapes"]}""")).ShouldHave("refreshed:a notFound:a");
        await AskAsync(HttpMethod.Post, "/actions/workflow-definitions/reload", null, "{}");
        (await PostAsync("/bulk-actions/publish/workflow-definitions/by-definition-ids", """{"definitionIds":["shapes","zzz"]}""")).ShouldHaveAtLeast("published:a alreadyPublished:a notFound:a updatedConsumers:a");
        (await PostAsync("/workflow-definitions/shapes/retract", "{}", id + "/retract")).ShouldHave(Shape.Definition);
        (await PostAsync("/bulk-actions/retract/workflow-definitions/by-definition-ids", """{"definitionIds":["shapes","zzz"]}""")).ShouldHaveAtLeast("retracted:a alreadyRetracted:a notFound:a");
        (await PostAsync("/workflow-definitions/shapes/revert/1", "{}", id + "/revert/{version:int}", HttpStatusCode.Created)).ShouldHaveAtLeast(Shape.Summary);
        var draft = await GetAsync("/workflow-definitions/by-definition-id/shapes?versionOptions=Latest", "/workflow-definitions/by-definition-id/{definitionId}");
        (await AskBytesAsync("/bulk-actions/export/workflow-definitions", $$"""{"ids":["{{draft.Text("id")}}"]}""")).Should().StartWith("PK"u8.ToArray());

        var file = ServerTestFlows.Small("imported").ToJsonString();
        (await PostAsync("/workflow-definitions/import", file)).ShouldHave(Shape.Definition);
        JsonElement.Parse(await AskAsync(HttpMethod.Put, "/workflow-definitions/import", null, file)).ShouldHave(Shape.Definition);
        JsonElement.Parse(await AskAsync(HttpMethod.Put, "/workflow-definitions/imported/import", id + "/import", file)).ShouldHave(Shape.Definition);
        using var form = new MultipartFormDataContent();
        using var content = new StringContent(file, Encoding.UTF8, "application/json");
        form.Add(content, "files", "imported.json");
        JsonElement.Parse(await SendAsync(HttpMethod.Post, "/workflow-definitions/import-files", null, form, HttpStatusCode.OK)).ShouldHaveAtLeast("count:n");

        await AskAsync(HttpMethod.Delete, "/workflow-definitions/shapes/version/1", id + "/version/{version:int}");
        await AskAsync(HttpMethod.Delete, $"/workflow-definition-versions/{draft.Text("id")}", "/workflow-definition-versions/{versionId}", status: HttpStatusCode.NoContent);
        (await PostAsync("/bulk-actions/delete/workflow-definitions/by-id", """{"ids":["none"]}""")).ShouldHave("deleted:n");
        await AskAsync(HttpMethod.Delete, "/workflow-definitions/imported", id, status: HttpStatusCode.NoContent);
        (await PostAsync("/bulk-actions/delete/workflow-definitions/by-definition-id", """{"definitionIds":["shapes"]}""")).ShouldHave("deleted:n");
    }

    private async Task SignInAsync()
    {
        var signedIn = await PostAsync("/identity/login", $$"""{"username":"admin","password":"{{TestServer.Password}}"}""");
        signedIn.ShouldHave("isAuthenticated:b accessToken:s refreshToken:s");
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", signedIn.Text("refreshToken"));
        (await PostAsync("/identity/refresh-token", "{}")).ShouldHave("isAuthenticated:b accessToken:s refreshToken:s");
    }

    private static JsonElement Item(JsonElement list, string member)
    {
        list.GetProperty(member).GetArrayLength().Should().BePositive($"there is one among {member}");
        return list.GetProperty(member)[0];
    }

    private async Task<JsonElement> GetAsync(string path, string? route = null) => JsonElement.Parse(await AskAsync(HttpMethod.Get, path, route));

    private async Task<JsonElement> PostAsync(string path, string body, string? route = null, HttpStatusCode status = HttpStatusCode.OK) =>
        JsonElement.Parse(await AskAsync(HttpMethod.Post, path, route, body, status));

    /// <param name="path">Below <c>/elsa/api</c>.</param>
    /// <param name="route">The endpoint's; null: the path without its query.</param>
    private async Task<string> AskAsync(HttpMethod method, string path, string? route = null, string? body = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        return await SendAsync(method, path, route, content, status);
    }

    private async Task<string> SendAsync(HttpMethod method, string path, string? route, HttpContent? content, HttpStatusCode status)
    {
        _asked.Add($"{method} {route ?? path.Split('?')[0]}");
        using var request = new HttpRequestMessage(method, "/elsa/api" + path) { Content = content };
        using var answer = await _client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.Should().Be(status, $"of {method} {path}: {text}");
        return text;
    }

    private async Task<byte[]> AskBytesAsync(string path, string body)
    {
        _asked.Add($"POST {path}");
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync("/elsa/api" + path, content);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, path);
        return await answer.Content.ReadAsByteArrayAsync();
    }
}
