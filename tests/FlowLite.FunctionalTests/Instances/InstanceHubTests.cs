using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace FlowLite.FunctionalTests.Instances;

/// <summary>The hub by which the Studio watches a run, with SignalR's own client over websockets.</summary>
public sealed class InstanceHubTests : IAsyncLifetime
{
    private const string Hub = "/elsa/hubs/workflow-instance";

    private readonly ConcurrentQueue<(string Name, JsonElement Message)> _messages = new();
    private HeldCrm _crm = null!;
    private TriggerHost _host = null!;

    public async Task InitializeAsync()
    {
        _crm = await HeldCrm.StartAsync();
        _host = await TriggerHost.StartAsync(null, _crm.Arguments);
    }

    public async Task DisposeAsync()
    {
        _crm.Open();
        await _host.DisposeAsync();
        await _crm.DisposeAsync();
    }

    [Fact]
    public async Task Observe_RunThatWaitsForTheCrm_IsToldWhenItGoesOn()
    {
        var flow = await _host.PublishAsync("watched", "", HeldCrm.Create());
        var id = await _host.AcceptedAsync(flow);
        await _crm.UntilUnderWayAsync(1);
        await using var connection = await ConnectAsync(Token);

        await connection.InvokeAsync("ObserveInstanceAsync", id);

        await Eventually.UntilAsync(() => Completed("Workflow1:root:create") == 0, "the state when it began to be watched");
        _crm.Release(1);
        await Eventually.UntilAsync(() => Completed("Workflow1:root:create") == 1, "the CRM's answer");
        await Eventually.UntilAsync(() => _messages.Last().Name == "WorkflowInstanceUpdatedAsync", "the rest of the message");
        _messages.Select(m => m.Name).Distinct().Should().BeEquivalentTo("WorkflowExecutionLogUpdatedAsync", "ActivityExecutionLogUpdatedAsync", "WorkflowInstanceUpdatedAsync");
        _messages.Last().Message.GetRawText().Should().Be($$"""{"workflowInstanceId":"{{id}}"}""");
        (await _host.Api.InstanceAsync(id)).Text("status").Should().Be("Finished");
    }

    [Fact]
    public async Task Observe_ManyAppendsAtOnce_AreFewMessages()
    {
        const int Rounds = 300;
        await _host.PublishChartAsync("busy", """{"id":"each","type":"Elsa.ForEach","version":1,"name":"Each","items":{"expression":{"type":"Scriban","value":"{{ 1..300 }}"}},"body":BODY}"""
            .Replace("BODY", HeldCrm.Create(), StringComparison.Ordinal));
        _crm.Open();
        var id = await _host.Api.DispatchAsync("busy");
        await using var connection = await ConnectAsync(Token);

        await connection.InvokeAsync("ObserveInstanceAsync", id);
        await _host.Api.InstanceAsync(id, "Finished");
        await Eventually.UntilAsync(() => Completed("Workflow1:flow:each:create") == Rounds, "the last state");

        _messages.Count(m => m.Name == "WorkflowInstanceUpdatedAsync").Should().BeLessThan(Rounds);
    }

    [Fact]
    public async Task Observe_NoRunsId_IsAnError()
    {
        await using var connection = await ConnectAsync(Token);
        await connection.Invoking(c => c.InvokeAsync("ObserveInstanceAsync", "nope")).Should().ThrowAsync<HubException>();
    }

    [Fact]
    public async Task Connect_WithoutAToken_IsRefused()
    {
        using var negotiate = await _host.Client.PostAsync($"{Hub}/negotiate?negotiateVersion=1", null);
        negotiate.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        await this.Invoking(t => t.ConnectAsync("x")).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task Token_InTheQuery_OpensNothingButTheHub()
    {
        using var hub = await _host.Client.PostAsync($"{Hub}/negotiate?negotiateVersion=1&access_token={Uri.EscapeDataString(Token)}", null);
        using var api = await _host.Client.GetAsync($"{InstancesClient.Root}?access_token={Uri.EscapeDataString(Token)}");
        using var beside = await _host.Client.GetAsync($"{Hub}-other?access_token={Uri.EscapeDataString(Token)}");

        hub.StatusCode.Should().Be(HttpStatusCode.OK);
        api.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        beside.StatusCode.Should().NotBe(HttpStatusCode.OK);
    }

    private string Token => _host.Api.DefaultRequestHeaders.Authorization!.Parameter!;

    private async Task<HubConnection> ConnectAsync(string token)
    {
        var connection = new HubConnectionBuilder()
            .WithUrl(new Uri(_host.Address, Hub), HttpTransportType.WebSockets, options => options.AccessTokenProvider = () => Task.FromResult<string?>(token))
            .Build();
        foreach (var name in new[] { "WorkflowExecutionLogUpdatedAsync", "ActivityExecutionLogUpdatedAsync", "WorkflowInstanceUpdatedAsync" })
        {
            connection.On<JsonElement>(name, message => _messages.Enqueue((name, message.Clone())));
        }

        await connection.StartAsync();
        return connection;
    }

    /// <summary>What the last message counts of completed executions; null when there is none.</summary>
    private int? Completed(string nodeId) => _messages.LastOrDefault(m => m.Name == "ActivityExecutionLogUpdatedAsync") is { Message.ValueKind: JsonValueKind.Object } last
        ? last.Message.GetProperty("stats").EnumerateArray().Where(s => s.Text("activityNodeId") == nodeId).Select(s => (int?)s.GetProperty("completedCount").GetInt32()).FirstOrDefault()
        : null;
}
