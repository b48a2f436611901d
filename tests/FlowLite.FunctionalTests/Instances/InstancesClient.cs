using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Instances;

/// <summary>Calls of the instances API as the Studio makes them.</summary>
internal static class InstancesClient
{
    public const string Root = "/elsa/api/workflow-instances";

    public static async Task<JsonElement> PostJsonAsync(this HttpClient client, string path, string body, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var answer = await client.PostTextAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.Should().Be(status, text);
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    public static Task<JsonElement> InstancesAsync(this HttpClient client, string body) => client.PostJsonAsync(Root, body);

    public static Task<JsonElement> InstanceAsync(this HttpClient client, string id) => client.GetFromJsonAsync<JsonElement>($"{Root}/{id}");

    /// <summary>The instance once it has that substatus.</summary>
    public static async Task<JsonElement> InstanceAsync(this HttpClient client, string id, string subStatus)
    {
        JsonElement instance = default;
        await Eventually.UntilAsync(async () => (instance = await client.InstanceAsync(id)).Text("subStatus") == subStatus, $"{id} {subStatus}");
        return instance;
    }

    public static string[] Ids(this JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!)];

    public static string[] Each(this JsonElement page, string member) => [.. page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty(member).ToString())];

    /// <summary>The names of an object's members, to compare with a contract.</summary>
    public static string[] Members(this JsonElement json) => [.. json.EnumerateObject().Select(m => m.Name)];

    /// <summary>Publishes a flow of these activities, in a flowchart called <c>flow</c>, without a trigger.</summary>
    public static async Task<WorkflowDefinition> PublishChartAsync(this TriggerHost host, string id, params string[] activities)
    {
        var parsed = activities.Select(a => JsonNode.Parse(a)!).ToList();
        var connections = parsed.Zip(parsed.Skip(1), (from, to) => (JsonNode)new JsonObject
        {
            ["source"] = new JsonObject { ["activity"] = from["id"]!.GetValue<string>(), ["port"] = "Done" },
            ["target"] = new JsonObject { ["activity"] = to["id"]!.GetValue<string>(), ["port"] = "In" },
        });
        return await host.PublishRootAsync(id, new JsonObject
        {
            ["id"] = "flow",
            ["type"] = "Elsa.Flowchart",
            ["version"] = 1,
            ["name"] = "Flowchart1",
            ["activities"] = new JsonArray([.. parsed]),
            ["connections"] = new JsonArray([.. connections]),
        }.ToJsonString());
    }

    /// <summary>Publishes a flow with that root, and with a variable Total of 7.</summary>
    public static async Task<WorkflowDefinition> PublishRootAsync(this TriggerHost host, string id, string root)
    {
        var document = new JsonObject
        {
            ["definitionId"] = id,
            ["name"] = $"The {id}",
            ["variables"] = JsonNode.Parse("""[{"id":"v1","name":"Total","typeName":"Int32","value":"7"}]"""),
            ["root"] = JsonNode.Parse(root),
        };
        return (await host.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonSerializer.SerializeToElement(document), publish: true)).Definition;
    }

    public static string WriteLine(string id, string text) =>
        $$$"""{"id":"{{{id}}}","type":"Elsa.WriteLine","version":1,"name":"{{{id}}}","text":{"typeName":"String","expression":{"type":"Scriban","value":"{{{text}}}"} } }""";

    public static string Wait(string id, string duration) =>
        $$$"""{"id":"{{{id}}}","type":"Elsa.Delay","version":1,"name":"{{{id}}}","timeSpan":{"typeName":"TimeSpan","expression":{"type":"Literal","value":"{{{duration}}}"} } }""";

    /// <summary>Starts a run and gives its id.</summary>
    public static async Task<string> DispatchAsync(this HttpClient client, string definitionId, string body = "{}") =>
        (await client.PostJsonAsync($"/elsa/api/workflow-definitions/{definitionId}/dispatch", body)).Text("workflowInstanceId");
}
