using System.Text.Json.Nodes;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Several who call one run while it is busy: each hears what the run answers to its own call.</summary>
public sealed class CallersTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

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
    public async Task CallWhileAnotherIsWorkedFor_GetsItsOwnAnswer()
    {
        var secured = Endpoint("b", "two/b", starts: false, more: ("authorize", Input("Literal", "True")));
        await _host.PublishAsync(Sequence("two", Endpoint("start", "two"), Respond("r", "return 'started'"), Parallel(
            Branch("first", Endpoint("a", "two/a", starts: false), Create(), Respond("ra", "return 'a'")),
            Branch("second", secured, Respond("rb", "return 'b'")))));
        (await _host.PostAsync("/workflows/two", "{}").ReadAsync()).Body.Should().Be("started");

        var first = _host.PostAsync("/workflows/two/a", "{}").ReadAsync();
        await _crm.UntilUnderWayAsync(1);
        var second = _host.Api.PostAsync("/workflows/two/b", new StringContent("{}")).ReadAsync();
        await UntilSentAsync();
        _crm.Open();

        (await first).Body.Should().Be("a");
        (await second).Body.Should().Be("b");
        await EndsAsync("two", "Succeeded");
    }

    [Fact]
    public async Task CallWhileTheStartIsNotAnswered_GetsItsOwnAnswer()
    {
        await _host.PublishAsync(Sequence("start", Endpoint("start", "start"), Parallel(
            Branch("first", Create(), Respond("ra", "return 'a'")),
            Branch("second", Endpoint("b", "start/b", starts: false), Respond("rb", "return 'b'")))));
        var first = _host.PostAsync("/workflows/start", "{}").ReadAsync();
        await _crm.UntilUnderWayAsync(1);

        var second = _host.PostAsync("/workflows/start/b", "{}").ReadAsync();
        await UntilSentAsync();
        _crm.Open();

        (await first).Body.Should().Be("a");
        (await second).Body.Should().Be("b");
        await EndsAsync("start", "Succeeded");
    }

    [Fact]
    public async Task CallWhileTheRunHasNoAnswerForTheOneBefore_IsTakenWhenTheRunWaits()
    {
        await _host.PublishAsync(Sequence("silent", Endpoint("start", "silent"), Respond("r", "return 'started'"), Parallel(
            Branch("first", Endpoint("a", "silent/a", starts: false), Create(), Endpoint("c", "silent/c", starts: false), Respond("rc", "return 'c'")),
            Branch("second", Endpoint("b", "silent/b", starts: false), Respond("rb", "return 'b'")))));
        await _host.PostAsync("/workflows/silent", "{}").ReadAsync();
        var first = _host.PostAsync("/workflows/silent/a", "{}").ReadAsync();
        await _crm.UntilUnderWayAsync(1);

        var second = _host.PostAsync("/workflows/silent/b", "{}").ReadAsync();
        await UntilSentAsync();
        _crm.Open();

        (await first).Should().Be((200, null, ""), "the run waits for c then");
        (await second).Body.Should().Be("b");
        (await _host.PostAsync("/workflows/silent/c", "{}").ReadAsync()).Body.Should().Be("c");
        await EndsAsync("silent", "Succeeded");
    }

    [Fact]
    public async Task Cancel_WhileAnEffectIsOut_IsToldToTheCaller()
    {
        await _host.PublishAsync(Sequence("cancelled", Endpoint("start", "cancelled"), Create(), Respond("r", "return 'made'")));
        var calling = _host.PostAsync("/workflows/cancelled", "{}").ReadAsync();
        await _crm.UntilUnderWayAsync(1);

        using var cancelled = await _host.Api.PostAsync($"/api/flows/cancelled/runs/{await RunAsync("cancelled")}/cancel", null);

        (await calling.WaitAsync(Soon)).Should().Be((500, null, ""));
        _crm.UnderWay.Should().Be(1);
    }

    [Fact]
    public async Task End_BesideABusyBranch_IsToldToTheCaller()
    {
        var end = new JsonObject { ["id"] = "end", ["type"] = "FlowLite.Terminate", ["version"] = 1 };
        await _host.PublishAsync(Sequence("ended", Endpoint("start", "ended"), Parallel(Create(), end)));

        (await _host.PostAsync("/workflows/ended", "{}").ReadAsync().WaitAsync(Soon)).Should().Be((500, null, ""));
    }

    /// <summary>A signal is stored, or was and is taken.</summary>
    private async Task UntilSentAsync()
    {
        var store = _host.Services.GetRequiredService<IRunStore>();
        await Eventually.UntilAsync(async () => !(await store.FindBookmarksAsync(BookmarkKind.Http, null, null, 9)).Any(b => b.Bookmark.Key.EndsWith("/b", StringComparison.Ordinal)), "the call");
    }

    private async Task<string> RunAsync(string flow) => (await _host.RunsAsync(flow)).Single().GetProperty("id").GetString()!;

    private async Task EndsAsync(string flow, string status)
    {
        (await _host.EndedRunAsync(flow, await RunAsync(flow))).Status().Should().Be(status);
    }

    private static JsonNode Create() => JsonNode.Parse(HeldCrm.Create())!;

    private static JsonObject Branch(string id, params JsonNode[] activities) => new() { ["id"] = id, ["type"] = "Elsa.Sequence", ["version"] = 1, ["activities"] = new JsonArray(activities) };

    private static JsonObject Parallel(params JsonNode[] branches) => new() { ["id"] = "parallel", ["type"] = "Elsa.Parallel", ["version"] = 1, ["activities"] = new JsonArray(branches) };
}
