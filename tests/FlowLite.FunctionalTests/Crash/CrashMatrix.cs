using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>
/// The promise of the product, held to each connector: the real server is killed (kill -9) at random moments while leads come in,
/// and the CRM is slow, loses answers, answers 503 or is down. No acknowledged lead is lost, none is created twice; the CRM itself
/// is asked. A few rounds here; FLOWLITE_CRASH_ROUNDS=200 for more.
/// </summary>
public abstract class CrashMatrix
{
    /// <summary>One after the other: each has processes of its own and wants the machine.</summary>
    public const string Collection = "Crash";

    private static readonly int? GivenRounds =
        int.TryParse(Environment.GetEnvironmentVariable("FLOWLITE_CRASH_ROUNDS"), CultureInfo.InvariantCulture, out var rounds) ? rounds : null;

    private protected abstract Task<ICrashCrm> StartCrmAsync();

    /// <summary>How many leads a round sends.</summary>
    protected virtual int Leads => 100;

    /// <summary>Where FLOWLITE_CRASH_ROUNDS says nothing.</summary>
    protected virtual int Rounds => 1;

    /// <summary>The part of calls that go wrong; less where a lead is several calls that all have to go right.</summary>
    protected virtual double Faults => 0.3;

    /// <summary>False for connectors that only promise at least once: the same without the second half.</summary>
    protected virtual bool CreatesOnce => true;

    [Fact]
    public Task Kill_WhileTheCrmTakes200Milliseconds_LosesAndDoublesNothing() =>
        RoundsAsync(proxy => proxy.Latency = TimeSpan.FromMilliseconds(200));

    [Fact]
    public Task Kill_WhileTheCrmCommitsButItsAnswersGetLost_LosesAndDoublesNothing() =>
        RoundsAsync(proxy => (proxy.Latency, proxy.LostAnswers) = (TimeSpan.FromMilliseconds(20), Faults));

    [Fact]
    public Task Kill_WhileTheCrmAnswers503ForAThird_LosesAndDoublesNothing() =>
        RoundsAsync(proxy => (proxy.Latency, proxy.Unavailable) = (TimeSpan.FromMilliseconds(20), Faults));

    [Fact]
    public Task Kill_WhileTheCrmIsDownAcrossTheRestart_LosesAndDoublesNothing() =>
        RoundsAsync(proxy => proxy.Down = true, onRestarted: proxy => proxy.Down = false);

    private async Task RoundsAsync(Action<FaultyProxy> fault, Action<FaultyProxy>? onRestarted = null)
    {
        for (var round = 0; round < (GivenRounds ?? Rounds); round++)
        {
            await using var world = await CrashWorld.StartAsync(await StartCrmAsync());
            fault(world.Proxy);
            await RoundAsync(world, new Random(round), onRestarted);
        }
    }

    private async Task RoundAsync(CrashWorld world, Random random, Action<FaultyProxy>? onRestarted)
    {
        var trigger = await world.PublishLeadFlowAsync();
        var acknowledged = new ConcurrentBag<string>();
        var next = 0;
        var kills = 0;
        while (Volatile.Read(ref next) < Leads)
        {
            using var http = new HttpClient { BaseAddress = world.Server.Address };
            // Few enough that two kills cost less than half of the leads their answer.
            var senders = Enumerable.Range(0, Math.Clamp(Leads / 10, 2, 24)).Select(_ => SendAsync(http, trigger, acknowledged, () => Interlocked.Increment(ref next))).ToList();
            if (kills < 2)
            {
                // At a random point of what this life accepts, not at a random time of an unknown machine.
                var enough = acknowledged.Count + random.Next(Leads / 25, Leads * 3 / 10);
                await Eventually.UntilAsync(() => acknowledged.Count >= enough || Volatile.Read(ref next) >= Leads, "leads being accepted");
                world.Server.Kill();
                kills++;
            }

            await Task.WhenAll(senders);
            if (kills <= 2)
            {
                await world.RestartAsync();
            }
        }

        world.Server.Kill();
        await world.RestartAsync();
        onRestarted?.Invoke(world.Proxy);
        await world.UntilAllRunsSucceededAsync();

        var created = await world.LeadsByEmailAsync();
        acknowledged.Should().HaveCountGreaterThan(Leads / 2);
        acknowledged.Where(email => !created.ContainsKey(email)).Should().BeEmpty("no acknowledged lead is lost");
        if (CreatesOnce)
        {
            created.Where(lead => lead.Value > 1).Should().BeEmpty("no lead is created twice");
        }
    }

    /// <summary>Sends leads until they are used up or the server dies. As the marketplace does, it sends none again.</summary>
    private async Task SendAsync(HttpClient http, string trigger, ConcurrentBag<string> acknowledged, Func<int> next)
    {
        while (true)
        {
            var number = next();
            if (number > Leads)
            {
                return;
            }

            var email = $"lead{number}@contoso.com";
            var lead = JsonSerializer.Serialize(new { UserDetails = new { FirstName = "Some", LastName = "One", Email = email }, LeadSource = "AzureMarketplace", OfferTitle = "Test" });
            try
            {
                using var answer = await http.PostAsync(trigger, new StringContent(lead, Encoding.UTF8, "application/json"));
                if (answer.StatusCode == HttpStatusCode.Accepted)
                {
                    acknowledged.Add(email);
                }
            }
            catch (HttpRequestException)
            {
                return;
            }
        }
    }
}
