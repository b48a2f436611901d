using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowLite.FunctionalTests.Server;

/// <summary>Calls of <c>/elsa/api/workflow-definitions</c> as the Studio makes them.</summary>
internal static class DefinitionsApi
{
    public const string Path = "/elsa/api/workflow-definitions";

    public static Task<HttpResponseMessage> PostAsync(this HttpClient client, JsonObject model, bool? publish) =>
        client.PostTextAsync(Path, new JsonObject { ["model"] = model.DeepClone(), ["publish"] = publish }.ToJsonString());

    public static async Task<HttpResponseMessage> PostTextAsync(this HttpClient client, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await client.PostAsync(path, content);
    }

    /// <summary>Saves and gives the answer's <c>workflowDefinition</c>.</summary>
    public static async Task<JsonElement> SaveAsync(this HttpClient client, JsonObject model, bool? publish = false)
    {
        using var answer = await client.PostAsync(model, publish);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("workflowDefinition");
    }

    public static Task<JsonElement> FindAsync(this HttpClient client, string definitionId, string version) =>
        client.GetFromJsonAsync<JsonElement>($"{Path}/by-definition-id/{definitionId}?versionOptions={version}");

    /// <summary>The flow as a file: as it was saved.</summary>
    public static Task<JsonElement> ExportAsync(this HttpClient client, string definitionId, string version = "Latest") =>
        client.GetFromJsonAsync<JsonElement>($"{Path}/{definitionId}/export?versionOptions={version}");

    public static Task<JsonElement> ListAsync(this HttpClient client, string query) => client.GetFromJsonAsync<JsonElement>($"{Path}?{query}");

    public static async Task<Dictionary<string, string[]>> ErrorsAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest, await answer.Content.ReadAsStringAsync());
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        body.GetProperty("statusCode").GetInt32().Should().Be(400);
        return body.GetProperty("errors").Deserialize<Dictionary<string, string[]>>()!;
    }

    public static (int Version, bool IsLatest, bool IsPublished) State(this JsonElement definition) =>
        (definition.GetProperty("version").GetInt32(), definition.GetProperty("isLatest").GetBoolean(), definition.GetProperty("isPublished").GetBoolean());

    public static string Text(this JsonElement definition, string name) => definition.GetProperty(name).GetString()!;
}
