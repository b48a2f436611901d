using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Studio;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Scheduling;

public sealed class ScheduleTests : IDisposable
{
    private const int Kills = 4;

    private readonly string _data = Directory.CreateTempSubdirectory("flowlite-schedules-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    /// <summary>The real server is killed (kill -9) at random moments, its timer ticking every other second; with a run for each missed time none may be missing, and none be there twice.</summary>
    [Fact]
    public async Task Kill_WhileATimerTicks_LosesAndDoublesNothing()
    {
        var random = new Random(1);
        for (var life = 0; life <= Kills; life++)
        {
            using var server = await StartAsync();
            using var client = await SignInAsync(server);
            if (life == 0)
            {
                await client.SaveAsync(Flow("Elsa.Timer", """ "interval":"00:00:02","missed":"All" """), publish: true);
            }

            var before = (await RunsAsync(client)).Count;
            await Eventually.UntilAsync(async () => (await RunsAsync(client)).Count > before + 1, "further runs");
            if (life == Kills)
            {
                var times = await TimesAsync(client);
                times.Should().OnlyHaveUniqueItems().And.HaveCountGreaterThan(Kills);
                times.Zip(times.Skip(1), (one, next) => next - one).Should().OnlyContain(step => step == TimeSpan.FromSeconds(2));
                return;
            }

            using var moment = new PeriodicTimer(TimeSpan.FromMilliseconds(random.Next(1, 1000)));
            await moment.WaitForNextTickAsync();
            server.Kill();
        }
    }

    [Fact]
    public async Task Schedules_OfAPublishedFlow_TellWhenItRuns()
    {
        await using var server = await TestServer.StartAsync();
        var client = await server.SignInAsync();
        await client.SaveAsync(Flow("Elsa.Cron", """ "cronExpression":"0 0 8 * * MON","timeZone":"Europe/Berlin" """));
        (await SchedulesAsync(client)).Should().BeEmpty("it is a draft");
        await client.SaveAsync(Flow("Elsa.Cron", """ "cronExpression":"0 0 8 * * MON","timeZone":"Europe/Berlin" """), publish: true);

        await Eventually.UntilAsync(async () => (await SchedulesAsync(client)).Count == 1, "the schedule");
        var schedule = (await SchedulesAsync(client)).Single();

        (schedule.Text("activityId"), schedule.Text("title"), schedule.Text("type"), schedule.Text("schedule"), schedule.Text("missedTimes"))
            .Should().Be(("tick", "Tick", "Elsa.Cron", "cron 0 0 8 * * MON Europe/Berlin", "Once"));
        var next = schedule.GetProperty("nextRun").GetDateTimeOffset();
        next.Should().BeAfter(TimeProvider.System.GetUtcNow());
        var inBerlin = TimeZoneInfo.ConvertTime(next, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        (inBerlin.DayOfWeek, inBerlin.TimeOfDay).Should().Be((DayOfWeek.Monday, TimeSpan.FromHours(8)));
        using var browser = await Browser.SignInAsync(server);
        (await PageAsync(browser)).Should().Contain("Started by the clock").And.Contain("cron 0 0 8 * * MON Europe/Berlin").And.Contain($"datetime=\"{next.UtcDateTime:yyyy-MM-ddTHH:mm:ss}");
        using var retract = await client.PostTextAsync($"{DefinitionsApi.Path}/clock/retract", "{}");
        await Eventually.UntilAsync(async () => (await SchedulesAsync(client)).Count == 0, "no schedule of a retracted flow");
        (await PageAsync(browser)).Should().NotContain("Started by the clock");
        (await client.GetAsync("/api/flows/nowhere/schedules")).StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound);
    }

    private static async Task<string> PageAsync(Browser browser)
    {
        using var page = await browser.GetAsync("/studio/workflows/definitions");
        return await page.Content.ReadAsStringAsync();
    }

    private Task<ChildProcess> StartAsync() => ChildProcess.StartAsync("FlowLite.Server", _data, new Dictionary<string, string>
    {
        ["FlowLite__DataDirectory"] = Path.Combine(_data, "data"),
        ["FlowLite__WorkflowsDirectory"] = Directory.CreateDirectory(Path.Combine(_data, "workflows")).FullName,
        ["FlowLite__AdminPassword"] = TestServer.Password,
    });

    private static async Task<HttpClient> SignInAsync(ChildProcess server)
    {
        var client = new HttpClient { BaseAddress = server.Address };
        using var answer = await client.PostAsJsonAsync("/elsa/api/identity/login", new { username = "admin", password = TestServer.Password });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("accessToken"));
        return client;
    }

    private static async Task<List<string>> RunsAsync(HttpClient client)
    {
        var runs = new List<string>();
        for (var page = "/api/flows/clock/runs?top=100"; page is not null;)
        {
            var answer = await client.GetFromJsonAsync<JsonElement>(page);
            runs.AddRange(answer.GetProperty("value").EnumerateArray().Select(run => run.Text("id")));
            page = answer.TryGetProperty("nextLink", out var next) ? next.GetString() : null;
        }

        return runs;
    }

    /// <summary>The times that started runs, as their triggers gave them out, oldest first.</summary>
    private static async Task<List<DateTimeOffset>> TimesAsync(HttpClient client)
    {
        var times = new List<DateTimeOffset>();
        foreach (var run in await RunsAsync(client))
        {
            var detail = await client.GetFromJsonAsync<JsonElement>($"/api/flows/clock/runs/{run}");
            var tick = detail.GetProperty("actions").EnumerateArray().Single(a => a.Text("name") == "Tick");
            // One that is on its way has given out nothing yet.
            if (tick.TryGetProperty("outputs", out var outputs))
            {
                times.Add(outputs.GetProperty("scheduledTime").GetDateTimeOffset());
            }
        }

        times.Sort();
        return times;
    }

    private static async Task<List<JsonElement>> SchedulesAsync(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("/api/flows/clock/schedules")).GetProperty("value").EnumerateArray()];

    private static JsonObject Flow(string type, string settings) => (JsonObject)JsonNode.Parse($$$"""
        {
          "definitionId": "clock", "name": "Clock",
          "root": {
            "id": "flow", "type": "Elsa.Flowchart", "version": 1, "name": "Flowchart1",
            "activities": [ { "id": "tick", "type": "{{{type}}}", "version": 1, "name": "Tick", "customProperties": { "canStartWorkflow": true }, {{{settings}}} } ],
            "connections": []
          }
        }
        """)!;
}
