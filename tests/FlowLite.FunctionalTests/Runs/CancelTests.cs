using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Runs;

public sealed class CancelTests : IAsyncLifetime
{
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

    [Theory]
    [InlineData(204, "Succeeded")]
    [InlineData(503, "Cancelled")]
    public async Task Cancel_WhileTheCrmIsAsked_EndsTheRunAtOnceAndStillKeepsTheAnswer(int answer, string action)
    {
        var flow = await _host.PublishAsync("late", "", HeldCrm.Create());
        var id = await _host.AcceptedAsync(flow);
        await _crm.UntilUnderWayAsync(1);

        using var cancelled = await _host.Api.PostAsync($"/api/flows/late/runs/{id}/cancel", null);

        cancelled.EnsureSuccessStatusCode();
        var before = await _host.RunAsync("late", id);
        before.Status().Should().Be("Cancelled");
        before.Action("Create").GetProperty("late").GetBoolean().Should().BeFalse();

        _crm.Status = answer;
        _crm.Release(1);
        await Eventually.UntilAsync(async () => (await _host.RunAsync("late", id)).Action("Create").GetProperty("late").GetBoolean(), "the late answer");
        var after = await _host.RunAsync("late", id);
        after.Status().Should().Be("Cancelled");
        after.Action("Create").Status().Should().Be(action);
        after.Action("Create").GetProperty("attempts").GetArrayLength().Should().Be(1);
        (await _host.Services.GetRequiredService<IRunStore>().NextTimerAsync(DateTimeOffset.MinValue)).Should().BeNull("nothing is tried again");
    }

    [Fact]
    public async Task Cancel_RunThatWaitsForASlot_NeverAsksTheCrm()
    {
        var flow = await _host.PublishAsync("queued", "\"concurrency\":1", HeldCrm.Create());
        var first = await _host.AcceptedAsync(flow, """{"subject":"first"}""");
        await _crm.UntilUnderWayAsync(1);
        var second = await _host.AcceptedAsync(flow, """{"subject":"second"}""");
        var third = await _host.AcceptedAsync(flow, """{"subject":"third"}""");

        using var cancelled = await _host.Api.PostAsync($"/api/flows/queued/runs/{second}/cancel", null);

        cancelled.EnsureSuccessStatusCode();
        _crm.Open();
        (await _host.EndedRunAsync("queued", first)).Status().Should().Be("Succeeded");
        (await _host.EndedRunAsync("queued", third)).Status().Should().Be("Succeeded");
        (await _host.RunAsync("queued", second)).Status().Should().Be("Cancelled");
        _crm.Calls.Should().HaveCount(2).And.NotContain(c => c.Body.Contains("second"));
    }

    [Fact]
    public async Task Cancel_RunOfASynchronousTrigger_AnswersItsCaller()
    {
        var flow = await _host.PublishAsync("sync", "", HeldCrm.Create(), """{"id":"response","type":"FlowLite.Response","name":"Response"}""");
        var calling = _host.PostAsync(flow, "{}");
        await _crm.UntilUnderWayAsync(1);
        var run = (await _host.Services.GetRequiredService<IRunStore>().ListRunsAsync("sync", null, null, 1))[0];

        using var cancelled = await _host.Api.PostAsync($"/api/flows/sync/runs/{run.RunId}/cancel", null);
        cancelled.EnsureSuccessStatusCode();
        _crm.Open();

        using var answer = await calling;
        await answer.ShouldBeErrorAsync(502, "NoResponse");
    }
}
