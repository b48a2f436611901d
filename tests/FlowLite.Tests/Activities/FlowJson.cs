using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowLite.Tests.Activities;

/// <summary>Definitions by hand, in the form that Studio saves.</summary>
internal static class FlowJson
{
    public static JsonObject Activity(string type, string id, params (string Name, JsonNode? Value)[] members)
    {
        var json = new JsonObject { ["id"] = id, ["type"] = type };
        foreach (var (name, value) in members)
        {
            json[name] = value;
        }

        return json;
    }

    public static JsonObject Step(string id, string? outcomes = null) =>
        outcomes is null ? Activity("Test.Step", id) : Activity("Test.Step", id, ("outcome", Literal(outcomes)));

    public static JsonObject Literal(JsonNode? value) => Expression("Literal", value);

    public static JsonObject Path(string path) => Expression("Path", path);

    public static JsonObject Expression(string type, JsonNode? value) =>
        new() { ["typeName"] = "Object", ["expression"] = new JsonObject { ["type"] = type, ["value"] = value } };

    /// <param name="connections"><c>a->b</c> from Done, <c>a:True->b</c> from another outcome.</param>
    public static JsonObject Flowchart(string id, IEnumerable<JsonObject> activities, params IEnumerable<string> connections) =>
        Activity("Elsa.Flowchart", id,
            ("activities", new JsonArray([.. activities])),
            ("connections", new JsonArray([.. connections.Select(Connection)])));

    public static JsonObject Sequence(string id, params IEnumerable<JsonObject> activities) =>
        Activity("Elsa.Sequence", id, ("activities", new JsonArray([.. activities])));

    public static JsonObject BoundTo(string variable) => new() { ["memoryReference"] = new JsonObject { ["id"] = variable } };

    public static JsonElement Document(JsonObject root, params IEnumerable<string> variables) => JsonSerializer.SerializeToElement(new JsonObject
    {
        ["root"] = root,
        ["variables"] = new JsonArray([.. variables.Select(v => new JsonObject { ["id"] = v, ["name"] = v, ["typeName"] = "Object" })]),
    });

    private static JsonNode Connection(string text)
    {
        var ends = text.Split("->");
        var source = ends[0].Split(':');
        return new JsonObject
        {
            ["source"] = new JsonObject { ["activity"] = source[0], ["port"] = source.ElementAtOrDefault(1) ?? "Done" },
            ["target"] = new JsonObject { ["activity"] = ends[1], ["port"] = "In" },
        };
    }
}
