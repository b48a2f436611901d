using static FlowLite.Tests.Scheduling.ScheduleWorld;

namespace FlowLite.Tests.Scheduling;

/// <summary>
/// Cron over the clock changes of 2026. Berlin: forward at 2:00 on 29 March, back at 3:00 on 25 October. New York: forward at 2:00 on 8 March, back at 2:00 on
/// 1 November. Lord Howe, by half an hour: back at 2:00 on 5 April, forward at 2:00 on 4 October.
/// </summary>
public sealed class ClockChangeTests
{
    private const string Berlin = "Europe/Berlin";
    private const string NewYork = "America/New_York";
    private const string LordHowe = "Australia/Lord_Howe";

    /// <summary>A daily time that is left out or comes twice, noon before it, and the run of that day with those of the days around it.</summary>
    public static TheoryData<string, string, string, string> Changes => new()
    {
        { Berlin, "0 30 2 * * *", "2026-03-27T12:00:00Z", "2026-03-28T01:30:00Z 2026-03-29T01:00:00Z 2026-03-30T00:30:00Z" },
        { Berlin, "0 30 2 * * *", "2026-10-23T12:00:00Z", "2026-10-24T00:30:00Z 2026-10-25T00:30:00Z 2026-10-26T01:30:00Z" },
        { NewYork, "0 30 2 * * *", "2026-03-06T12:00:00Z", "2026-03-07T07:30:00Z 2026-03-08T07:00:00Z 2026-03-09T06:30:00Z" },
        { NewYork, "0 30 1 * * *", "2026-10-30T12:00:00Z", "2026-10-31T05:30:00Z 2026-11-01T05:30:00Z 2026-11-02T06:30:00Z" },
        { LordHowe, "0 45 1 * * *", "2026-04-03T01:00:00Z", "2026-04-03T14:45:00Z 2026-04-04T14:45:00Z 2026-04-05T15:15:00Z" },
        { LordHowe, "0 15 2 * * *", "2026-10-02T01:00:00Z", "2026-10-02T15:45:00Z 2026-10-03T15:30:00Z 2026-10-04T15:15:00Z" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Cron_Daily_AsTimePasses_StartsOneRunADay(string zone, string cron, string noon, string expected)
    {
        await using var world = await StartAsync(noon);
        world.Publish(In(zone, cron, "Once"));
        await world.SettleAsync();

        for (var quarters = 0; quarters < 3 * 24 * 4; quarters++)
        {
            await world.AdvanceAsync(TimeSpan.FromMinutes(15));
        }

        (await world.TimesAsync()).Should().Equal(expected.Split(' '));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Cron_Daily_StoppedOverTheChange_MissesWhatTheClockShowedOnce(string zone, string cron, string noon, string expected)
    {
        foreach (var (missed, times) in new[] { ("All", expected.Split(' ')), ("Once", expected.Split(' ')[^1..]), ("Skip", []) })
        {
            await using var world = await StartAsync(noon);
            world.Publish(In(zone, cron, missed));
            await world.SettleAsync();

            await world.StopAsync();
            world.Time.Advance(TimeSpan.FromDays(3));
            await world.StartAgainAsync();

            (await world.SettleAsync()).Should().Equal(times, missed);
        }
    }

    [Theory]
    [InlineData(Berlin, "0 30 2 * * *", "2026-10-25T00:30:00Z", 60)]
    [InlineData(NewYork, "0 30 1 * * *", "2026-11-01T05:30:00Z", 60)]
    [InlineData(LordHowe, "0 45 1 * * *", "2026-04-04T14:45:00Z", 30)]
    public async Task Cron_Daily_StoppedBetweenATimeAndItsRepeat_IsNotStartedTwice(string zone, string cron, string time, int repeatedAfter)
    {
        await using var world = await StartAsync(Z(DateTimeOffset.Parse(time).AddMinutes(-5)));
        world.Publish(In(zone, cron, "All"));
        await world.SettleAsync();
        (await world.AdvanceAsync(TimeSpan.FromMinutes(10))).Should().Equal(time);

        await world.StopAsync();
        world.Time.Advance(TimeSpan.FromMinutes(repeatedAfter));
        await world.StartAgainAsync();

        (await world.SettleAsync()).Should().Equal(time);
    }

    [Theory]
    [InlineData(Berlin, "2026-03-28T23:00:00Z", 46)]
    [InlineData(Berlin, "2026-10-24T22:00:00Z", 50)]
    [InlineData(NewYork, "2026-03-08T05:00:00Z", 46)]
    [InlineData(NewYork, "2026-11-01T04:00:00Z", 50)]
    [InlineData(LordHowe, "2026-04-04T13:00:00Z", 49)]
    [InlineData(LordHowe, "2026-10-03T13:30:00Z", 47)]
    public async Task Cron_EachHalfHourOnADayThatTheClocksChange_MissesAndDoublesNothing(string zone, string midnight, int halfHours)
    {
        await using var world = await StartAsync(midnight);
        world.Publish(In(zone, "0,30 * * * *", "All"));
        await world.SettleAsync();

        var times = await world.AdvanceAsync(TimeSpan.FromMinutes(30 * halfHours));

        times.Should().Equal(Enumerable.Range(1, halfHours).Select(i => Z(DateTimeOffset.Parse(midnight).AddMinutes(30 * i))));
    }

    private static string In(string zone, string cron, string missed) => Cron(cron, $$""","timeZone":"{{zone}}","missed":"{{missed}}" """);
}
