using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Runs;

/// <summary>Events and tasks from outside, over HTTP and over a restart.</summary>
public sealed class SignalsApiTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private static readonly string[] _waitsForPaid =
    [
        """{"id":"c","type":"Elsa.Correlate","name":"C","correlationId":{"expression":{"type":"Scriban","value":"{{ trigger.body.order }}"}}}""",
        """{"id":"e","type":"Elsa.Event","name":"Paid","eventName":{"expression":{"type":"Literal","value":"paid"}}}""",
    ];

    [Fact]
    public async Task Event_WithACorrelationId_WakesTheRunThatHasIt()
    {
        var flow = await host.PublishAsync("orders", "", _waitsForPaid);
        var seven = await WaitingAsync(flow, "orders", """{"order":"7"}""");
        var eight = await WaitingAsync(flow, "orders", """{"order":"8"}""");
        (await host.RunAsync("orders", seven)).Action("Paid").GetProperty("waitsFor").EnumerateArray().Select(w => $"{w.GetProperty("kind")} {w.GetProperty("key")} {w.GetProperty("correlationId")}")
            .Should().Equal("event paid 7");

        (await PostAsync("/elsa/api/events/paid/trigger", """{"correlationId":"7","input":{"amount":12}}""")).Should().Be(HttpStatusCode.OK);

        var ended = await host.EndedRunAsync("orders", seven);
        ended.Status().Should().Be("Succeeded");
        ended.Action("Paid").GetProperty("outputs").GetRawText().Should().Be("""{"Result":{"amount":12}}""");
        ended.GetProperty("timeline").EnumerateArray().Select(l => l.TryGetProperty("message", out var m) ? m.GetString() : null)
            .Should().Contain(["Waits for event 'paid'.", "event 'paid' came."]);
        (await host.RunAsync("orders", eight)).Status().Should().Be("Waiting");
    }

    [Fact]
    public async Task Instance_ThatWaitsForAnEvent_HasABookmarkWithItsName()
    {
        var flow = await host.PublishAsync("waits-for-event", "", """{"id":"e","type":"Elsa.Event","name":"E","eventName":{"expression":{"type":"Literal","value":"never"}}}""");
        var run = await WaitingAsync(flow, "waits-for-event", "{}");

        var instance = await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/workflow-instances/{run}");

        var bookmark = instance.GetProperty("workflowState").GetProperty("bookmarks").EnumerateArray().Should().ContainSingle().Subject;
        (bookmark.GetProperty("name").GetString(), bookmark.GetProperty("activityId").GetString(), bookmark.GetProperty("payload").GetRawText())
            .Should().Be(("Elsa.Event", "e", """{"eventName":"never"}"""));
    }

    [Fact]
    public async Task Task_ListedAndCompleted_LetsTheRunGoOnOnce()
    {
        var flow = await host.PublishAsync("tasks", "",
            """{"id":"t","type":"Elsa.RunTask","name":"Approve","taskName":{"expression":{"type":"Literal","value":"approve"}},"payload":{"expression":{"type":"Scriban","value":"{{ trigger.body }}"}}}""");
        var run = await WaitingAsync(flow, "tasks", """{"subject":"Ada"}""");
        var tasks = await host.Api.GetFromJsonAsync<JsonElement>("/api/tasks?name=approve");
        var task = tasks.GetProperty("value").EnumerateArray().Should().ContainSingle().Subject;
        (task.GetProperty("runId").GetString(), task.GetProperty("flowId").GetString(), task.GetProperty("payload").GetRawText()).Should().Be((run, "tasks", """{"subject":"Ada"}"""));
        var address = $"/elsa/api/tasks/{task.GetProperty("taskId").GetString()}/complete";

        (await PostAsync(address, """{"result":"yes"}""")).Should().Be(HttpStatusCode.OK);
        (await PostAsync(address, """{"result":"no"}""")).Should().Be(HttpStatusCode.NotFound);

        var ended = await host.EndedRunAsync("tasks", run);
        ended.Action("Approve").GetProperty("outputs").GetProperty("Result").GetString().Should().Be("yes");
        (await host.Api.GetFromJsonAsync<JsonElement>("/api/tasks?name=approve")).GetProperty("value").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task Tasks_OfANameBehindAThousandOthers_AreListed()
    {
        const string Ask = """{"id":"t","type":"Elsa.RunTask","name":"Ask","taskName":{"expression":{"type":"Scriban","value":"{{ trigger.body.name }}"}}}""";
        var flow = await host.PublishAsync("many-tasks", "", Ask);
        (await PostAsync("/elsa/api/workflow-definitions/many-tasks/bulk-dispatch", """{"count":1000,"input":{"name":"usual"}}""")).Should().Be(HttpStatusCode.OK);
        await Eventually.UntilAsync(async () => await CountAsync("usual") == 1000, "all of them waiting", TimeSpan.FromMinutes(1));

        await WaitingAsync(flow, "many-tasks", """{"name":"rare"}""");

        (await CountAsync("rare")).Should().Be(1);
    }

    private async Task<int> CountAsync(string name) => (await host.Api.GetFromJsonAsync<JsonElement>($"/api/tasks?name={name}")).GetProperty("value").GetArrayLength();

    [Theory]
    [InlineData("/elsa/api/events/x/trigger", "[]", HttpStatusCode.BadRequest)]
    [InlineData("/elsa/api/events/x/trigger", "{", HttpStatusCode.BadRequest)]
    [InlineData("/elsa/api/events/x/trigger", """{"workflowInstanceId":"nobody"}""", HttpStatusCode.BadRequest)]
    [InlineData("/elsa/api/events/x/trigger", """{"workflowInstanceId":5}""", HttpStatusCode.BadRequest)]
    [InlineData("/elsa/api/events/x/trigger", """{"activityInstanceId":"one of many"}""", HttpStatusCode.BadRequest)]
    [InlineData("/elsa/api/events/x/trigger", """{"correlationId":null,"workflowInstanceId":null,"activityInstanceId":null}""", HttpStatusCode.OK)]
    [InlineData("/elsa/api/events/x/trigger", "", HttpStatusCode.OK)]
    [InlineData("/elsa/api/tasks/x/complete", "", HttpStatusCode.NotFound)]
    public async Task Post_WhateverIsSent_IsAnsweredPlainly(string address, string body, HttpStatusCode expected) =>
        (await PostAsync(address, body)).Should().Be(expected);

    [Fact]
    public async Task Event_WhoseCorrelationIdIsNoText_WakesNobody()
    {
        var flow = await host.PublishAsync("numbered", "", _waitsForPaid);
        var run = await WaitingAsync(flow, "numbered", """{"order":"other"}""");

        (await PostAsync("/elsa/api/events/paid/trigger", """{"correlationId":7}""")).Should().Be(HttpStatusCode.BadRequest);
        (await PostAsync("/elsa/api/events/paid/trigger", """{"correlationId":"nobody's"}""")).Should().Be(HttpStatusCode.OK);

        (await host.RunAsync("numbered", run)).Status().Should().Be("Waiting");
    }

    [Fact]
    public async Task Task_CompletedByABodyWithoutLengthAndType_HasItsResult()
    {
        var flow = await host.PublishAsync("chunked-task", "", """{"id":"t","type":"Elsa.RunTask","name":"Approve","taskName":{"expression":{"type":"Literal","value":"chunked"}}}""");
        var run = await WaitingAsync(flow, "chunked-task", "{}");
        var task = (await host.Api.GetFromJsonAsync<JsonElement>("/api/tasks?name=chunked")).GetProperty("value")[0].GetProperty("taskId").GetString();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/elsa/api/tasks/{task}/complete") { Content = new StreamContent(new MemoryStream("""{"result":"yes"}"""u8.ToArray())) };
        request.Headers.TransferEncodingChunked = true;

        using var answer = await host.Api.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        (await host.EndedRunAsync("chunked-task", run)).Action("Approve").GetProperty("outputs").GetProperty("Result").GetString().Should().Be("yes");
    }

    [Fact]
    public async Task Post_WithoutSignIn_IsRefused()
    {
        using var answer = await host.Client.PostAsync("/elsa/api/events/x/trigger", null);

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Restart_WhileAParentWaits_LosesNothing()
    {
        await using var own = await TriggerHost.StartAsync();
        await own.PublishAsync("child", "",
            """{"id":"e","type":"Elsa.Event","name":"Go","eventName":{"expression":{"type":"Literal","value":"go"}}}""",
            """{"id":"o","type":"Elsa.SetOutput","name":"Out","outputName":{"expression":{"type":"Literal","value":"subject"}},"outputValue":{"expression":{"type":"Scriban","value":"{{ trigger.body.subject }}"}}}""");
        var parent = await own.PublishAsync("parent", "",
            """{"id":"x","type":"Elsa.ExecuteWorkflow","name":"Child","workflowDefinitionId":{"expression":{"type":"Literal","value":"child"}},"input":{"expression":{"type":"Scriban","value":"{{ trigger.body }}"}}}""");
        var run = await own.AcceptedAsync(parent, """{"subject":"Ada"}""");
        await Eventually.UntilAsync(async () => (await own.RunAsync("parent", run)).Status() == "Waiting", "the parent waiting");
        var child = (await own.RunAsync("parent", run)).Action("Child").GetProperty("runs")[0].GetProperty("runId").GetString()!;
        await Eventually.UntilAsync(async () => (await own.RunAsync("child", child)).Status() == "Waiting", "the child waiting");

        await own.StopAsync();
        await own.StartAgainAsync();
        using (var answer = await own.Api.PostAsync("/elsa/api/events/go/trigger", null))
        {
            answer.EnsureSuccessStatusCode();
        }

        var ended = await own.EndedRunAsync("parent", run);
        ended.Status().Should().Be("Succeeded");
        ended.Action("Child").GetProperty("outputs").GetProperty("Result").GetProperty("output").GetProperty("subject").GetString().Should().Be("Ada");
        (await own.RunAsync("child", child)).GetProperty("parentRunId").GetString().Should().Be(run);
    }

    private async Task<string> WaitingAsync(Engine.Definitions.PublishedFlow flow, string id, string body)
    {
        var run = await host.AcceptedAsync(flow, body);
        await Eventually.UntilAsync(async () => (await host.RunAsync(id, run)).Status() == "Waiting", "the run waiting");
        return run;
    }

    private async Task<HttpStatusCode> PostAsync(string address, string body)
    {
        using var answer = await host.Api.PostAsync(address, body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json"));
        return answer.StatusCode;
    }
}
