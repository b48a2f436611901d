using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Runs;

/// <summary>The server as a process that is stopped or killed while its runs are under way.</summary>
public sealed class RestartTests : IAsyncLifetime, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("flowlite-restart-").FullName;
    private HeldCrm _crm = null!;
    private HeldCrm _other = null!;
    private ChildProcess _server = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _crm = await HeldCrm.StartAsync();
        _other = await HeldCrm.StartAsync("other");
        Directory.CreateDirectory(Path.Combine(_directory, "workflows"));
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        _server.Dispose();
        await _crm.DisposeAsync();
        await _other.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Terminate_WhileTheCrmIsAsked_StopsWithin10SecondsAndTheRunGoesOnInTheNextLife()
    {
        var trigger = await PublishAsync("lead", HeldCrm.Create());
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(await PostAsync(trigger, $"lead {i}"));
        }

        await _crm.UntilUnderWayAsync(5);
        var clock = Stopwatch.StartNew();
        (await _server.TerminateAsync()).Should().Be(0, _server.Output);
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));

        _crm.Open();
        await StartAsync();
        foreach (var id in ids)
        {
            var run = await EndedRunAsync("lead", id);
            run.Status().Should().Be("Succeeded");
            run.GetProperty("recoveries").GetArrayLength().Should().Be(0, "the server stopped in order");
        }

        _crm.Calls.GroupBy(c => c.Body).Should().HaveCount(5).And.OnlyContain(lead => lead.Select(c => c.Path).Distinct().Count() == 1);
    }

    [Fact]
    public async Task Kill_RunUnderWayThreeTimes_IsQuarantinedUnlessItGotFurther()
    {
        var poison = await PostAsync(await PublishAsync("poison", HeldCrm.Create()), "poison");
        // Its first attempt in each life fails and is journaled, the next one is under way when the server dies.
        var slow = await PostAsync(await PublishAsync("slow", HeldCrm.Create().Replace("\"sink\"", "\"other\"", StringComparison.Ordinal)), "slow");
        _other.Status = 503;
        for (var life = 1; life <= 3; life++)
        {
            await _crm.UntilUnderWayAsync(1);
            await _other.UntilUnderWayAsync(1);
            _other.Release(1);
            await Eventually.UntilAsync(() => _other.Answered == life && _other.UnderWay == 1, "the next attempt");
            _server.Kill();
            await _crm.UntilUnderWayAsync(0);
            await _other.UntilUnderWayAsync(0);
            await StartAsync();
        }

        await Eventually.UntilAsync(async () => (await RunAsync("poison", poison)).Status() == "Quarantined", "the quarantine");
        var run = await RunAsync("poison", poison);
        run.GetProperty("recoveries").GetArrayLength().Should().Be(2);
        var incident = run.GetProperty("incidents").EnumerateArray().Should().ContainSingle().Subject;
        incident.GetProperty("error").GetProperty("code").GetString().Should().Be("RunQuarantined");
        var listed = await _http.GetFromJsonAsync<JsonElement>("/api/flows/poison/runs?status=Quarantined");
        listed.GetProperty("value")[0].GetProperty("id").GetString().Should().Be(poison);
        _other.Status = 204;
        _other.Open();
        (await EndedRunAsync("slow", slow)).Status().Should().Be("Succeeded");
        using var resubmitted = await _http.PostAsync($"/api/flows/poison/runs/{poison}/resubmit", null);
        resubmitted.StatusCode.Should().Be(HttpStatusCode.Accepted, "a person may send it again");
    }

    private async Task StartAsync()
    {
        _http?.Dispose();
        _server?.Dispose();
        var settings = _crm.Settings.Concat(_other.Settings).ToDictionary(s => s.Key.Replace(":", "__", StringComparison.Ordinal), s => s.Value);
        settings["FlowLite__AdminPassword"] = TestServer.Password;
        _server = await ChildProcess.StartAsync("FlowLite.Server", _directory, settings);
        _http = new HttpClient { BaseAddress = _server.Address };
        using var answer = await _http.PostAsJsonAsync("/elsa/api/identity/login", new { username = "admin", password = TestServer.Password });
        var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    private async Task<string> PublishAsync(string id, string activity)
    {
        var flow = new JsonObject
        {
            ["definitionId"] = id,
            ["name"] = id,
            ["root"] = new JsonObject
            {
                ["id"] = "root",
                ["type"] = "Elsa.Sequence",
                ["activities"] = new JsonArray(new JsonObject { ["id"] = "request", ["type"] = "FlowLite.HttpRequest" }, JsonNode.Parse(activity)),
            },
        };
        using var saved = await _http.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = flow, ["publish"] = true });
        saved.IsSuccessStatusCode.Should().BeTrue(await saved.Content.ReadAsStringAsync());
        using var answer = await _http.PostAsync($"/api/flows/{id}/triggers/manual/listCallbackUrl", null);
        return new Uri((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("value").GetString()!).PathAndQuery;
    }

    private async Task<string> PostAsync(string trigger, string subject)
    {
        // The signature is all that a sender has.
        using var sender = new HttpClient { BaseAddress = _server.Address };
        using var answer = await sender.PostAsync(trigger, new StringContent($$"""{"subject":"{{subject}}"}""", Encoding.UTF8, "application/json"));
        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        return answer.Headers.GetValues("x-ms-workflow-run-id").Single();
    }

    private Task<JsonElement> RunAsync(string flow, string id) => _http.GetFromJsonAsync<JsonElement>($"/api/flows/{flow}/runs/{id}");

    private async Task<JsonElement> EndedRunAsync(string flow, string id)
    {
        JsonElement run = default;
        await Eventually.UntilAsync(async () => (run = await RunAsync(flow, id)).Status() is not ("Running" or "Waiting"), "the run's end");
        return run;
    }
}
