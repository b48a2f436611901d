using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Flows with HTTP endpoints on the real server, and somebody whom they call.</summary>
internal static class EndpointFlows
{
    /// <summary>An input as the Studio writes it.</summary>
    public static JsonObject Input(string type, string value) => new() { ["expression"] = new JsonObject { ["type"] = type, ["value"] = value } };

    public static JsonObject Endpoint(string id, string path, string methods = "[\"POST\"]", bool starts = true, params (string Name, JsonNode? Value)[] more)
    {
        var activity = new JsonObject
        {
            ["id"] = id,
            ["type"] = "Elsa.HttpEndpoint",
            ["version"] = 1,
            ["path"] = Input("Literal", path),
            ["supportedMethods"] = Input("Object", methods),
            ["customProperties"] = new JsonObject { ["canStartWorkflow"] = starts },
        };
        foreach (var (name, value) in more)
        {
            activity[name] = value;
        }

        return activity;
    }

    /// <param name="content">A script.</param>
    public static JsonObject Respond(string id, string content, string status = "OK", string? contentType = null)
    {
        var activity = new JsonObject
        {
            ["id"] = id,
            ["type"] = "Elsa.WriteHttpResponse",
            ["version"] = 1,
            ["statusCode"] = Input("Literal", status),
            ["content"] = Input("JavaScript", content),
        };
        if (contentType is not null)
        {
            activity["contentType"] = Input("Literal", contentType);
        }

        return activity;
    }

    public static JsonObject Sequence(string definitionId, params JsonNode[] activities) => new()
    {
        ["definitionId"] = definitionId,
        ["name"] = definitionId,
        ["variables"] = new JsonArray(new JsonObject { ["id"] = "var-body", ["name"] = "Body", ["typeName"] = "Object" }),
        ["root"] = new JsonObject { ["id"] = "root", ["type"] = "Elsa.Sequence", ["version"] = 1, ["activities"] = new JsonArray(activities) },
    };

    public static Task PublishAsync(this TriggerHost host, JsonObject document) =>
        host.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonSerializer.SerializeToElement(document), publish: true);

    /// <summary>Publishes over Elsa's API.</summary>
    public static Task<HttpResponseMessage> SaveAsync(this TriggerHost host, JsonObject document) =>
        host.Api.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = document, ["publish"] = true });

    public static Task<HttpResponseMessage> PostAsync(this TriggerHost host, string url, string body, string? contentType = "application/json")
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return host.Client.PostAsync(url, content);
    }

    public static async Task<(int Status, string? Type, string Body)> ReadAsync(this Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        return ((int)answer.StatusCode, answer.Content.Headers.ContentType?.ToString(), await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The runs of a flow, newest first.</summary>
    public static async Task<IReadOnlyList<JsonElement>> RunsAsync(this TriggerHost host, string flow) =>
        [.. (await host.Api.GetFromJsonAsync<JsonElement>($"/api/flows/{flow}/runs")).GetProperty("value").EnumerateArray()];
}
