using System.Net;
using System.Text.Json;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Instances;

public sealed class ExecuteTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string Definitions = "/elsa/api/workflow-definitions";

    [Fact]
    public async Task Execute_WithInput_AnswersWithTheEndedRun()
    {
        await host.PublishChartAsync("input", InstancesClient.WriteLine("line", "{{ inputs.A }} and {{ inputs.b.c }}"));

        using var answer = await host.Api.PostTextAsync($"{Definitions}/input/execute", """{"input":{"A":2,"b":{"c":"x"}},"correlationId":"c-1"}""");

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Header("x-elsa-workflow-cannot-start").Should().Be("False");
        var state = JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("workflowState");
        (state.Text("id"), state.Text("subStatus"), state.Text("correlationId")).Should().Be((answer.Header("x-elsa-workflow-instance-id"), "Finished", "c-1"));
        state.GetProperty("input").GetRawText().Should().Be("""{"A":2,"b":{"c":"x"}}""");
        var records = JsonElement.Parse(await host.Api.GetStringAsync($"/elsa/api/activity-executions/list?workflowInstanceId={state.Text("id")}&activityNodeId=Workflow1:flow:line"));
        records.GetProperty("items")[0].GetProperty("activityState").Text("Text").Should().Be("2 and x");
    }

    [Fact]
    public async Task Execute_ByGetOfAFlowThatWaits_AnswersOnceItWaits()
    {
        await host.PublishChartAsync("pauses", InstancesClient.Wait("wait", "01:00:00"));

        using var answer = await host.Api.GetAsync($"{Definitions}/pauses/execute?correlationId=c-2");

        var state = JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("workflowState");
        (state.Text("subStatus"), state.Text("correlationId")).Should().Be(("Suspended", "c-2"));
    }

    [Fact]
    public async Task Dispatch_WithNeitherBodyNorLength_StartsARun()
    {
        await host.PublishChartAsync("no-length", InstancesClient.WriteLine("line", "x"));
        var head = $"POST {Definitions}/no-length/dispatch HTTP/1.1\r\nHost: localhost\r\nAuthorization: {host.Api.DefaultRequestHeaders.Authorization}\r\nConnection: close\r\n\r\n";

        var (status, text) = await RawHttp.SendAsync(host.Address, RawHttp.Request(head), closesSending: false);

        status.Should().Be(200, text);
        text.Should().Contain("workflowInstanceId");
    }

    [Fact]
    public async Task Execute_Draft_RunsItAndSavingMakesAnotherVersion()
    {
        var flow = ServerTestFlows.Small("draft");
        flow["root"]!["activities"]!.AsArray().RemoveAt(0);
        flow["root"]!["connections"]!.AsArray().Clear();
        var saved = await host.Api.SaveAsync(flow);

        using var answer = await host.Api.PostTextAsync($"{Definitions}/draft/execute", """{"correlationId":null,"triggerActivityId":null,"versionOptions":"Latest","input":null}""");

        var instance = await host.Api.InstanceAsync(answer.Header("x-elsa-workflow-instance-id"), "Finished");
        instance.Text("definitionVersionId").Should().Be(saved.Text("id"));
        flow["name"] = "Changed";
        (await host.Api.SaveAsync(flow)).GetProperty("version").GetInt32().Should().Be(2, "the run is pinned to what it ran");
    }

    [Fact]
    public async Task Execute_FlowThatBeginsWithARequest_TakesTheInputAsItsBody()
    {
        await host.PublishAsync("request", "\"schema\":{\"type\":\"object\",\"required\":[\"Email\"]}", InstancesClient.WriteLine("line", "{{ trigger.body.Email }}"));

        using var without = await host.Api.PostTextAsync($"{Definitions}/request/execute", """{"versionOptions":"Latest","input":null}""");
        using var wrong = await host.Api.PostTextAsync($"{Definitions}/request/execute", """{"input":{"Phone":"1"}}""");
        using var right = await host.Api.PostTextAsync($"{Definitions}/request/execute", """{"input":{"Email":"a@b.example"}}""");

        foreach (var refused in new[] { without, wrong })
        {
            refused.StatusCode.Should().Be(HttpStatusCode.OK);
            refused.Header("x-elsa-workflow-cannot-start").Should().Be("true");
            refused.Headers.Contains("x-elsa-workflow-instance-id").Should().BeFalse();
        }

        (await wrong.Content.ReadAsStringAsync()).Should().Contain("Email");
        right.Header("x-elsa-workflow-cannot-start").Should().Be("False");
        (await host.Api.InstancesAsync("""{"definitionId":"request"}""")).GetProperty("totalCount").GetInt32().Should().Be(1);
        var id = right.Header("x-elsa-workflow-instance-id");
        var trigger = JsonElement.Parse(await host.Api.GetStringAsync($"/elsa/api/activity-executions/list?workflowInstanceId={id}&activityNodeId=Workflow1:root:request"));
        trigger.GetProperty("items")[0].GetProperty("outputs").GetProperty("Body").Text("Email").Should().Be("a@b.example");
    }

    [Fact]
    public async Task Dispatch_Unknown_Is404AndWhatCanNotStartIs400()
    {
        await host.PublishAsync("nobody", "", InstancesClient.WriteLine("line", "x"));

        await host.Api.PostJsonAsync($"{Definitions}/nope/execute", "{}", HttpStatusCode.NotFound);
        await host.Api.PostJsonAsync($"{Definitions}/nope/dispatch", "{}", HttpStatusCode.NotFound);
        await host.Api.PostJsonAsync($"{Definitions}/nobody/dispatch", "{}", HttpStatusCode.BadRequest);
        await host.Api.PostJsonAsync($"{Definitions}/nobody/dispatch", """{"versionOptions":"odd"}""", HttpStatusCode.BadRequest);
        await host.Api.PostJsonAsync($"{Definitions}/nobody/bulk-dispatch", """{"count":0}""", HttpStatusCode.BadRequest);
    }
}
