using System.Globalization;
using System.Net;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Runs;

/// <summary>The store can't be written while an effect is out.</summary>
public sealed class StoreOutageTests : IAsyncLifetime
{
    private const string Respond = """
        {"id":"response","type":"FlowLite.Response","name":"Response","body":{"typeName":"Object","expression":{"type":"Literal","value":"made"}}}
        """;

    private HeldCrm _crm = null!;
    private TriggerHost _host = null!;

    public async Task InitializeAsync()
    {
        _crm = await HeldCrm.StartAsync();
        _host = await TriggerHost.StartAsync(BrokenRunStore.Replace, [.. _crm.Arguments, "FlowLite:Engine:StoreRetryDelay=00:00:00.05"]);
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _crm.DisposeAsync();
    }

    [Fact]
    public async Task Result_ThatCantBeStored_IsDoneAgainWithTheSameKey()
    {
        var flow = await _host.PublishAsync("again", "", HeldCrm.Create());
        var id = await _host.AcceptedAsync(flow, """{"subject":"once"}""");
        await _crm.UntilUnderWayAsync(1);

        Store.Breaks = true;
        _crm.Release(3);
        await Eventually.UntilAsync(() => _crm.Answered == 3 && _crm.UnderWay == 1, "the effect being repeated");
        (await _host.RunAsync("again", id)).Status().Should().Be("Running");
        Store.Breaks = false;
        _crm.Open();

        var run = await _host.EndedRunAsync("again", id);
        run.Status().Should().Be("Succeeded");
        run.Action("Create").GetProperty("attempts").GetArrayLength().Should().Be(1, "what was not stored did not happen");
        _crm.Calls.Select(c => (c.Path, c.Body)).Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task Response_WhileWhatLedToItCantBeStored_IsNotSent()
    {
        var flow = await _host.PublishAsync("sync", "", HeldCrm.Create(), Respond);
        var calling = _host.PostAsync(flow, "{}");
        await _crm.UntilUnderWayAsync(1);

        Store.Breaks = true;
        _crm.Release(3);
        // By then the Response activity was reached three times, in executions that could not be stored.
        await Eventually.UntilAsync(() => _crm.Answered == 3 && _crm.UnderWay == 1, "the run being repeated");
        calling.IsCompleted.Should().BeFalse();
        Store.Breaks = false;
        _crm.Open();

        using var answer = await calling;
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).Should().Be("made");
        (await _host.CountAsync("sync", RunStatus.Succeeded) + await _host.CountAsync("sync", RunStatus.Running)).Should().Be(1);
    }

    [Theory]
    [InlineData("/api/flows/kept/runs/{0}/resubmit")]
    [InlineData("/api/flows/kept/runs/{0}/cancel")]
    [InlineData("/elsa/api/cancel/workflow-instances/{0}")]
    [InlineData("/elsa/api/events/any/trigger")]
    public async Task Command_ThatCantBeStored_Is503AndNothingIsDone(string address)
    {
        var flow = await _host.PublishAsync("kept", "", """{"id":"w","type":"Elsa.Delay","name":"Wait","timeSpan":{"expression":{"type":"Literal","value":"PT1H"}}}""");
        var id = await _host.AcceptedAsync(flow, "{}");
        await Eventually.UntilAsync(async () => (await _host.RunAsync("kept", id)).Status() == "Waiting", "the wait");

        Store.Breaks = true;
        using var answer = await _host.Api.PostAsync(string.Format(CultureInfo.InvariantCulture, address, id), null);
        Store.Breaks = false;

        answer.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter!.Delta.Should().BePositive();
        (await _host.CountAsync("kept", RunStatus.Suspended)).Should().Be(1);
    }

    private BrokenRunStore Store => BrokenRunStore.Of(_host.Services);
}
