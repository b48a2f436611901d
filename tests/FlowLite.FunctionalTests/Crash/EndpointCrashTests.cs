using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Endpoints;
using FlowLite.FunctionalTests.Support;
using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>
/// The real server is killed (kill -9) while requests come in at an HTTP endpoint and each is passed on by the flow. Every acknowledged request arrives; what
/// arrives twice carries its key twice.
/// </summary>
public sealed class EndpointCrashTests
{
    private const int Requests = 300;
    private const int Kills = 2;

    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("FLOWLITE_CRASH_ROUNDS") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Kill_WhileRequestsArePassedOn_LosesNone_AndRepeatsCarryTheirKey()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var random = new Random(round);
            await using var receiver = await Receiver.StartAsync(async http =>
            {
                using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
                await pause.WaitForNextTickAsync();
                http.Response.StatusCode = StatusCodes.Status201Created;
            });
            await RoundAsync(receiver, random);
        }
    }

    /// <summary>Where Elsa has no instance afterwards, one that never ends, or one that failed for want of its caller.</summary>
    [Fact]
    public async Task Kill_WhileACallerWaits_LosesTheCallerButNotTheRun()
    {
        var answers = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var receiver = await Receiver.StartAsync(async http =>
        {
            await answers.Task;
            http.Response.StatusCode = StatusCodes.Status201Created;
        });
        await using var world = await CrashWorld.StartAsync(await DataverseCrashTests.EmbeddedCrm.StartAsync());
        await world.PublishAsync(EndpointFlows.Sequence("waited-for", EndpointFlows.Endpoint("e", "waited-for"), Send(receiver.Address), EndpointFlows.Respond("r", "return 'taken'", "Accepted")));
        using var http = new HttpClient { BaseAddress = world.Server.Address };
        var calling = http.PostAsync("/workflows/waited-for", new StringContent("7", Encoding.UTF8, "application/json"));
        await Eventually.UntilAsync(() => !receiver.Requests.IsEmpty, "the request of the flow");

        world.Server.Kill();

        await FluentActions.Awaiting(() => calling).Should().ThrowAsync<HttpRequestException>();
        answers.SetResult();
        await world.RestartAsync();
        await Eventually.UntilAsync(() => receiver.Requests.Count > 1, "the request being sent again");
        await world.UntilAllRunsSucceededAsync("waited-for");
        receiver.Requests.Select(r => (r.Body, r.Headers["Idempotency-Key"])).Distinct().Should().ContainSingle("it is sent again with its key");
    }

    private static async Task RoundAsync(Receiver receiver, Random random)
    {
        await using var world = await CrashWorld.StartAsync(await DataverseCrashTests.EmbeddedCrm.StartAsync());
        await world.PublishAsync(Flow(receiver.Address));
        var acknowledged = new ConcurrentBag<string>();
        var next = 0;
        for (var life = 0; Volatile.Read(ref next) < Requests; life++)
        {
            using var http = new HttpClient { BaseAddress = world.Server.Address };
            var senders = Enumerable.Range(0, 16).Select(_ => SendAsync(http, acknowledged, () => Interlocked.Increment(ref next))).ToList();
            if (life < Kills)
            {
                var enough = acknowledged.Count + random.Next(20, 80);
                await Eventually.UntilAsync(() => acknowledged.Count >= enough || Volatile.Read(ref next) >= Requests, "requests being accepted");
                world.Server.Kill();
            }

            await Task.WhenAll(senders);
            if (life < Kills)
            {
                await world.RestartAsync();
            }
        }

        await world.UntilAllRunsSucceededAsync("passed-on");
        var keys = receiver.Requests.GroupBy(r => r.Body, r => r.Headers["Idempotency-Key"]).ToDictionary(g => g.Key, g => g.Distinct().ToList());
        acknowledged.Should().HaveCountGreaterThan(Requests / 2);
        acknowledged.Where(number => !keys.ContainsKey(number)).Should().BeEmpty("no acknowledged request is lost");
        keys.Where(sent => sent.Value.Count > 1).Should().BeEmpty("a request is told by its key");
    }

    private static async Task SendAsync(HttpClient http, ConcurrentBag<string> acknowledged, Func<int> next)
    {
        while (next() is var number && number <= Requests)
        {
            var body = number.ToString(CultureInfo.InvariantCulture);
            try
            {
                using var answer = await http.PostAsync("/workflows/passed-on", new StringContent(body, Encoding.UTF8, "application/json"));
                if (answer.StatusCode == HttpStatusCode.Accepted)
                {
                    acknowledged.Add(body);
                }
            }
            catch (HttpRequestException)
            {
                return;
            }
        }
    }

    // It is acknowledged first, and passed on afterwards.
    private static JsonObject Flow(Uri receiver) => EndpointFlows.Sequence(
        "passed-on",
        EndpointFlows.Endpoint("e", "passed-on"),
        EndpointFlows.Respond("r", "return 'taken'", "Accepted"),
        Send(receiver));

    private static JsonObject Send(Uri receiver) => new()
    {
        ["id"] = "send",
        ["type"] = "Elsa.FlowSendHttpRequest",
        ["version"] = 1,
        ["url"] = EndpointFlows.Input("Literal", receiver.ToString()),
        ["method"] = EndpointFlows.Input("Literal", "POST"),
        ["content"] = EndpointFlows.Input("JavaScript", "return getOutputFrom('e','ParsedContent')"),
        ["expectedStatusCodes"] = EndpointFlows.Input("Object", "[201]"),
    };
}
