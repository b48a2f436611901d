using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using static FlowLite.Tests.Scheduling.ScheduleWorld;

namespace FlowLite.Tests.Scheduling;

public sealed class FlowSchedulesTests
{
    /// <summary>As long as what failed waits until it is tried again.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task Timer_AsTimePasses_StartsARunAtEachInterval()
    {
        await using var world = await StartAsync("2026-01-01T10:00:07Z");
        world.Publish(Timer("00:05:00"));
        (await world.SettleAsync()).Should().BeEmpty();
        var since = world.Schedule().Next!.Value.AddMinutes(-5);

        await world.AdvanceAsync(TimeSpan.FromMinutes(5));
        var times = await world.AdvanceAsync(TimeSpan.FromMinutes(5));

        times.Should().Equal(Z(since.AddMinutes(5)), Z(since.AddMinutes(10)));
        world.Schedule().Should().BeEquivalentTo(new { Next = since.AddMinutes(15), Last = since.AddMinutes(10), Schedule = "every 00:05:00" });
    }

    [Fact]
    public async Task Publish_OfTheSameSchedule_KeepsItsTimesAndAnotherOneBeginsAnew()
    {
        await using var world = await StartAsync("2026-01-01T10:00:00Z");
        world.Publish(Timer("01:00:00"));
        await world.SettleAsync();
        var next = world.Schedule().Next;
        await world.AdvanceAsync(TimeSpan.FromMinutes(40));

        world.Publish(Timer("01:00:00", """,  "name":"Renamed" """));
        await Until(world, () => world.Schedule().Node.Name == "Renamed");
        world.Schedule().Next.Should().Be(next);

        world.Publish(Timer("00:30:00"));
        await Until(world, () => world.Schedule().Schedule == "every 00:30:00");
        world.Schedule().Next.Should().BeCloseTo(next!.Value.AddMinutes(10), TimeSpan.FromSeconds(1), "half an hour from now");
        (await world.AdvanceAsync(TimeSpan.FromMinutes(1))).Should().BeEmpty();
    }

    // 2026 in Berlin: the clocks go forward at 2:00 on 29 March, and back at 3:00 on 25 October.
    [Fact]
    public async Task Cron_DailyInBerlinForAYear_StartsOneRunADayAlsoWhenTheClocksChange()
    {
        await using var world = await StartAsync("2025-12-31T23:00:00Z");
        world.Publish(Cron("0 30 2 * * *", ""","timeZone":"Europe/Berlin","missed":"All" """));
        await world.SettleAsync();

        var times = await world.AdvanceAsync(TimeSpan.FromDays(365));

        times.Should().HaveCount(365).And.OnlyHaveUniqueItems();
        times.Where(t => t.StartsWith("2026-03-2") || t.StartsWith("2026-03-3")).Should().EndWith(
            ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"], "2:30 does not exist that day: 3:00 is the first time that does");
        times.Where(t => t.StartsWith("2026-10-2")).Should().EndWith(
            ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z", "2026-10-28T01:30:00Z", "2026-10-29T01:30:00Z"], "2:30 comes twice that day, and counts once");
    }

    [Theory]
    [InlineData("Once", "2026-01-01T03:00:00Z")]
    [InlineData("Skip", "")]
    [InlineData("All", "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z 2026-01-01T03:00:00Z")]
    public async Task Restart_AfterTimesPassed_DoesWhatTheTriggerSays(string missed, string expected)
    {
        await using var world = await StartAsync("2026-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *", $$""","missed":"{{missed}}" """));
        await world.SettleAsync();

        await world.StopAsync();
        world.Time.Advance(TimeSpan.FromHours(3));
        await world.StartAgainAsync();
        var atOnce = await world.SettleAsync();
        var later = await world.AdvanceAsync(TimeSpan.FromMinutes(30));

        var times = expected.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        atOnce.Should().Equal(times);
        later.Should().Equal([.. times, "2026-01-01T04:00:00Z"]);
    }

    [Theory]
    [InlineData("Once", "2026-01-01T03:00:00Z")]
    [InlineData("Skip", "")]
    [InlineData("All", "2026-01-01T01:00:00Z 2026-01-01T02:00:00Z 2026-01-01T03:00:00Z")]
    public async Task Store_ThatCouldNotBeWrittenWhileTimesPassed_DoesWhatTheTriggerSays(string missed, string expected)
    {
        await using var world = await StartAsync("2026-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *", $$""","missed":"{{missed}}" """));
        await world.SettleAsync();

        var refused = 0;
        world.Runs.Refuses = _ => Interlocked.Increment(ref refused) > 0;
        for (var hour = 1; hour <= 3; hour++)
        {
            var before = Volatile.Read(ref refused);
            world.Time.Advance(TimeSpan.FromHours(1));
            await world.UntilAsync(() => new(Volatile.Read(ref refused) > before), Step);
        }

        world.Runs.Refuses = _ => false;
        await world.UntilAsync(() => new(world.Schedule().Next == DateTimeOffset.Parse("2026-01-01T04:00:00Z")), Step);
        var atOnce = await world.SettleAsync();
        var later = await world.AdvanceAsync(TimeSpan.FromMinutes(30));

        var times = expected.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        atOnce.Should().Equal(times);
        later.Should().Equal([.. times, "2026-01-01T04:00:00Z"]);
    }

    [Theory]
    [InlineData("Once")]
    [InlineData("Skip")]
    public async Task Start_ThatIsStoredThoughItFailed_GoesOn(string missed)
    {
        await using var world = await StartAsync("2026-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *", $$""","missed":"{{missed}}" """));
        await world.SettleAsync();
        var starts = 0;
        world.Runs.SeemsToFail = append => append.FirstSeq == 0 && Interlocked.Increment(ref starts) == 1 ? new StoreUnavailableException("disk I/O error") : null;

        world.Time.Advance(TimeSpan.FromMinutes(30));
        await world.UntilAsync(() => new(world.Schedule().Next == DateTimeOffset.Parse("2026-01-01T02:00:00Z")), Step);

        await world.Runs.When(append => append.Summary.Status == RunStatus.Succeeded).WaitAsync(TimeSpan.FromSeconds(20));
        (await world.SettleAsync()).Should().Equal("2026-01-01T01:00:00Z");
    }

    // Which of the two clocks is wrong can't be known here, and a time that was dealt with is not to start a second run.
    [Fact]
    public async Task Restart_WithAClockThatWasAhead_SaysSoAndStartsNothingUntilItIsPublishedAnew()
    {
        await using var world = await StartAsync("2027-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *"));
        await world.SettleAsync();
        (await world.AdvanceAsync(TimeSpan.FromHours(1))).Should().ContainSingle();

        await world.StopAsync();
        world.Time.AdjustTime(DateTimeOffset.Parse("2026-01-01T00:30:00Z"));
        await world.StartAgainAsync();
        await world.SettleAsync();
        (await world.AdvanceAsync(TimeSpan.FromHours(1))).Should().ContainSingle();
        world.Warnings.Should().ContainSingle().Which.Should().Contain("times of flow flow up to 2027-01-01 01:00:00Z");

        world.Retract();
        await world.SettleAsync(isPublished: false);
        world.Publish(Cron("0 0 * * * *"));
        await world.SettleAsync();
        (await world.AdvanceAsync(TimeSpan.FromHours(1))).Should().Equal("2026-01-01T02:00:00Z", "2027-01-01T01:00:00Z");
    }

    [Fact]
    public async Task Restart_AfterYearsOfSeconds_StartsOneRun()
    {
        await using var world = await StartAsync("2026-01-01T00:00:00Z");
        world.Publish(Cron("* * * * * *"));
        await world.SettleAsync();

        await world.StopAsync();
        world.Time.Advance(TimeSpan.FromDays(3000));
        await world.StartAgainAsync();

        (await world.SettleAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Restart_NothingPassed_StartsNothingAgain()
    {
        await using var world = await StartAsync("2026-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *"));
        await world.SettleAsync();
        await world.AdvanceAsync(TimeSpan.FromHours(1));
        var run = (await world.Runs.ListRunsAsync("flow", null, null, 10)).Single().RunId;
        await world.Runs.DeleteRunsAsync([run]);

        await world.StopAsync();
        await world.StartAgainAsync();

        (await world.SettleAsync()).Should().BeEmpty("the run was there, and a person deleted it");
    }

    [Fact]
    public async Task Restart_DiedBetweenTheRunAndItsMark_StartsNothingTwice()
    {
        await using var world = await StartAsync("2026-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *"));
        await world.SettleAsync();
        world.Marks.Refuses = true;
        world.Time.Advance(TimeSpan.FromMinutes(30));
        await world.UntilAsync(async () => (await world.TimesAsync()).Count == 1, Step);

        await world.StopAsync();
        world.Marks.Refuses = false;
        await world.StartAgainAsync();

        (await world.SettleAsync()).Should().Equal("2026-01-01T01:00:00Z");
        world.Schedule().Last.Should().Be(DateTimeOffset.Parse("2026-01-01T01:00:00Z"));
    }

    [Fact]
    public async Task Retract_ThenPublishedAgain_StartsNothingForTheTimeBetween()
    {
        await using var world = await StartAsync("2026-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *"));
        await world.SettleAsync();

        world.Retract();
        await world.SettleAsync(isPublished: false);
        world.Time.Advance(TimeSpan.FromHours(2));
        world.Publish(Cron("0 0 * * * *"));

        (await world.SettleAsync()).Should().BeEmpty();
        (await world.AdvanceAsync(TimeSpan.FromHours(1))).Should().Equal("2026-01-01T03:00:00Z");
    }

    [Fact]
    public async Task Retract_WhileTheServerIsStopped_IsNoticed()
    {
        await using var world = await StartAsync("2026-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *"));
        await world.SettleAsync();
        await world.StopAsync();
        world.Retract();
        await world.StartAgainAsync();
        await world.UntilAsync(async () => (await world.Marks.ListAsync()).Count == 0, Step);

        world.Time.Advance(TimeSpan.FromHours(2));
        world.Publish(Cron("0 0 * * * *"));

        (await world.SettleAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task StartAt_InTheFuture_StartsOneRun()
    {
        await using var world = await StartAsync("2026-07-01T00:00:00Z");
        world.Publish(StartAt("2026-07-01 12:00", ""","timeZone":"Europe/Berlin" """));
        await world.SettleAsync();

        await world.AdvanceAsync(TimeSpan.FromHours(9.9));
        var times = await world.AdvanceAsync(TimeSpan.FromHours(30));

        times.Should().Equal("2026-07-01T10:00:00Z");
        world.Schedule().Next.Should().BeNull();
    }

    [Fact]
    public async Task StartAt_ThatHasPassed_StartsNothing()
    {
        await using var world = await StartAsync("2026-07-01T00:00:00Z");
        world.Publish(StartAt("2026-06-01T00:00:00Z"));
        await world.SettleAsync();

        (await world.AdvanceAsync(TimeSpan.FromDays(1))).Should().BeEmpty();
    }

    [Fact]
    public async Task Flows_OfTwoWithTheSameTimes_EachHaveTheirRuns()
    {
        await using var world = await StartAsync("2026-01-01T00:30:00Z");
        world.Publish(Cron("0 0 * * * *"), "one");
        world.Publish(Cron("0 0 * * * *"), "two");
        await world.SettleAsync("one");
        await world.SettleAsync("two");

        await world.AdvanceAsync(TimeSpan.FromHours(1), "one");

        (await world.SettleAsync("two")).Should().Equal("2026-01-01T01:00:00Z");
        (await world.TimesAsync("one")).Should().Equal("2026-01-01T01:00:00Z");
    }

    [Theory]
    [InlineData("Elsa.Timer", """ "interval":"00:00:00.5" """, "at least one second")]
    [InlineData("Elsa.Timer", """ "interval":{"expression":{"type":"Scriban","value":"{{ inputs.a }}"}} """, "fixed when the flow is published")]
    [InlineData("Elsa.Cron", """ "cronExpression":"0 0 25 * * *" """, "no cron expression")]
    [InlineData("Elsa.Cron", """ "cronExpression":"often" """, "no cron expression")]
    [InlineData("Elsa.Cron", """ "cronExpression":"" """, "no cron expression")]
    [InlineData("Elsa.Cron", """ "cronExpression":{"expression":{"type":"Scriban","value":"{{ inputs.a }}"}} """, "fixed when the flow is published")]
    [InlineData("Elsa.Cron", """ "cronExpression":"0 0 8 * * *","timeZone":"Europe/Nowhere" """, "no time zone 'Europe/Nowhere'")]
    [InlineData("Elsa.Cron", """ "cronExpression":"0 0 8 * * *","missed":"Never" """, "value of Once, Skip, All")]
    [InlineData("Elsa.StartAt", """ "dateTime":"tomorrow" """, "date and time")]
    [InlineData("Elsa.StartAt", """ "dateTime":{"expression":{"type":"Scriban","value":"{{ inputs.a }}"}} """, "fixed when the flow is published")]
    public void Publish_TriggerThatCannotStartTheFlow_SaysWhy(string type, string settings, string problem)
    {
        var world = new ScheduleWorld(default);

        var publish = () => world.Publish($$"""{"id":"tick","type":"{{type}}","customProperties":{"canStartWorkflow":true},{{settings}} }""");

        publish.Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle(p => p.Message.Contains(problem) && p.ActivityId == "tick");
    }

    private static Task Until(ScheduleWorld world, Func<bool> condition) => world.UntilAsync(() => ValueTask.FromResult(condition()), Step);
}
