using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Runs;

/// <summary>Who gets a slot, and who waits where.</summary>
public sealed class DispatchTests : IAsyncLifetime
{
    private const string Hour = """
        {"id":"delay","type":"Elsa.Delay","name":"Delay","timeSpan":{"typeName":"TimeSpan","expression":{"type":"Literal","value":"01:00:00"}}}
        """;

    private HeldCrm _crm = null!;

    public async Task InitializeAsync() => _crm = await HeldCrm.StartAsync();

    public async Task DisposeAsync() => await _crm.DisposeAsync();

    [Fact]
    public async Task Post_FlowWithConcurrencyLimit_NeverHasMoreRunsUnderWay()
    {
        await using var host = await TriggerHost.StartAsync(null, _crm.Arguments);
        var flow = await host.PublishAsync("narrow", "\"concurrency\":3", HeldCrm.Create());

        await host.AcceptedAsync(flow, leads: 30);
        await _crm.UntilUnderWayAsync(3);
        host.Services.GetRequiredService<RunService>().Dispatcher.ActiveRuns.Should().Be(3);
        _crm.Open();
        await host.UntilAsync("narrow", RunStatus.Succeeded, 30);

        _crm.MostUnderWay.Should().Be(3);
    }

    [Fact]
    public async Task Post_FlowWithWaitingLimit_RefusesWhatWouldWaitBeyondItUntilThereIsRoom()
    {
        await using var host = await TriggerHost.StartAsync(null, _crm.Arguments);
        var flow = await host.PublishAsync("short", "\"concurrency\":1,\"maximumWaitingRuns\":2", HeldCrm.Create());

        var underWay = await host.AcceptedAsync(flow, """{"subject":"under way"}""");
        await _crm.UntilUnderWayAsync(1);
        var waiting = await host.AcceptedAsync(flow, """{"subject":"first to wait"}""");
        (await host.RunAsync("short", waiting)).GetProperty("standsBehind").GetString().Should().Be(underWay);
        (await host.RunAsync("short", underWay)).TryGetProperty("standsBehind", out _).Should().BeFalse();
        var second = await host.AcceptedAsync(flow, """{"subject":"second to wait"}""");
        using var refused = await host.PostAsync(flow, """{"subject":"too many"}""");

        await refused.ShouldBeErrorAsync(429, "TooManyWaitingRuns");
        var kept = (await host.InboxAsync("short")).Should().ContainSingle().Subject;
        kept.ReasonCode.Should().Be("TooManyWaitingRuns");
        System.Text.Encoding.UTF8.GetString(kept.Body.Span).Should().Be("""{"subject":"too many"}""");

        // One that is cancelled makes room at once, though its turn would not have come yet.
        (await host.Services.GetRequiredService<RunService>().CancelAsync(Guid.Parse(second), null)).Should().BeTrue();
        await host.AcceptedAsync(flow, """{"subject":"in its place"}""");
        using var again = await host.PostAsync(flow, "{}");
        await again.ShouldBeErrorAsync(429, "TooManyWaitingRuns");

        _crm.Open();
        await host.UntilAsync("short", RunStatus.Succeeded, 3);
        await host.AcceptedAsync(flow);
    }

    [Fact]
    public async Task Post_WhileAnotherFlowHas2000SlowRuns_IsDoneBeforeAnyOfThem()
    {
        await using var host = await TriggerHost.StartAsync(null, _crm.Arguments);
        var slow = await host.PublishAsync("slow", "", HeldCrm.Create());
        var quick = await host.PublishAsync("quick", "", Line("done"));
        await host.AcceptedAsync(slow, leads: 2_000);

        var run = await host.EndedRunAsync("quick", await host.AcceptedAsync(quick));

        run.Status().Should().Be("Succeeded");
        _crm.Answered.Should().Be(0, "the slow flow's runs were all still to come");
        await _crm.UntilUnderWayAsync(128);
    }

    [Fact]
    public async Task Backlog_LargerThanTheWindowInMemory_IsDoneOverARestartEachOnce()
    {
        await using var host = await TriggerHost.StartAsync(null, [.. _crm.Arguments, "FlowLite:Engine:BacklogWindow=20"]);
        var flow = await host.PublishAsync("backlog", "\"concurrency\":5", HeldCrm.Create());
        await host.AcceptedAsync(flow, leads: 300);

        _crm.Release(50);
        await Eventually.UntilAsync(() => _crm.Answered == 50 && _crm.UnderWay == 5, "the first fifty");
        var stopping = host.StopAsync();
        _crm.Release(5);
        await stopping;
        _crm.Answered.Should().BeLessThan(100, "the others are left for the next life");
        _crm.Open();
        await host.StartAgainAsync();
        await host.UntilAsync("backlog", RunStatus.Succeeded, 300);

        var records = _crm.Calls.GroupBy(c => c.Path).Select(g => JsonElement.Parse(g.First().Body).GetProperty("subject").GetString());
        records.Should().BeEquivalentTo(Enumerable.Range(1, 300).Select(n => n.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        _crm.MostUnderWay.Should().BeLessThanOrEqualTo(5);
    }

    [Fact]
    public async Task Timer_BehindManyDueRunsOfAnotherFlow_FiresAllTheSame()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var host = await TriggerHost.StartAsync(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)), _crm.Arguments);
        var crowd = await host.PublishAsync("crowd", "\"concurrency\":2", Hour, HeldCrm.Create());
        var other = await host.PublishAsync("other", "", Hour);
        await host.AcceptedAsync(crowd, leads: 1_200);
        await host.UntilAsync("crowd", RunStatus.Suspended, 1_200);
        time.Advance(TimeSpan.FromMinutes(1));
        await host.AcceptedAsync(other);
        await host.UntilAsync("other", RunStatus.Suspended, 1);

        await Eventually.UntilAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return await host.CountAsync("other", RunStatus.Succeeded) == 1;
            }, "the other flow's timer");

        // The clock that was moved on may have timed the call out meanwhile; more than two there never are.
        _crm.UnderWay.Should().BeLessThanOrEqualTo(2, "the crowd has two slots");
        _crm.Answered.Should().Be(0);
    }

    [Fact]
    public async Task Wait_Of5000Runs_HoldsNoSlotAndEndsForEachWhenItIsDue()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var host = await TriggerHost.StartAsync(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        var flow = await host.PublishAsync("waits", "",
            Hour, Line("{{ actions.Delay.status }}"));

        await host.AcceptedAsync(flow, leads: 5_000);
        await host.UntilAsync("waits", RunStatus.Suspended, 5_000);
        await Eventually.UntilAsync(() => host.Services.GetRequiredService<RunService>().Dispatcher.ActiveRuns == 0, "slots given back");
        await Eventually.UntilAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return await host.CountAsync("waits", RunStatus.Succeeded) == 5_000;
            }, "5,000 runs ending");

        var run = (await host.Services.GetRequiredService<IRunStore>().ListRunsAsync("waits", null, null, 1))[0];
        run.FinishedAt.Should().BeOnOrAfter(run.StartedAt.AddHours(1));
    }

    private static string Line(string text) =>
        $$$$"""{"id":"line","type":"Elsa.WriteLine","name":"Line","text":{"typeName":"String","expression":{"type":"Scriban","value":"{{{{text}}}}"}}}""";
}
