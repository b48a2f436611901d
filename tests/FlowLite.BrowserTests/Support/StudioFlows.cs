using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.BrowserTests.Support;

/// <summary>Flows with their places on the canvas, and what is asked of them from outside.</summary>
internal static class StudioFlows
{
    /// <summary>A request's trigger, the given activities, and <c>Log</c>, the last node, one after the other.</summary>
    /// <param name="between">JSON of activities, without places.</param>
    public static JsonObject Logging(string id, string text, string syntax = "Scriban", params string[] between)
    {
        var activities = new[] { """{"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Request","customProperties":{"canStartWorkflow":true}}""" }
            .Concat(between)
            .Append(new JsonObject
            {
                ["id"] = "log",
                ["type"] = "Elsa.WriteLine",
                ["version"] = 1,
                ["name"] = "Log",
                ["text"] = new JsonObject { ["typeName"] = "String", ["expression"] = new JsonObject { ["type"] = syntax, ["value"] = text }, ["memoryReference"] = null },
            }.ToJsonString())
            .Select((json, place) =>
            {
                var activity = JsonNode.Parse(json)!;
                activity["metadata"] = new JsonObject { ["designer"] = new JsonObject { ["position"] = new JsonObject { ["x"] = place * 320, ["y"] = 100 } } };
                return activity;
            }).ToArray();
        var connections = activities.Zip(activities.Skip(1), (from, to) => (JsonNode)new JsonObject
        {
            ["source"] = new JsonObject { ["activity"] = from["id"]!.DeepClone(), ["port"] = "Done" },
            ["target"] = new JsonObject { ["activity"] = to["id"]!.DeepClone(), ["port"] = "In" },
        }).ToArray();
        return new JsonObject
        {
            ["definitionId"] = id,
            ["name"] = "Flow " + id,
            ["root"] = new JsonObject
            {
                ["id"] = "flow",
                ["type"] = "Elsa.Flowchart",
                ["version"] = 1,
                ["name"] = "Flowchart1",
                ["activities"] = new JsonArray(activities),
                ["connections"] = new JsonArray(connections),
            },
        };
    }

    public static async Task<Uri> UrlAsync(HttpClient admin, string flow)
    {
        using var answer = await admin.PostAsync($"/api/flows/{flow}/triggers/manual/listCallbackUrl", null);
        answer.EnsureSuccessStatusCode();
        return new Uri(JsonElement.Parse(await answer.Content.ReadAsStringAsync()).Text("value"));
    }

    /// <summary>Posts from outside.</summary>
    /// <returns>The id of the run that it started.</returns>
    public static async Task<string> StartRunAsync(HttpClient outside, Uri url, string body = "{}")
    {
        using var answer = await outside.PostTextAsync(url.AbsoluteUri, body);
        ((int)answer.StatusCode).Should().Be(202, await answer.Content.ReadAsStringAsync());
        return answer.Headers.GetValues("x-ms-workflow-run-id").Single();
    }

    public static async Task<JsonElement> EndedAsync(HttpClient admin, string flow, string run, string status = "Succeeded")
    {
        var found = default(JsonElement);
        await Eventually.UntilAsync(async () =>
        {
            found = JsonElement.Parse(await admin.GetStringAsync($"/api/flows/{flow}/runs/{run}"));
            return found.Text("status") is not ("Running" or "Waiting");
        }, "the run ends");
        found.Text("status").Should().Be(status);
        return found;
    }
}
