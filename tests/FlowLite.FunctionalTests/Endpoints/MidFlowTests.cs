using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Endpoints that runs wait at, as recorded of Elsa; where Elsa leaves something behind, without it.</summary>
public sealed class MidFlowTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private static int _number;

    private static string NewPath() => $"block{Interlocked.Increment(ref _number)}";

    [Fact]
    public async Task BlockingContinue_ResumesTheRunOnce()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path));
        (await ContinueAsync(path)).Should().Be((404, null, ""), "nobody waits");

        var run = await StartAsync(path);
        var waits = (await host.Api.GetFromJsonAsync<JsonElement>($"/elsa/api/workflow-instances/{run}")).GetProperty("workflowState").GetProperty("bookmarks").EnumerateArray().Single();
        (waits.GetProperty("name").GetString(), waits.GetProperty("activityId").GetString()).Should().Be(("Elsa.HttpEndpoint", "e2"));
        var payload = waits.GetProperty("payload");
        (payload.GetProperty("path").GetString(), payload.GetProperty("method").GetString(), payload.GetProperty("authorize").GetBoolean()).Should().Be(($"/{path}/continue", "post", false));
        (await ContinueAsync(path)).Should().Be((200, "application/json", $$"""{"continued":"{{run}}"}"""));

        (await ContinueAsync(path)).Status.Should().Be(404, "it is gone");
        (await host.EndedRunAsync(path, run)).GetProperty("status").GetString().Should().Be("Succeeded");
    }

    [Fact]
    public async Task BlockingContinue_WithTwoWaiting_IsAmbiguous_UntilTheCallSaysWhich()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path));
        var first = await StartAsync(path);
        var second = await StartAsync(path, "?correlationId=c2");
        var third = await StartAsync(path);

        var (status, type, body) = await ContinueAsync(path);

        (status, type).Should().Be((500, "application/json"));
        var json = JsonElement.Parse(body);
        json.GetProperty("errorMessage").GetString().Should().Be("The call is ambiguous and matches multiple workflows.");
        json.GetProperty("workflows").EnumerateArray().Select(w => w.GetProperty("WorkflowInstanceId").GetString()).Should().BeEquivalentTo([first, second, third]);
        (await ContinueAsync(path, "?correlationId=c2")).Body.Should().Contain(second);
        (await ContinueAsync(path, $"?workflowInstanceId={third}")).Body.Should().Contain(third);
        (await ContinueAsync(path)).Body.Should().Contain(first, "it is the last");
    }

    [Fact]
    public async Task BlockingContinue_OfACancelledRun_Is404()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path));
        var run = await StartAsync(path);

        using var cancelled = await host.Api.PostAsJsonAsync($"/elsa/api/cancel/workflow-instances/{run}", new { });

        cancelled.IsSuccessStatusCode.Should().BeTrue();
        (await ContinueAsync(path)).Should().Be((404, null, ""), "Elsa's bookmark is still there, and it answers 500");
    }

    [Fact]
    public async Task BlockingContinue_AfterRetractOrANewVersion_ResumesTheOldRun()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path));
        var old = await StartAsync(path);
        await host.PublishAsync(Blocking(path, "start2", "continue2"));
        (await host.PostAsync($"/workflows/{path}/start", "{}").ReadAsync()).Status.Should().Be(404, "the published version starts elsewhere");
        var retracted = await StartAsync(path, start: "start2");

        using var answer = await host.Api.PostAsync($"/elsa/api/workflow-definitions/{path}/retract", new StringContent("{}", Encoding.UTF8, "application/json"));

        (await ContinueAsync(path)).Body.Should().Contain(old);
        (await host.PostAsync($"/workflows/{path}/start2", "{}").ReadAsync()).Status.Should().Be(404);
        (await ContinueAsync(path, to: "continue2")).Body.Should().Contain(retracted);
    }

    [Fact]
    public async Task BlockingContinue_OverARestart_Resumes()
    {
        await using var own = await TriggerHost.StartAsync();
        await own.PublishAsync(Blocking("restart"));
        using var started = await own.PostAsync("/workflows/restart/start", "{}");
        started.StatusCode.Should().Be(HttpStatusCode.Accepted);

        await own.StopAsync();
        await own.StartAgainAsync();

        (await own.PostAsync("/workflows/restart/continue", "{}").ReadAsync()).Status.Should().Be(200);
    }

    [Fact]
    public async Task Authorize_InTheMiddle_IsHonoured()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path, more: ("authorize", Input("Literal", "True"))));
        var run = await StartAsync(path);

        (await ContinueAsync(path)).Should().Be((401, null, ""));

        using var answer = await host.Api.PostAsync($"/workflows/{path}/continue", null);
        (await answer.Content.ReadAsStringAsync()).Should().Contain(run);
    }

    [Fact]
    public async Task Policy_ThatTheCallerDoesNotMeet_Is403_AtTheStartAndInTheMiddle()
    {
        await using var own = await TriggerHost.StartAsync(services => services.AddAuthorizationBuilder()
            .AddPolicy("staff", policy => policy.RequireAuthenticatedUser())
            .AddPolicy("managers", policy => policy.RequireRole("manager")));
        foreach (var policy in new[] { "staff", "managers" })
        {
            (string, JsonNode?)[] settings = [("authorize", Input("Literal", "True")), ("policy", Input("Literal", policy))];
            await own.PublishAsync(Sequence($"start-{policy}", Endpoint("e", $"start-{policy}", more: settings), Respond("r", "return 'ok'")));
            await own.PublishAsync(Blocking(policy, more: [.. settings.Select(s => (s.Item1, s.Item2?.DeepClone()))]));
            (await own.PostAsync($"/workflows/{policy}/start", "{}").ReadAsync()).Status.Should().Be(202);
        }

        (await StatusAsync(own.Client, "start-staff")).Should().Be(401);
        (await StatusAsync(own.Api, "start-staff")).Should().Be(200);
        (await StatusAsync(own.Api, "start-managers")).Should().Be(403);
        (await StatusAsync(own.Client, "managers/continue")).Should().Be(401);
        (await StatusAsync(own.Api, "staff/continue")).Should().Be(200);
        (await StatusAsync(own.Api, "managers/continue")).Should().Be(403);

        (await own.RunsAsync("start-managers")).Should().BeEmpty();
        (await own.InboxAsync("start-managers")).Should().BeEmpty("who may not call is not kept");
        (await own.RunsAsync("managers")).Should().ContainSingle().Which.GetProperty("status").GetString().Should().Be("Waiting");

        static async Task<int> StatusAsync(HttpClient client, string path)
        {
            using var answer = await client.PostAsync($"/workflows/{path}", null);
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task BadJson_InTheMiddle_IsRefused_AndTheRunStillWaits()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path));
        await StartAsync(path);

        (await host.PostAsync($"/workflows/{path}/continue", "{").ReadAsync()).Status.Should().Be(400);

        (await host.InboxAsync(path)).Should().ContainSingle().Which.TriggerName.Should().Be($"/{path}/continue");
        (await ContinueAsync(path)).Status.Should().Be(200);
    }

    [Fact]
    public async Task ManyContinues_AtOnce_OneIsTaken()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path));
        await StartAsync(path);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ContinueAsync(path)));

        answers.Select(a => a.Status).Should().BeSubsetOf([200, 404]).And.ContainSingle(status => status == 200);
    }

    [Fact]
    public async Task ManyRuns_StartedAndContinuedAtOnce_EachGetsItsAnswers()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path));

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(async _ =>
        {
            var run = await StartAsync(path);
            return (run, Answer: await ContinueAsync(path, $"?workflowInstanceId={run}"));
        }));

        answers.Should().OnlyContain(a => a.Answer.Status == 200 && a.Answer.Body.Contains(a.run), "what a run did before the call is not its answer");
    }

    [Fact]
    public async Task Route_WithParametersInTheMiddle_GivesThem()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(
            path, Endpoint("start", path), Endpoint("approve", $"{path}/approve/{{who}}/{{note?}}", "[\"PUT\",\"POST\"]", starts: false), Respond("r", "return getOutputFrom('approve','RouteData')")));
        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Should().Be((200, null, ""), "it waits without an answer");

        (await host.Client.PutAsync($"/workflows/{path}/approve/a%20b", null).ReadAsync()).Body.Should().Be("""{"who":"a b"}""");
    }

    [Fact]
    public async Task Path_MadeByAnExpression_IsWaitedAt()
    {
        var path = NewPath();
        var wait = Endpoint("wait", "", starts: false);
        wait["path"] = Input("JavaScript", $"return '{path}/' + getOutputFrom('start','ParsedContent').order");
        await host.PublishAsync(Sequence(path, Endpoint("start", path), wait, Respond("r", "return getOutputFrom('wait','ParsedContent')")));
        await host.PostAsync($"/workflows/{path}", """{"order":"7"}""").ReadAsync();
        await host.PostAsync($"/workflows/{path}", """{"order":"8"}""").ReadAsync();

        (await host.PostAsync($"/workflows/{path}/8", "[8]").ReadAsync()).Body.Should().Be("[8]");
        (await host.PostAsync($"/workflows/{path}/8", "[8]").ReadAsync()).Status.Should().Be(404);
    }

    [Fact]
    public async Task SecondWait_WithoutAnAnswer_Is200WithoutContent()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("a", path), Endpoint("b", $"{path}/b", starts: false), Endpoint("c", $"{path}/c", starts: false), Respond("r", "return 'end'")));

        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Should().Be((200, null, ""));
        (await host.PostAsync($"/workflows/{path}/b", "{}").ReadAsync()).Should().Be((200, null, ""));
        (await host.PostAsync($"/workflows/{path}/c", "{}").ReadAsync()).Should().Be((200, "text/plain", "end"));
    }

    [Fact]
    public async Task InstanceIdInTheQuery_NamesTheRun_AndARepeatDoesNotDoubleIt()
    {
        var path = NewPath();
        await host.PublishAsync(Blocking(path));

        var first = await host.PostAsync($"/workflows/{path}/start?workflowInstanceId=my-id-1", "{}").ReadAsync();
        var again = await host.PostAsync($"/workflows/{path}/start?workflowInstanceId=my-id-1", "{}").ReadAsync();

        first.Status.Should().Be(202);
        again.Should().Be(first);
        (await host.RunsAsync(path)).Should().ContainSingle("Elsa runs it a second time");
        (await ContinueAsync(path, "?workflowInstanceId=my-id-1")).Status.Should().Be(200);
    }

    [Fact]
    public async Task CorrelationHeader_IsTheRunsCorrelationId()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("e", path), Respond("r", "return getCorrelationId()")));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/workflows/{path}") { Headers = { { "x-correlation-id", "corr-9" } } };

        (await host.Client.SendAsync(request).ReadAsync()).Body.Should().Be("corr-9");
    }

    [Fact]
    public async Task Execute_OfAFlowWithAnEndpoint_WaitsForItsRequest()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("e", path), Respond("r", "return 'ok'")));
        using var executed = await host.Api.PostAsJsonAsync($"/elsa/api/workflow-definitions/{path}/execute", new { });

        var state = (await executed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("workflowState");

        state.GetProperty("subStatus").GetString().Should().Be("Suspended");
    }

    private Task<(int Status, string? Type, string Body)> ContinueAsync(string path, string query = "", string to = "continue") =>
        host.PostAsync($"/workflows/{path}/{to}{query}", "{}").ReadAsync();

    private async Task<string> StartAsync(string path, string query = "", string start = "start")
    {
        var (status, _, body) = await host.PostAsync($"/workflows/{path}/{start}{query}", "{}").ReadAsync();
        status.Should().Be(202, body);
        return JsonElement.Parse(body).GetProperty("started").GetString()!;
    }

    private static JsonObject Blocking(string path, string start = "start", string next = "continue", params (string Name, JsonNode? Value)[] more) => Sequence(
        path,
        Endpoint("e1", $"{path}/{start}"),
        Respond("r1", "return { started: getWorkflowInstanceId() }", "Accepted"),
        Endpoint("e2", $"{path}/{next}", starts: false, more: more),
        Respond("r2", "return { continued: getWorkflowInstanceId() }"));
}
