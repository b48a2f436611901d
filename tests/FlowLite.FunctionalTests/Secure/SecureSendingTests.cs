using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Secure;

/// <summary>A secure value that goes to other runs is secure there, and on its way.</summary>
public sealed class SecureSendingTests
{
    private const string Canary = SecureRunTests.Canary;
    private const string Redacted = SecureRunTests.Redacted;
    private const string Body = $$"""{"subject":"{{Canary}}"}""";

    [Fact]
    public async Task Child_StartedWithSecureValues_KeepsAndReturnsThemSealed()
    {
        await using var host = await TriggerHost.StartAsync();
        await host.PublishAsync("child", "",
            """{"id":"e","type":"Elsa.Event","name":"Go","eventName":{"expression":{"type":"Literal","value":"go"}}}""",
            Compose("{{ inputs.subject }}{{ trigger.body.subject }}"),
            """{"id":"o","type":"Elsa.SetOutput","name":"Out","outputName":{"expression":{"type":"Literal","value":"subject"}},"outputValue":{"expression":{"type":"Scriban","value":"{{ inputs.subject }}"}}}""");
        var parent = await host.PublishAsync("parent", "\"secureOutputs\":true",
            """{"id":"x","type":"Elsa.ExecuteWorkflow","name":"Child","workflowDefinitionId":{"expression":{"type":"Literal","value":"child"}},"input":{"expression":{"type":"Scriban","value":"{{ trigger.body }}"}}}""",
            Check("actions.Child.outputs.Result.output.subject"));
        var run = await host.AcceptedAsync(parent, Body);
        await WaitsAsync(host, "parent", run);
        var child = (await host.RunAsync("parent", run)).Action("Child").GetProperty("runs")[0].Text("runId");
        await WaitsAsync(host, "child", child);

        await host.StopAsync();
        SecureRunTests.NothingIsKept(host);
        await host.StartAgainAsync();
        (await host.Api.PostAsync("/elsa/api/events/go/trigger", null)).EnsureSuccessStatusCode();

        var ended = await host.EndedRunAsync("parent", run);
        ended.Status().Should().Be("Succeeded", ended.GetRawText());
        ended.Action("Child").GetProperty("outputs").GetRawText().Should().Be($$"""{"Result":{{Redacted}}}""");
        (await host.RunAsync("child", child)).Action("compose").GetProperty("outputs").GetRawText().Should().Be($$"""{"Result":{{Redacted}}}""");
        await NothingIsLeftAsync(host, ("parent", run), ("child", child));
    }

    [Fact]
    public async Task Event_WithASecurePayload_StartsAndWakesWithItSealed()
    {
        await using var host = await TriggerHost.StartAsync();
        await host.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonElement.Parse($$"""
            {"definitionId":"starts","root":{"id":"root","type":"Elsa.Sequence","activities":[
              {"id":"e","type":"Elsa.Event","name":"Told","customProperties":{"canStartWorkflow":true},"eventName":{"expression":{"type":"Literal","value":"told"} } },
              {{Check("actions.Told.outputs.Result.subject")}}] } }
            """), publish: true);
        var waits = await host.PublishAsync("waits", "",
            """{"id":"e","type":"Elsa.Event","name":"Told","eventName":{"expression":{"type":"Literal","value":"told"}}}""", Check("actions.Told.outputs.Result.subject"));
        var tells = await host.PublishAsync("tells", "",
            """{"id":"p","type":"Elsa.PublishEvent","name":"Publish","secureInputs":true,"eventName":{"expression":{"type":"Literal","value":"told"}},"payload":{"expression":{"type":"Scriban","value":"{{ {subject: 'canary-' + '5f0c1b0e'} }}"}}}""");
        var waiting = await host.AcceptedAsync(waits, "{}");
        await WaitsAsync(host, "waits", waiting);

        var run = await host.AcceptedAsync(tells, "{}");

        var published = await host.EndedRunAsync("tells", run);
        published.Status().Should().Be("Succeeded", published.GetRawText());
        var started = published.Action("Publish").GetProperty("runs")[0].Text("runId");
        foreach (var (flow, id) in new[] { ("starts", started), ("waits", waiting) })
        {
            var ended = await host.EndedRunAsync(flow, id);
            ended.Status().Should().Be("Succeeded", ended.GetRawText());
            ended.Action("Told").GetProperty("outputs").GetRawText().Should().Be($$"""{"Result":{{Redacted}}}""");
        }

        await NothingIsLeftAsync(host, ("tells", run), ("starts", started), ("waits", waiting));
    }

    // Each input is secure by itself; one may come by its value through another.
    [Fact]
    public async Task Event_WithAPayloadThatAnotherInputHasSet_IsSealed()
    {
        await using var host = await TriggerHost.StartAsync();
        var tells = await host.PublishAsync("tells", "\"secureOutputs\":true", """
            {"id":"p","type":"Elsa.PublishEvent","name":"Publish","eventName":{"expression":{"type":"Literal","value":"told"}},
             "correlationId":{"expression":{"type":"JavaScript","value":"setVariable('v', trigger.body.subject); return null"}},
             "payload":{"expression":{"type":"Scriban","value":"{{ variables.v }}"}}}
            """);

        var run = await host.AcceptedAsync(tells, Body);

        var published = await host.EndedRunAsync("tells", run);
        published.Status().Should().Be("Succeeded", published.GetRawText());
        var inputs = published.Action("Publish").GetProperty("inputs");
        inputs.GetProperty("Payload").GetRawText().Should().Be(Redacted);
        inputs.Text("EventName").Should().Be("told", "that input looked at nothing secure");
        await NothingIsLeftAsync(host, ("tells", run));
    }

    [Fact]
    public async Task Task_WithASecurePayload_IsListedWithoutIt()
    {
        await using var host = await TriggerHost.StartAsync();
        var flow = await host.PublishAsync("asks", "\"secureOutputs\":true",
            """{"id":"t","type":"Elsa.RunTask","name":"Approve","taskName":{"expression":{"type":"Literal","value":"approve"}},"payload":{"expression":{"type":"Scriban","value":"{{ trigger.body }}"}}}""");
        var run = await host.AcceptedAsync(flow, Body);
        await WaitsAsync(host, "asks", run);

        var task = (await host.Api.GetFromJsonAsync<JsonElement>("/api/tasks?name=approve")).GetProperty("value").EnumerateArray().Should().ContainSingle().Subject;

        task.Text("name").Should().Be("approve", "those who do it find it by that");
        task.GetProperty("payload").GetRawText().Should().Be(Redacted);
        await SecureRunTests.NothingIsToldAsync(host, "asks", run);
        (await host.Api.PostAsync($"/elsa/api/tasks/{task.Text("taskId")}/complete", null)).EnsureSuccessStatusCode();
        (await host.EndedRunAsync("asks", run)).Status().Should().Be("Succeeded");
        await NothingIsLeftAsync(host, ("asks", run));
    }

    [Fact]
    public async Task Outside_ForActivitiesWithSecureOutputs_IsSealedInTheirMailboxes()
    {
        await using var host = await TriggerHost.StartAsync();
        var flow = await host.PublishAsync("receives", "",
            """{"id":"e","type":"Elsa.Event","name":"Told","secureOutputs":true,"eventName":{"expression":{"type":"Literal","value":"told"}}}""",
            """{"id":"t","type":"Elsa.RunTask","name":"Asked","secureOutputs":true,"taskName":{"expression":{"type":"Literal","value":"ask"}}}""",
            """{"id":"h","type":"Elsa.HttpEndpoint","name":"Called","secureOutputs":true,"path":"call","supportedMethods":["POST"]}""",
            Check("actions.Told.outputs.Result.subject"), Check("actions.Asked.outputs.Result.subject").Replace("check", "check2", StringComparison.Ordinal),
            Check("actions.Called.outputs.ParsedContent.subject").Replace("check", "check3", StringComparison.Ordinal));
        var run = await host.AcceptedAsync(flow, "{}");
        await WaitsAsync(host, "receives", run);

        (await host.Api.PostAsJsonAsync("/elsa/api/events/told/trigger", new { input = new { subject = Canary } })).EnsureSuccessStatusCode();
        var task = JsonElement.Parse("{}");
        await Eventually.UntilAsync(async () => (task = (await host.Api.GetFromJsonAsync<JsonElement>("/api/tasks")).GetProperty("value")).GetArrayLength() == 1, "the task being asked for");
        (await host.Api.PostAsJsonAsync($"/elsa/api/tasks/{task[0].Text("taskId")}/complete", new { result = new { subject = Canary } })).EnsureSuccessStatusCode();
        await Eventually.UntilAsync(async () => (await host.Api.PostAsJsonAsync("/workflows/call", new { subject = Canary })).IsSuccessStatusCode, "the endpoint being waited at");

        (await host.EndedRunAsync("receives", run)).Status().Should().Be("Succeeded");
        // The mailbox's rows are gone, but not from the file: what was written there in plain text would be found.
        await NothingIsLeftAsync(host, ("receives", run));
    }

    private static async Task NothingIsLeftAsync(TriggerHost host, params (string Flow, string Run)[] runs)
    {
        foreach (var (flow, run) in runs)
        {
            await SecureRunTests.NothingIsToldAsync(host, flow, run);
        }

        await host.StopAsync();
        SecureRunTests.NothingIsKept(host);
        await host.StartAgainAsync();
    }

    private static Task WaitsAsync(TriggerHost host, string flow, string run) =>
        Eventually.UntilAsync(async () => (await host.RunAsync(flow, run)).Status() == "Waiting", "the run waiting");

    private static string Compose(string value) =>
        $$"""{"id":"compose","name":"compose","type":"FlowLite.Compose","inputs":{"expression":{"type":"Scriban","value":"{{value}}"} } }""";

    // Fails where the value didn't arrive.
    private static string Check(string path) =>
        $$"""{"id":"check","name":"check","type":"Elsa.RunJavaScript","script":{"expression":{"type":"JavaScript","value":"if ({{path}}.length !== {{Canary.Length}}) throw new Error('lost')"} } }""";
}
