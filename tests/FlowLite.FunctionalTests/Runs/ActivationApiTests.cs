using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Runs;

/// <summary>A flow that may run once at a time, as callers see it: whoever is refused is told so, and no lead is lost.</summary>
public sealed class ActivationApiTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task Trigger_WhileARunIsUnderWay_KeepsTheLeadInTheInbox()
    {
        var flow = await PublishAsync("single");
        var first = await host.AcceptedAsync(flow, """{"lead":1}""");

        using var answer = await host.PostAsync(flow, """{"lead":2}""");

        answer.StatusCode.Should().Be(HttpStatusCode.Conflict);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString().Should().Be("WorkflowActivationRefused");
        var kept = (await host.InboxAsync("single")).Should().ContainSingle().Subject;
        (kept.ReasonCode, System.Text.Encoding.UTF8.GetString(kept.Body.Span)).Should().Be(("WorkflowActivationRefused", """{"lead":2}"""));

        using var cancelled = await host.Api.PostAsync($"/api/flows/single/runs/{first}/cancel", null);
        cancelled.EnsureSuccessStatusCode();
        await host.AcceptedAsync(flow, """{"lead":3}""");
    }

    [Fact]
    public async Task Resubmit_ExecuteAndDispatch_WhileARunIsUnderWay_AreToldSo()
    {
        var flow = await PublishAsync("single-too");
        var first = await host.AcceptedAsync(flow);

        using var resubmitted = await host.Api.PostAsync($"/api/flows/single-too/runs/{first}/resubmit", null);
        using var executed = await host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions/single-too/execute", new { input = new { } });
        using var dispatched = await host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions/single-too/dispatch", new { input = new { } });

        resubmitted.StatusCode.Should().Be(HttpStatusCode.Conflict);
        executed.Headers.GetValues("x-elsa-workflow-cannot-start").Should().Equal("true");
        dispatched.StatusCode.Should().Be(HttpStatusCode.Conflict);
        (await host.Services.GetRequiredService<Engine.Runs.IRunStore>().ListRunsAsync("single-too", null, null, 9)).Should().ContainSingle();
    }

    private async Task<PublishedFlow> PublishAsync(string id)
    {
        var document = JsonNode.Parse($$$$"""
            {"definitionId":"{{{{id}}}}","name":"{{{{id}}}}","options":{"activationStrategyType":"Elsa.Workflows.Runtime.ActivationValidators.SingletonStrategy, Elsa.Workflows.Runtime"},
             "root":{"id":"root","type":"Elsa.Sequence","version":1,"activities":[
                {"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Request"},
                {"id":"d","type":"Elsa.Delay","version":1,"name":"D","timeSpan":{"expression":{"type":"Literal","value":"01:00:00"}}}]}}
            """);
        await host.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonSerializer.SerializeToElement(document), publish: true);
        return host.Services.GetRequiredService<FlowCatalog>().Find(id)!;
    }
}
