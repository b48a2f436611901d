using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Instances;

/// <summary>One run as the Studio's viewer reads it. The shapes are those of the contract with the Studio.</summary>
public sealed class InstanceViewTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private static readonly string[] Summary = ["id", "definitionId", "definitionVersionId", "version", "status", "subStatus", "incidentCount", "createdAt", "updatedAt"];

    [Fact]
    public async Task List_OfARunThatTookAwayItsNameAndCorrelation_DoesNotFindItByThem()
    {
        await host.PublishChartAsync(
            "renamed",
            Set("correlate", "Elsa.Correlate", "correlationId", "order-77"),
            Set("name", "Elsa.SetName", "value", "Lead of Ada"),
            InstancesClient.Wait("wait", "00:00:01"),
            Set("nothing", "Elsa.Correlate", "correlationId", "{{ null }}"),
            Set("nameless", "Elsa.SetName", "value", "{{ null }}"));
        var id = await host.Api.DispatchAsync("renamed");
        (await host.Api.InstanceAsync(id, "Suspended")).Text("correlationId").Should().Be("order-77");

        var run = await host.Api.InstanceAsync(id, "Finished");

        run.Members().Should().NotContain(["correlationId", "name"]);
        (await host.Api.InstancesAsync("""{"correlationId":"order-77"}""")).Ids().Should().BeEmpty();

        static string Set(string id, string type, string input, string value) =>
            $$$"""{"id":"{{{id}}}","type":"{{{type}}}","version":1,"name":"{{{id}}}","{{{input}}}":{"typeName":"String","expression":{"type":"Scriban","value":"{{{value}}}"} } }""";
    }

    [Fact]
    public async Task Get_FinishedRun_HasTheContractsShape()
    {
        var version = await host.PublishChartAsync("done", InstancesClient.WriteLine("first", "Hello"));
        var id = await host.Api.DispatchAsync("done", """{"correlationId":"c-1"}""");

        var instance = await host.Api.InstanceAsync(id, "Finished");

        instance.Members().Should().Contain([.. Summary, "correlationId", "finishedAt", "workflowState", "isExecuting", "isSystem"]);
        instance.Text("definitionVersionId").Should().Be(version.Id);
        (instance.Text("status"), instance.Text("correlationId"), instance.GetProperty("version").GetInt32()).Should().Be(("Finished", "c-1", 1));
        var state = instance.GetProperty("workflowState");
        state.Members().Should().Contain(
        [
            "id", "definitionId", "definitionVersionId", "definitionVersion", "correlationId", "status", "subStatus", "isExecuting", "bookmarks", "incidents", "isSystem",
            "completionCallbacks", "activityExecutionContexts", "scheduledActivities", "executionLogSequence", "input", "output", "properties", "createdAt", "updatedAt", "finishedAt",
        ]);
        state.GetProperty("bookmarks").GetArrayLength().Should().Be(0);
        state.GetProperty("activityExecutionContexts").EnumerateArray().Select(c => c.Text("scheduledActivityNodeId")).Should().Equal("Workflow1");
    }

    [Fact]
    public async Task Get_RunThatWaits_HasABookmarkAtItsNode()
    {
        await host.PublishChartAsync("waits", InstancesClient.Wait("wait", "01:00:00"));
        var id = await host.Api.DispatchAsync("waits");

        var instance = await host.Api.InstanceAsync(id, "Suspended");

        instance.Text("status").Should().Be("Running");
        instance.TryGetProperty("finishedAt", out _).Should().BeFalse();
        var bookmark = instance.GetProperty("workflowState").GetProperty("bookmarks")[0];
        (bookmark.Text("name"), bookmark.Text("activityId"), bookmark.Text("activityNodeId")).Should().Be(("Elsa.Delay", "wait", "Workflow1:flow:wait"));
        bookmark.GetProperty("payload").GetProperty("resumeAt").GetDateTimeOffset().Should().BeAfter(instance.GetProperty("createdAt").GetDateTimeOffset().AddMinutes(59));
        instance.GetProperty("workflowState").GetProperty("activityExecutionContexts").EnumerateArray().Select(c => c.Text("scheduledActivityNodeId"))
            .Should().Equal("Workflow1", "Workflow1:flow", "Workflow1:flow:wait");
    }

    [Fact]
    public async Task Get_FaultedRun_HasItsIncident()
    {
        await host.PublishChartAsync("faults", """{"id":"bad","type":"Elsa.Fault","version":1,"name":"Bad","message":{"expression":{"type":"Literal","value":"No customer"}}}""");
        var id = await host.Api.DispatchAsync("faults");

        var instance = await host.Api.InstanceAsync(id, "Faulted");

        (instance.Text("status"), instance.GetProperty("incidentCount").GetInt32()).Should().Be(("Finished", 1));
        var incident = instance.GetProperty("workflowState").GetProperty("incidents")[0];
        (incident.Text("activityNodeId"), incident.Text("activityType"), incident.Text("message")).Should().Be(("Workflow1:flow:bad", "Elsa.Fault", "No customer"));
        incident.GetProperty("exception").Text("message").Should().Be("No customer");

        var faulted = await host.Api.PostJsonAsync($"{InstancesClient.Root}/{id}/journal", """{"filter":{"eventNames":["Faulted"]}}""");
        faulted.Each("nodeId").Should().Equal("Workflow1:flow:bad");
        var records = await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-executions/list?WorkflowInstanceId={id}");
        records.Each("status").Should().Equal("Faulted", "Faulted", "Faulted");
        records.Each("aggregateFaultCount").Should().Equal("1", "1", "1");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/variables")]
    [InlineData("/execution-state")]
    [InlineData("/journal/first")]
    public async Task Get_UnknownRun_Is404(string path)
    {
        foreach (var id in new[] { "nope", "019a0000-0000-7000-8000-000000000001" })
        {
            using var answer = await host.Api.GetAsync($"{InstancesClient.Root}/{id}{path}");
            answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Journal_OfAFinishedRun_TellsWorkflowAndContainersToo()
    {
        await host.PublishChartAsync("journal", InstancesClient.WriteLine("first", "1"), InstancesClient.WriteLine("second", "2"));
        var id = await host.Api.DispatchAsync("journal");
        await host.Api.InstanceAsync(id, "Finished");

        var journal = await host.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}/{id}/journal?page=0&pageSize=100");

        journal.GetProperty("items").EnumerateArray().Select(r => $"{r.Text("nodeId")} {r.Text("eventName")}").Should().Equal(
            "Workflow1 Started", "Workflow1:flow Started", "Workflow1:flow:first Started", "Workflow1:flow:first Completed",
            "Workflow1:flow:second Started", "Workflow1:flow:second Completed", "Workflow1:flow Completed", "Workflow1 Completed");
        journal.Each("sequence").Should().Equal("0", "1", "2", "3", "4", "5", "6", "7");
        journal.GetProperty("totalCount").GetInt32().Should().Be(8);
        var record = journal.GetProperty("items")[3];
        record.Members().Should().Contain(
            ["id", "activityInstanceId", "parentActivityInstanceId", "activityId", "activityType", "activityTypeVersion", "activityName", "nodeId", "timestamp", "sequence", "eventName"]);
        record.Text("parentActivityInstanceId").Should().Be(journal.GetProperty("items")[1].Text("activityInstanceId"));

        const string filter = """{"filter":{"activityIds":null,"activityNodeIds":["Workflow1:flow:first","Workflow1:flow","Workflow1:flow:second"],"excludedActivityTypes":["Elsa.Workflow","Elsa.Flowchart"],"eventNames":null}}""";
        var page = await host.Api.PostJsonAsync($"{InstancesClient.Root}/{id}/journal?skip=1&take=2", filter);
        page.Each("sequence").Should().Equal("3", "4");
        page.GetProperty("totalCount").GetInt32().Should().Be(4);
        page.GetProperty("items")[0].Text("id").Should().Be(record.Text("id"));

        var last = await host.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}/{id}/journal/first");
        last.Text("eventName").Should().Be("Completed");
    }

    [Fact]
    public async Task Executions_OfACreateRecord_HaveTheInputsOfItsForm()
    {
        const string create = """
            {"id":"create","type":"FlowLite.CreateRecord","version":1,"name":"Create","connection":"embedded","entity":"leads",
             "fields":{"emailaddress1":{"expression":{"type":"Literal","value":"a@contoso.com"}},"address1_city":{"expression":{"type":"Scriban","value":"{{ 1 + 1 }}"}}}}
            """;
        await host.PublishChartAsync("records", create);
        var id = await host.Api.DispatchAsync("records");
        await host.Api.InstanceAsync(id, "Finished");

        var list = await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-executions/list?WorkflowInstanceId={id}&ActivityNodeId=Workflow1:flow:create");

        var state = list.GetProperty("items")[0].GetProperty("activityState");
        (state.Text("Fieldemailaddress1"), state.GetProperty("Fieldaddress1Ucity").ToString()).Should().Be(("a@contoso.com", "2"));
        state.GetProperty("Fields").Text("emailaddress1").Should().Be("a@contoso.com", "the plain activity shows that");
    }

    [Fact]
    public async Task Executions_OfAFinishedRun_TellInputsAndOutcomes()
    {
        await host.PublishChartAsync("executions", InstancesClient.WriteLine("first", "Total {{ variables.Total }}"), InstancesClient.WriteLine("second", "2"));
        var id = await host.Api.DispatchAsync("executions");
        await host.Api.InstanceAsync(id, "Finished");

        var list = await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-executions/list?WorkflowInstanceId={id}&ActivityNodeId=Workflow1:flow:first");
        var record = list.GetProperty("items")[0];
        list.GetProperty("count").GetInt32().Should().Be(1);
        record.Members().Should().Contain(
        [
            "id", "workflowInstanceId", "activityId", "activityNodeId", "activityType", "activityTypeVersion", "activityName", "activityState", "payload", "properties", "metadata",
            "startedAt", "hasBookmarks", "status", "aggregateFaultCount", "completedAt", "schedulingActivityExecutionId", "schedulingActivityId", "callStackDepth",
        ]);
        record.GetProperty("activityState").Text("Text").Should().Be("Total 7");
        record.GetProperty("payload").GetProperty("Outcomes")[0].GetString().Should().Be("Done");
        record.Text("status").Should().Be("Completed");

        var byId = await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-executions/by-id?id={record.Text("id")}");
        byId.GetRawText().Should().Be(record.GetRawText());
        (await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-executions/{record.Text("id")}")).GetRawText().Should().Be(record.GetRawText());

        var summaries = await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-execution-summaries/list?WorkflowInstanceId={id}");
        summaries.Each("activityNodeId").Should().Equal("Workflow1", "Workflow1:flow", "Workflow1:flow:first", "Workflow1:flow:second");
        summaries.GetProperty("items")[2].TryGetProperty("activityState", out _).Should().BeFalse();

        var stack = await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-executions/{summaries.Ids()[3]}/call-stack?includeCrossWorkflowChain=True");
        stack.Each("activityId").Should().Equal("Workflow1", "flow", "first", "second");
        stack.GetProperty("totalCount").GetInt32().Should().Be(4);
        (await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-executions/count?workflowInstanceId={id}")).GetProperty("count").GetInt32().Should().Be(4);

        var variables = await host.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}/{id}/variables");
        variables.GetRawText().Should().Be("""{"items":[{"id":"v1","name":"Total","value":7}],"count":1}""");
        var state = await host.Api.GetFromJsonAsync<JsonElement>($"{InstancesClient.Root}/{id}/execution-state");
        state.Members().Should().BeEquivalentTo("status", "subStatus", "updatedAt");
    }

    [Fact]
    public async Task Report_OfALoop_CountsEveryExecution()
    {
        await host.PublishChartAsync("loop", $$"""
            {"id":"each","type":"Elsa.ForEach","version":1,"name":"Each","items":{"expression":{"type":"Object","value":"[1,2,3]"} },"body":{{InstancesClient.WriteLine("inner", "x")}} }
            """);
        var id = await host.Api.DispatchAsync("loop");
        await host.Api.InstanceAsync(id, "Finished");

        var report = await host.Api.PostJsonAsync(
            "/elsa/api/activity-executions/report", $$"""{"workflowInstanceId":"{{id}}","activityNodeIds":["Workflow1:flow:each","Workflow1:flow:each:inner","Workflow1:flow:other"]}""");

        var stats = report.GetProperty("stats");
        stats.EnumerateArray().Select(s => $"{s.Text("activityNodeId")} {s.GetProperty("startedCount")} {s.GetProperty("completedCount")} {s.GetProperty("uncompletedCount")}")
            .Should().Equal("Workflow1:flow:each 1 1 0", "Workflow1:flow:each:inner 3 3 0");
        stats[0].Members().Should().Contain(["activityId", "isBlocked", "isFaulted", "aggregateFaultCount", "metadata"]);
        var list = await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/activity-executions/list?WorkflowInstanceId={id}&ActivityNodeId=Workflow1:flow:each:inner");
        list.Ids().Should().OnlyHaveUniqueItems().And.HaveCount(3);
        list.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("payload").Text("ItemPath")).Should().Equal("0", "1", "2");
    }
}
