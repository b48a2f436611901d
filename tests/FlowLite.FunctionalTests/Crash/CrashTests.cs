using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>
/// The promise of the product: the real server is killed (kill -9) at random moments while leads come in; no acknowledged
/// lead is lost, none is created twice. A few rounds here; FLOWLITE_CRASH_ROUNDS=200 for more.
/// </summary>
public sealed class CrashTests
{
    private const int Leads = 500;

    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("FLOWLITE_CRASH_ROUNDS") ?? "2", CultureInfo.InvariantCulture);

    [Fact]
    public Task Kill_WhileTheCrmTakes200Milliseconds_LosesAndDoublesNothing() =>
        RoundsAsync(proxy => proxy.Latency = TimeSpan.FromMilliseconds(200));

    [Fact]
    public Task Kill_WhileTheCrmCommitsButItsAnswersGetLost_LosesAndDoublesNothing() =>
        RoundsAsync(proxy => (proxy.Latency, proxy.LostAnswers) = (TimeSpan.FromMilliseconds(20), 0.3));

    [Fact]
    public Task Kill_WhileTheCrmAnswers503ForAThird_LosesAndDoublesNothing() =>
        RoundsAsync(proxy => (proxy.Latency, proxy.Unavailable) = (TimeSpan.FromMilliseconds(20), 0.3));

    [Fact]
    public Task Kill_WhileTheCrmIsDownAcrossTheRestart_LosesAndDoublesNothing() =>
        RoundsAsync(proxy => proxy.Down = true, onRestarted: proxy => proxy.Down = false);

    private static async Task RoundsAsync(Action<FaultyProxy> fault, Action<FaultyProxy>? onRestarted = null)
    {
        for (var round = 0; round < Rounds; round++)
        {
            await using var world = await CrashWorld.StartAsync();
            fault(world.Proxy);
            await RoundAsync(world, new Random(round), onRestarted);
        }
    }

    private static async Task RoundAsync(CrashWorld world, Random random, Action<FaultyProxy>? onRestarted)
    {
        var trigger = await world.PublishLeadFlowAsync();
        var acknowledged = new ConcurrentBag<string>();
        var next = 0;
        var kills = 0;
        while (Volatile.Read(ref next) < Leads)
        {
            using var http = new HttpClient { BaseAddress = world.Server.Address };
            var senders = Enumerable.Range(0, 24).Select(_ => SendAsync(http, trigger, acknowledged, () => Interlocked.Increment(ref next))).ToList();
            if (kills < 2)
            {
                // At a random point of what this life accepts, not at a random time of an unknown machine.
                var enough = acknowledged.Count + random.Next(20, 150);
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
        created.Where(lead => lead.Value > 1).Should().BeEmpty("no lead is created twice");
    }

    /// <summary>Sends leads until they are used up or the server dies. As the marketplace does, it sends none again.</summary>
    private static async Task SendAsync(HttpClient http, string trigger, ConcurrentBag<string> acknowledged, Func<int> next)
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
