using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>The server as a process, the CRM as another that survives it, and a faulty network between them.</summary>
internal sealed class CrashWorld : IAsyncDisposable
{
    private const string Password = "crash-test-password";
    private const string Secret = "crash-test-secret";
    private readonly string _directory = Directory.CreateTempSubdirectory("flowlite-crash-").FullName;
    private ChildProcess _crm = null!;

    public ChildProcess Server { get; private set; } = null!;
    public FaultyProxy Proxy { get; private set; } = null!;

    public static async Task<CrashWorld> StartAsync()
    {
        var world = new CrashWorld();
        world._crm = await ChildProcess.StartAsync("FlowLite.Crm", world._directory, new Dictionary<string, string>
        {
            ["Crm__DataDirectory"] = Path.Combine(world._directory, "crm"),
            ["Crm__ClientId"] = "flowlite",
            ["Crm__ClientSecret"] = Secret,
        });
        world.Proxy = await FaultyProxy.StartAsync(world._crm.Address);
        await world.RestartAsync();
        return world;
    }

    public async Task RestartAsync()
    {
        Server?.Dispose();
        Directory.CreateDirectory(Path.Combine(_directory, "workflows"));
        Server = await ChildProcess.StartAsync("FlowLite.Server", _directory, new Dictionary<string, string>
        {
            ["FlowLite__AdminPassword"] = Password,
            // Kills follow each other faster than a slow CRM answers; what is tested here is that nothing is lost.
            ["FlowLite__Engine__CrashesBeforeQuarantine"] = "1000",
            ["FlowLite__Connections__embedded__Kind"] = "dataverse",
            ["FlowLite__Connections__embedded__Url"] = new Uri(Proxy.Address, "crm").ToString(),
            ["FlowLite__Connections__embedded__TokenUrl"] = new Uri(Proxy.Address, "crm/oauth2/v2.0/token").ToString(),
            ["FlowLite__Connections__embedded__ClientId"] = "flowlite",
            ["FlowLite__Connections__embedded__ClientSecret"] = Secret,
        });
    }

    /// <summary>The shipped lead flow with short retries; gives its trigger's path and query.</summary>
    public async Task<string> PublishLeadFlowAsync()
    {
        var flow = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "workflows", "marketplace-lead-to-crm", "flow.json")))!;
        flow["root"]!["activities"]![1]!["customProperties"]!["resilienceStrategy"] =
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

    public async Task UntilAllRunsSucceededAsync(string flow = "marketplace-lead-to-crm")
    {
        using var http = await SignedInAsync();
        IReadOnlyList<string> statuses = [];
        await Eventually.UntilAsync(
            async () => (statuses = await StatusesAsync(http, flow)).All(status => status is not ("Running" or "Waiting")), "runs coming to their end", TimeSpan.FromMinutes(2));
        statuses.Should().OnlyContain(status => status == "Succeeded", "every run succeeds once the CRM is well");
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

    /// <summary>How many leads the CRM has, by e-mail address.</summary>
    public async Task<Dictionary<string, int>> LeadsByEmailAsync()
    {
        using var http = new HttpClient { BaseAddress = _crm.Address };
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = "flowlite",
            ["client_secret"] = Secret,
        });
        using var token = await http.PostAsync("/crm/oauth2/v2.0/token", form);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer", (await token.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString());
        var emails = new List<string>();
        for (var next = "/crm/api/data/v9.2/leads?$select=emailaddress1"; next is not null;)
        {
            var page = await http.GetFromJsonAsync<JsonElement>(next);
            emails.AddRange(page.GetProperty("value").EnumerateArray().Select(lead => lead.GetProperty("emailaddress1").GetString()!));
            next = page.TryGetProperty("@odata.nextLink", out var link) ? link.GetString() : null;
        }

        return emails.GroupBy(e => e).ToDictionary(g => g.Key, g => g.Count());
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
        _crm.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
