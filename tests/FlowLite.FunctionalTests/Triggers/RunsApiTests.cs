using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace FlowLite.FunctionalTests.Triggers;

public sealed class RunsApiTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string Loop = """
        {"id":"loop","type":"Elsa.ForEach","name":"Loop","items":{"typeName":"Object","expression":{"type":"Scriban","value":"{{ trigger.body.items }}"}},
         "body":{"id":"line","type":"Elsa.WriteLine","name":"Line","text":{"typeName":"String","expression":{"type":"Scriban","value":"item {{ item }}"}}}}
        """;

    private const string Fault = """
        {"id":"fault","type":"Elsa.Fault","name":"Fault","code":{"typeName":"String","expression":{"type":"Literal","value":"Broke"}},
         "message":{"typeName":"String","expression":{"type":"Literal","value":"It broke."}}}
        """;

    private const string Delay = """
        {"id":"delay","type":"Elsa.Delay","name":"Delay","timeSpan":{"typeName":"TimeSpan","expression":{"type":"Literal","value":"01:00:00"}}}
        """;

    private const string Line = """
        {"id":"last","type":"Elsa.WriteLine","name":"Last","text":{"typeName":"String","expression":{"type":"Literal","value":"done"}}}
        """;

    [Fact]
    public async Task Get_EndedRun_TellsEachAction()
    {
        var flow = await host.PublishAsync("details", "", Loop, Line);
        var id = await StartAsync(flow, """{"items":["a","b"]}""");

        var run = await host.EndedRunAsync("details", id);

        run.GetProperty("id").GetString().Should().Be(id);
        run.GetProperty("flowId").GetString().Should().Be("details");
        run.GetProperty("versionId").GetString().Should().Be(flow.Definition.Id);
        run.GetProperty("rootRunId").GetString().Should().Be(id);
        run.GetProperty("status").GetString().Should().Be("Succeeded");
        run.GetProperty("endTime").GetDateTimeOffset().Should().BeOnOrAfter(run.GetProperty("startTime").GetDateTimeOffset());
        run.GetProperty("trigger").GetProperty("name").GetString().Should().Be("manual");
        var lines = Actions(run, "Line");
        lines.Select(l => l.GetProperty("itemPath").GetString()).Should().Equal("0", "1");
        lines.Select(l => l.GetProperty("log")[0].GetString()).Should().Equal("item a", "item b");
        var line = lines[0];
        line.GetProperty("status").GetString().Should().Be("Succeeded");
        line.GetProperty("type").GetString().Should().Be("Elsa.WriteLine");
        line.GetProperty("activityId").GetString().Should().Be("line");
        line.GetProperty("attempts").GetArrayLength().Should().Be(1);
        line.GetProperty("inputs").GetRawText().Should().Contain("item a");
        line.GetProperty("duration").GetString().Should().StartWith("PT");
        Actions(run, "Loop").Should().ContainSingle().Which.GetProperty("status").GetString().Should().Be("Succeeded");
        Actions(run, "Request").Should().ContainSingle().Which.GetProperty("outputs").GetProperty("body").GetProperty("items")[1].GetString().Should().Be("b");
    }

    [Fact]
    public async Task List_OfADeletedFlowWithAStatusThatNoRunHas_IsEmpty()
    {
        await host.EndedRunAsync("deleted", await StartAsync(await host.PublishAsync("deleted", "", Line), "{}"));
        using (var deleted = await host.Api.DeleteAsync("/elsa/api/workflow-definitions/deleted"))
        {
            deleted.EnsureSuccessStatusCode();
        }

        (await host.Api.GetFromJsonAsync<JsonElement>("/api/flows/deleted/runs")).GetProperty("value").GetArrayLength().Should().Be(1);
        (await host.Api.GetFromJsonAsync<JsonElement>("/api/flows/deleted/runs?status=Failed")).GetProperty("value").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task Get_SomeActionsOfALongRun_AreTheFirstAndWhatFailed()
    {
        var flow = await host.PublishAsync("long", "", Loop, Fault);
        var id = await StartAsync(flow, """{"items":["a","b","c","d"]}""");
        var all = await host.EndedRunAsync("long", id);

        var some = await host.Api.GetFromJsonAsync<JsonElement>($"/api/flows/long/runs/{id}?actions=3");
        using var refused = await host.Api.GetAsync($"/api/flows/long/runs/{id}?actions=-1");

        some.GetProperty("actions").EnumerateArray().Select(action => action.GetProperty("name").GetString())
            .Should().Equal(all.GetProperty("actions").EnumerateArray().Take(3).Select(action => action.GetProperty("name").GetString()).Append("Fault"));
        some.GetProperty("actionCount").GetInt32().Should().Be(all.GetProperty("actions").GetArrayLength()).And.BeGreaterThan(4);
        all.GetProperty("actionCount").GetInt32().Should().Be(all.GetProperty("actions").GetArrayLength());
        some.GetProperty("timeline").GetArrayLength().Should().Be(0);
        refused.StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Get_FailedRun_TellsTheErrorAndWhatWasSkipped()
    {
        var flow = await host.PublishAsync("failed", "", Fault, Line);

        var run = await host.EndedRunAsync("failed", await StartAsync(flow, "{}"));

        run.GetProperty("status").GetString().Should().Be("Failed");
        run.GetProperty("error").GetProperty("message").GetString().Should().Be("It broke.");
        run.GetProperty("incidents")[0].GetProperty("activityId").GetString().Should().Be("fault");
        var fault = Actions(run, "Fault").Should().ContainSingle().Subject;
        fault.GetProperty("status").GetString().Should().Be("Failed");
        fault.GetProperty("error").GetProperty("message").GetString().Should().Be("It broke.");
        Actions(run, "Last").Should().ContainSingle().Which.GetProperty("status").GetString().Should().Be("Skipped");
    }

    [Fact]
    public async Task Cancel_WaitingRun_IsCancelledOnceAndTellsWhy()
    {
        var flow = await host.PublishAsync("cancel", "", Delay);
        var id = await StartAsync(flow, "{}");
        await Support.Eventually.UntilAsync(async () => (await host.RunAsync("cancel", id)).GetProperty("status").GetString() == "Waiting", "the wait");
        Actions(await host.RunAsync("cancel", id), "Delay").Single().GetProperty("status").GetString().Should().Be("Waiting");

        using var first = await host.Api.PostAsJsonAsync($"/api/flows/cancel/runs/{id}/cancel", new { reason = "wrong lead" });
        using var second = await host.Api.PostAsync($"/api/flows/cancel/runs/{id}/cancel", null);

        first.StatusCode.Should().Be(HttpStatusCode.OK);
        await second.ShouldBeErrorAsync(409, "WorkflowRunIsOver");
        var run = await host.RunAsync("cancel", id);
        run.GetProperty("status").GetString().Should().Be("Cancelled");
        run.GetProperty("cancelReason").GetString().Should().Be("wrong lead");
        Actions(run, "Delay").Single().GetProperty("status").GetString().Should().Be("Cancelled");
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("""{"asNewLead":true}""", true)]
    public async Task Resubmit_Run_RunsTheSameRequestAgain(string body, bool isNew)
    {
        var flow = await host.PublishAsync($"resubmit{isNew}");
        var id = await StartAsync(flow, """{"lead":7}""");

        using var answer = await host.Api.PostAsync($"/api/flows/resubmit{isNew}/runs/{id}/resubmit", Json(body));

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        var newId = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("runId").GetString()!;
        var run = await host.EndedRunAsync($"resubmit{isNew}", newId);
        run.GetProperty("resubmitOf").GetString().Should().Be(id);
        run.GetProperty("rootRunId").GetString().Should().Be(isNew ? newId : id);
        run.GetProperty("trigger").GetProperty("outputs").GetProperty("body").GetProperty("lead").GetInt32().Should().Be(7);
    }

    [Fact]
    public async Task List_ManyRuns_PagesNewestFirstAndFiltersByStatus()
    {
        var flow = await host.PublishAsync("list");
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, await StartAsync(flow, "{}"));
            await host.EndedRunAsync("list", ids[0]);
        }

        var listed = new List<string>();
        for (var next = "/api/flows/list/runs?top=2&status=succeeded"; next is not null;)
        {
            var page = await host.Api.GetFromJsonAsync<JsonElement>(next);
            listed.AddRange(page.GetProperty("value").EnumerateArray().Select(r => r.GetProperty("id").GetString()!));
            next = page.TryGetProperty("nextLink", out var link) ? link.GetString() : null;
        }

        listed.Should().BeEquivalentTo(ids);
        listed.Should().BeInDescendingOrder(StringComparer.Ordinal);
        (await host.Api.GetFromJsonAsync<JsonElement>("/api/flows/list/runs?status=Failed")).GetProperty("value").GetArrayLength().Should().Be(0);
    }

    [Theory]
    [InlineData("/api/flows/unknown/runs", 404, "WorkflowNotFound")]
    [InlineData("/api/flows/list2/runs?top=0", 400, "InvalidQueryParameter")]
    [InlineData("/api/flows/list2/runs?top=9999", 400, "InvalidQueryParameter")]
    [InlineData("/api/flows/list2/runs?before=x", 400, "InvalidQueryParameter")]
    [InlineData("/api/flows/list2/runs?status=Sleeping", 400, "InvalidQueryParameter")]
    [InlineData("/api/flows/list2/runs/x", 404, "WorkflowRunNotFound")]
    [InlineData("/api/flows/list2/runs/019a0000-0000-7000-8000-000000000000", 404, "WorkflowRunNotFound")]
    [InlineData("/api/inbox?top=x", 400, "InvalidQueryParameter")]
    public async Task Get_BadParametersOrUnknown_IsFlowsError(string path, int status, string code)
    {
        await host.PublishAsync("list2");

        using var answer = await host.Api.GetAsync(path);

        await answer.ShouldBeErrorAsync(status, code);
    }

    [Theory]
    [InlineData("resubmit", "{")]
    [InlineData("resubmit", """{"asNewLead":"maybe"}""")]
    [InlineData("cancel", "[1]")]
    public async Task Post_BadBody_Is400(string action, string body)
    {
        var flow = await host.PublishAsync("bad");
        var id = await StartAsync(flow, "{}");

        using var answer = await host.Api.PostAsync($"/api/flows/bad/runs/{id}/{action}", Json(body));

        await answer.ShouldBeErrorAsync(400, "InvalidRequestContent");
    }

    [Fact]
    public async Task Call_RunOfAnotherFlow_Is404()
    {
        var id = await StartAsync(await host.PublishAsync("one"), "{}");
        await host.PublishAsync("two");

        using var get = await host.Api.GetAsync($"/api/flows/two/runs/{id}");
        using var cancel = await host.Api.PostAsync($"/api/flows/two/runs/{id}/cancel", null);
        using var resubmit = await host.Api.PostAsync($"/api/flows/two/runs/{id}/resubmit", null);

        foreach (var answer in new[] { get, cancel, resubmit })
        {
            await answer.ShouldBeErrorAsync(404, "WorkflowRunNotFound");
        }
    }

    [Theory]
    [InlineData("GET", "/api/inbox")]
    [InlineData("GET", "/api/flows/x/runs")]
    [InlineData("GET", "/api/flows/x/runs/y")]
    [InlineData("POST", "/api/flows/x/runs/y/resubmit")]
    [InlineData("POST", "/api/flows/x/runs/y/cancel")]
    [InlineData("POST", "/api/flows/x/triggers/manual/listCallbackUrl")]
    [InlineData("POST", "/api/flows/x/triggers/manual/regenerateAccessKey")]
    public async Task Call_WithoutSignIn_Is401(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await host.Client.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    private async Task<string> StartAsync(FlowLite.Engine.Definitions.PublishedFlow flow, string body)
    {
        using var answer = await host.Client.PostAsync(host.Url(flow), Json(body));
        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        return answer.Header("x-ms-workflow-run-id");
    }

    private static List<JsonElement> Actions(JsonElement run, string name) =>
        [.. run.GetProperty("actions").EnumerateArray().Where(a => a.GetProperty("name").GetString() == name)];

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
