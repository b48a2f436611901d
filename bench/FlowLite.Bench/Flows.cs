using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowLite.Bench;

/// <summary>The flows that are measured, put in through the API as the Studio does.</summary>
internal sealed class FlowLiteClient(Uri server) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server };

    public async Task LoginAsync(string password)
    {
        var answer = await _http.PostAsJsonAsync("/elsa/api/identity/login", new { username = "admin", password });
        var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Publishes the flow and gives its trigger URL on the server's own address.</summary>
    public async Task<Uri> PublishAsync(JsonNode flow)
    {
        var saved = await _http.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = flow, ["publish"] = true });
        if (!saved.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"The flow was refused: {await saved.Content.ReadAsStringAsync()}");
        }

        var id = (string)flow["definitionId"]!;
        var url = await _http.PostAsync($"/api/flows/{id}/triggers/manual/listCallbackUrl", null);
        var callback = await url.Content.ReadFromJsonAsync<JsonElement>();
        return new Uri(server, new Uri(callback.GetProperty("value").GetString()!).PathAndQuery);
    }

    /// <summary>How many runs wait for a connection on disk.</summary>
    public async Task<long> WaitingAsync(string connection) =>
        (await _http.GetFromJsonAsync<JsonElement>($"/api/connections/{connection}")).GetProperty("health").GetProperty("waiting").GetInt64();

    public static JsonNode LeadFlow(string id, string connection = "embedded")
    {
        var folder = AppContext.BaseDirectory;
        var flow = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "lead-flow.json")))!;
        flow["definitionId"] = id;
        flow["root"]!["activities"]![1]!["connection"] = connection;
        return flow;
    }

    /// <summary>A flow that only waits.</summary>
    public static JsonNode WaitingFlow(string id, string duration)
    {
        var flow = LeadFlow(id);
        flow["root"]!["activities"]![1] = new JsonObject
        {
            ["id"] = "create",
            ["type"] = "Elsa.Delay",
            ["version"] = 1,
            ["name"] = "Wait",
            ["timeSpan"] = new JsonObject { ["expression"] = new JsonObject { ["type"] = "Literal", ["value"] = duration } },
        };
        return flow;
    }

    public void Dispose() => _http.Dispose();
}
