using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Connectors;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Runs;

/// <summary>A CRM that is down or slow: who waits for it, where, and how they go on.</summary>
public sealed class ConnectionGateTests : IAsyncLifetime
{
    private FakeCrm _crm = null!;

    public async Task InitializeAsync() => _crm = await FakeCrm.StartAsync();

    public async Task DisposeAsync() => await _crm.DisposeAsync();

    [Fact]
    public async Task Outage_OfACrm_LetsRunsWaitWithoutASlotAndGoOnByThemselvesWhenItIsBack()
    {
        await using var host = await TriggerHost.StartAsync(null, Settings());
        var flow = await host.PublishAsync("down", "", HeldCrm.Create("""{"type":"fixed","interval":"PT0.1S","count":10}"""));
        _crm.Answers.Enqueue(FakeCrm.Status(503));

        await host.AcceptedAsync(flow, leads: 200);
        await host.UntilAsync("down", RunStatus.Suspended, 200);
        await Eventually.UntilAsync(() => host.Services.GetRequiredService<RunService>().Dispatcher.ActiveRuns == 0, "slots given back");
        var health = await HealthAsync(host);
        health.GetProperty("state").GetString().Should().BeOneOf("down", "trying");
        health.GetProperty("downSince").GetDateTimeOffset().Should().BeBefore(DateTimeOffset.MaxValue);
        await Eventually.UntilAsync(async () => (await HealthAsync(host)).GetProperty("waiting").GetInt32() >= 190, "those that called come to the gate when they try once more");
        health.GetProperty("lastOutage").GetProperty("code").GetString().Should().Be("Http503");
        _crm.RecordCalls.Should().HaveCountLessThan(120, "whoever comes to an open circuit does not call");

        var waiting = await host.RunAsync("down", (await host.Services.GetRequiredService<IRunStore>().ListRunsAsync("down", null, null, 1))[0].RunId.ToString());
        waiting.Action("Create").GetProperty("error").GetProperty("code").GetString().Should().Be("ConnectionDown");
        waiting.Action("Create").GetProperty("attempts").GetArrayLength().Should().Be(0, "waiting is no attempt");

        Answer(FakeCrm.Status(204));
        await host.UntilAsync("down", RunStatus.Succeeded, 200);
        (await HealthAsync(host)).GetProperty("state").GetString().Should().Be("up");
        _crm.RecordCalls.GroupBy(c => c.Path).Should().HaveCount(201, "200 leads, and the probe's question who it is");
    }

    [Fact]
    public async Task RetryAfter_LongerThanAnybodyIsBelieved_WaitsAtTheGateAndIsAskedBefore()
    {
        await using var host = await TriggerHost.StartAsync(null, Settings());
        var flow = await host.PublishAsync("long", "", HeldCrm.Create("""{"type":"fixed","interval":"PT0.1S","count":10}"""));
        _crm.Answers.Enqueue(FakeCrm.Json(503, "{}", ("Retry-After", "36000")));

        await host.AcceptedAsync(flow, leads: 1);

        await Eventually.UntilAsync(async () => (await HealthAsync(host)).GetProperty("waiting").GetInt32() == 1, "the run at the gate, and not at a timer of ten hours");
        var health = await HealthAsync(host);
        (health.GetProperty("nextProbe").GetDateTimeOffset() - health.GetProperty("lastOutage").GetProperty("at").GetDateTimeOffset()).Should().BeCloseTo(TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Outage_OverARestart_IsWaitedForOnDiskAndEndsInOrderOfArrival()
    {
        await using var host = await TriggerHost.StartAsync(null, [.. Settings(), "FlowLite:Connections:sink:CallsAtOnce=1"]);
        var flow = await host.PublishAsync("later", "\"concurrency\":1", HeldCrm.Create("""{"type":"fixed","interval":"PT0.1S","count":50}"""));
        _crm.Answers.Enqueue(FakeCrm.Status(503));
        for (var lead = 1; lead <= 30; lead++)
        {
            await host.AcceptedAsync(flow, $$"""{"subject":"{{lead}}"}""");
        }

        await Eventually.UntilAsync(async () => (await HealthAsync(host)).GetProperty("waiting").GetInt32() == 1, "the first at the gate, and the others behind it");
        await host.StopAsync();
        await _crm.DisposeAsync();
        _crm = await FakeCrm.StartAsync();
        await host.StartAgainAsync(Settings());
        await host.UntilAsync("later", RunStatus.Succeeded, 30);

        Subjects().Should().Equal(Enumerable.Range(1, 30));
    }

    [Fact]
    public async Task Outage_OfEveryOtherCall_KeepsLeadsInOrderWhereTheFlowAsksForIt()
    {
        await using var host = await TriggerHost.StartAsync(null, [.. Settings(), "FlowLite:Engine:BacklogWindow=4"]);
        var flow = await host.PublishAsync("ordered", "\"concurrency\":1", HeldCrm.Create("""{"type":"fixed","interval":"PT0.1S","count":50}"""));
        for (var call = 0; call < 40; call++)
        {
            _crm.Answers.Enqueue(FakeCrm.Status(call % 2 == 0 ? 503 : 204));
        }

        for (var lead = 1; lead <= 20; lead++)
        {
            await host.AcceptedAsync(flow, $$"""{"subject":"{{lead}}"}""");
        }

        await host.UntilAsync("ordered", RunStatus.Succeeded, 20);
        Subjects().Should().Equal(Enumerable.Range(1, 20).SelectMany(lead => new[] { lead, lead }), "each is refused once before its record is made");
    }

    [Fact]
    public async Task Outage_OfAFlowWithoutALine_IsMadeUpForOldestFirst()
    {
        await using var host = await TriggerHost.StartAsync(null, Settings());
        var flow = await host.PublishAsync("many", "", HeldCrm.Create("""{"type":"fixed","interval":"PT0.1S","count":50}"""));
        _crm.Answers.Enqueue(FakeCrm.Status(503));
        for (var lead = 1; lead <= 60; lead++)
        {
            await host.AcceptedAsync(flow, $$"""{"subject":"{{lead}}"}""");
        }

        await host.UntilAsync("many", RunStatus.Suspended, 60);
        await Eventually.UntilAsync(async () => (await HealthAsync(host)).GetProperty("waiting").GetInt32() == 60, "all runs at the gate");
        _crm.Calls.Clear();
        Answer(FakeCrm.Status(204));
        await host.UntilAsync("many", RunStatus.Succeeded, 60);

        var made = Subjects();
        made.Select((lead, place) => Math.Abs(lead - place)).Average().Should().BeLessThan(15, "in any order it would be 20, backwards 30: " + string.Join(",", made));
    }

    /// <summary>What the CRM was asked to make, in order.</summary>
    private List<int> Subjects() =>
        [.. _crm.RecordCalls.Where(c => c.Body.Length > 0).Select(c => int.Parse(JsonElement.Parse(c.Body).GetProperty("subject").GetString()!, CultureInfo.InvariantCulture))];

    [Fact]
    public async Task Slow_Crm_HasNoMoreCallsThanItsLimitAndHoldsNoSlotsOfTheFlow()
    {
        await using var crm = await HeldCrm.StartAsync();
        await using var host = await TriggerHost.StartAsync(null, [.. crm.Arguments, "FlowLite:Connections:sink:CallsAtOnce=4"]);
        var flow = await host.PublishAsync("slow", "", HeldCrm.Create());

        await host.AcceptedAsync(flow, leads: 60);
        await host.UntilAsync("slow", RunStatus.Suspended, 56);
        await Eventually.UntilAsync(() => host.Services.GetRequiredService<RunService>().Dispatcher.ActiveRuns == 4, "slots given back");
        crm.Open();
        await host.UntilAsync("slow", RunStatus.Succeeded, 60);

        crm.MostUnderWay.Should().Be(4);
    }

    [Fact]
    public async Task Outage_OfOneCrm_DoesNotHoldUpAnother()
    {
        await using var host = await TriggerHost.StartAsync(null, Settings());
        var down = await host.PublishAsync("down", "", HeldCrm.Create());
        var up = await host.PublishAsync("up", "", HeldCrm.Create().Replace("\"sink\"", "\"embedded\"", StringComparison.Ordinal));
        _crm.Answers.Enqueue(FakeCrm.Status(503));
        await host.AcceptedAsync(down, leads: 300);

        await host.AcceptedAsync(up, leads: 100);

        await host.UntilAsync("up", RunStatus.Succeeded, 100);
        (await host.CountAsync("down", RunStatus.Succeeded)).Should().Be(0);
    }

    [Fact]
    public async Task Calls_OfWhichTheFirstToEndFail_DoNotMakeTheCrmOneThatIsDown()
    {
        await using var host = await TriggerHost.StartAsync(null, [.. Settings(), "FlowLite:Connections:sink:CallsAtOnce=20"]);
        var flow = await host.PublishAsync("lossy", "", HeldCrm.Create("""{"type":"fixed","interval":"PT0.1S","count":50}"""));
        var (arrived, failed) = (0, 0);
        var (allThere, allFailed) = (new TaskCompletionSource(), new TaskCompletionSource());
        _crm.Answers.Enqueue(async context =>
        {
            var number = Interlocked.Increment(ref arrived);
            if (number == 20)
            {
                allThere.SetResult();
            }

            await allThere.Task;
            if (number <= 10)
            {
                context.Response.StatusCode = 503;
                context.Response.OnCompleted(() =>
                {
                    if (Interlocked.Increment(ref failed) == 10)
                    {
                        allFailed.SetResult();
                    }

                    return Task.CompletedTask;
                });
                return;
            }

            await allFailed.Task;
            context.Response.StatusCode = 204;
        });

        await host.AcceptedAsync(flow, leads: 20);
        await host.UntilAsync("lossy", RunStatus.Succeeded, 20);

        (await HealthAsync(host)).GetProperty("lastOutage").GetProperty("code").GetString().Should().Be("Http503");
        foreach (var run in await host.Services.GetRequiredService<IRunStore>().ListRunsAsync("lossy", null, null, 20))
        {
            var create = (await host.RunAsync("lossy", run.RunId.ToString())).Action("Create");
            create.GetProperty("attempts").GetArrayLength().Should().BeLessThanOrEqualTo(2, "half of the calls under way were still to be answered");
        }

        _crm.RecordCalls.Where(call => call.Body.Length > 0).Should().HaveCount(30, "20 leads, 10 of them twice");
    }

    [Fact]
    public async Task Outage_UnderAPolicyWithoutRetries_FailsAtOnce()
    {
        await using var host = await TriggerHost.StartAsync(null, Settings());
        var patient = await host.PublishAsync("patient", "", HeldCrm.Create("""{"type":"fixed","interval":"PT0.1S","count":50}"""));
        var hasty = await host.PublishAsync("hasty", "", HeldCrm.Create("""{"type":"none"}"""));
        _crm.Answers.Enqueue(FakeCrm.Status(503));
        await host.AcceptedAsync(patient, leads: 10);
        await host.UntilAsync("patient", RunStatus.Suspended, 10);

        var run = await host.EndedRunAsync("hasty", await host.AcceptedAsync(hasty));

        run.Status().Should().Be("Failed");
        run.Action("Create").GetProperty("error").GetProperty("code").GetString().Should().BeOneOf("ConnectionDown", "Http503");
    }

    [Fact]
    public async Task Connection_ThatIsSetRight_LetsWhoWaitsGoOnAtOnce()
    {
        await using var host = await TriggerHost.StartAsync();
        var values = new Dictionary<string, string>
        {
            ["Url"] = "http://127.0.0.1:9",
            ["TokenUrl"] = _crm.Url + "/token",
            ["ClientId"] = "flowlite",
            ["ClientSecret"] = "sink-secret",
        };
        using var made = await host.Api.PostAsJsonAsync("/api/connections", new { name = "sink", kind = "dataverse", values });
        made.EnsureSuccessStatusCode();
        var flow = await host.PublishAsync("wrong", "", HeldCrm.Create("""{"type":"fixed","interval":"PT0.1S","count":50}"""));
        await host.AcceptedAsync(flow, leads: 20);
        await Eventually.UntilAsync(async () => (await HealthAsync(host)).GetProperty("waiting").GetInt32() > 10, "runs that wait");

        values["Url"] = _crm.Url;
        using var changed = await host.Api.PutAsJsonAsync("/api/connections/sink", new { values });
        changed.EnsureSuccessStatusCode();

        await host.UntilAsync("wrong", RunStatus.Succeeded, 20);
    }

    private static async Task<JsonElement> HealthAsync(TriggerHost host) =>
        (await host.Api.GetFromJsonAsync<JsonElement>("/api/connections/sink")).GetProperty("health");

    private void Answer(Func<Microsoft.AspNetCore.Http.HttpContext, Task> answer)
    {
        _crm.Answers.Enqueue(answer);
        _crm.Answers.TryDequeue(out _);
    }

    private string[] Settings() => [.. new Dictionary<string, string>
    {
        ["Kind"] = "dataverse",
        ["Url"] = _crm.Url,
        ["TokenUrl"] = _crm.Url + "/token",
        ["ClientId"] = "flowlite",
        ["ClientSecret"] = "sink-secret",
    }.Select(s => $"FlowLite:Connections:sink:{s.Key}={s.Value}")];
}
