using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>The server as a process, a CRM that survives it, and a faulty network between them.</summary>
internal sealed class CrashWorld(ICrashCrm crm) : IAsyncDisposable
{
    private const string Password = "crash-test-password";
    public const string Connection = "crash";
    private readonly string _directory = Directory.CreateTempSubdirectory("flowlite-crash-").FullName;

    public ChildProcess Server { get; private set; } = null!;
    public required FaultyProxy Proxy { get; init; }

    /// <param name="crm">Disposed of with this world.</param>
    public static async Task<CrashWorld> StartAsync(ICrashCrm crm)
    {
        var world = new CrashWorld(crm) { Proxy = await FaultyProxy.StartAsync(crm.Address, crm.IsRecordCall) };
        await world.RestartAsync();
        return world;
    }

    public async Task RestartAsync()
    {
        Server?.Dispose();
        Directory.CreateDirectory(Path.Combine(_directory, "workflows"));
        var settings = new Dictionary<string, string>
        {
            ["FlowLite__AdminPassword"] = Password,
            // Kills follow each other faster than a slow CRM answers; what is tested here is that nothing is lost.
            ["FlowLite__Engine__CrashesBeforeQuarantine"] = "1000",
        };
        foreach (var (name, value) in crm.Connection(Proxy.Address))
        {
            settings[$"FlowLite__Connections__{Connection}__{name}"] = value;
        }

        Server = await ChildProcess.StartAsync("FlowLite.Server", _directory, settings);
    }

    /// <summary>The shipped lead flow with this CRM's record and short retries; gives its trigger's path and query.</summary>
    public async Task<string> PublishLeadFlowAsync()
    {
        var flow = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "workflows", "marketplace-lead-to-crm", "flow.json")))!;
        var create = flow["root"]!["activities"]![1]!;
        create["connection"] = Connection;
        if (crm.Record is { } record)
        {
            create["entity"] = record.Entity;
            create["fields"] = new JsonObject(record.Fields.Select(field => KeyValuePair.Create(
                field.Key, (JsonNode?)new JsonObject { ["expression"] = new JsonObject { ["type"] = "Scriban", ["value"] = field.Value } })));
        }

        create["customProperties"]!["resilienceStrategy"] =
            new JsonObject { ["type"] = "fixed", ["interval"] = "PT0.2S", ["count"] = 90 };
        await PublishAsync(flow);
        return await TriggerAsync("marketplace-lead-to-crm");
    }

    public async Task PublishAsync(JsonNode flow)
    {
        using var http = await SignedInAsync();
        using var saved = await http.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = flow, ["publish"] = true });
        saved.IsSuccessStatusCode.Should().BeTrue(await saved.Content.ReadAsStringAsync());
    }

    /// <summary>Path and query of a flow's trigger.</summary>
    public async Task<string> TriggerAsync(string flow)
    {
        using var http = await SignedInAsync();
        using var answer = await http.PostAsync($"/api/flows/{flow}/triggers/manual/listCallbackUrl", null);
        var callback = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return new Uri(callback.GetProperty("value").GetString()!).PathAndQuery;
    }

    /// <summary>How many leads the CRM holds for each e-mail address.</summary>
    public async Task<IReadOnlyDictionary<string, int>> LeadsByEmailAsync() => (await crm.EmailsAsync()).CountBy(email => email).ToDictionary();

    public async Task UntilAllRunsSucceededAsync(string flow = "marketplace-lead-to-crm")
    {
        using var http = await SignedInAsync();
        IReadOnlyList<string> statuses = [];
        try
        {
            await Eventually.UntilAsync(
                async () => (statuses = await StatusesAsync(http, flow)).All(status => status is not ("Running" or "Waiting")), "runs coming to their end", TimeSpan.FromMinutes(3));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; {await StandingAsync(http, flow, statuses)}");
        }

        var standing = statuses.All(status => status == "Succeeded") ? "" : await StandingAsync(http, flow, statuses);
        standing.Should().BeEmpty("every run succeeds once the CRM is well");
    }

    /// <summary>For the one who has to find out why: how many runs are how, one that has not succeeded, and how the connection does.</summary>
    private static async Task<string> StandingAsync(HttpClient http, string flow, IReadOnlyList<string> statuses)
    {
        var counts = string.Join(", ", statuses.CountBy(status => status).Select(count => $"{count.Value} {count.Key}"));
        var connection = await http.GetStringAsync($"/api/connections/{Connection}");
        var page = await http.GetFromJsonAsync<JsonElement>($"/api/flows/{flow}/runs?top=250");
        var open = page.GetProperty("value").EnumerateArray().LastOrDefault(run => run.GetProperty("status").GetString() != "Succeeded");
        var run = open.ValueKind == JsonValueKind.Object ? await http.GetStringAsync($"/api/flows/{flow}/runs/{open.GetProperty("id").GetString()}") : "";
        return $"{counts}. Connection: {connection}. One that has not succeeded: {run}";
    }

    /// <summary>Each run by itself: of counts by status, a run that goes from waiting to running between two of them would be in neither.</summary>
    private static async Task<IReadOnlyList<string>> StatusesAsync(HttpClient http, string flow)
    {
        var statuses = new List<string>();
        for (var next = $"/api/flows/{flow}/runs?top=250"; next is not null;)
        {
            var page = await http.GetFromJsonAsync<JsonElement>(next);
            statuses.AddRange(page.GetProperty("value").EnumerateArray().Select(run => run.GetProperty("status").GetString()!));
            next = page.TryGetProperty("nextLink", out var link) ? link.GetString() : null;
        }

        return statuses;
    }

    private async Task<HttpClient> SignedInAsync()
    {
        var http = new HttpClient { BaseAddress = Server.Address };
        using var answer = await http.PostAsJsonAsync("/elsa/api/identity/login", new { username = "admin", password = Password });
        var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    public async ValueTask DisposeAsync()
    {
        Server.Dispose();
        await Proxy.DisposeAsync();
        await crm.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
