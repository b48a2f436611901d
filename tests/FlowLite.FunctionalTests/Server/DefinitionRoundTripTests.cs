using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Server;

public sealed class DefinitionRoundTripTests : IAsyncLifetime
{
    private static readonly string[] Owned = ["$schema", "links", "id", "definitionId", "version", "isLatest", "isPublished", "isReadonly", "isSystem", "createdAt", "toolVersion"];

    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task RoundTrip_ForeignDocument_ChangesOnlyWhatTheServerOwns()
    {
        var flow = ServerTestFlows.Foreign("foreign");

        await _client.SaveAsync(flow);

        var read = JsonNode.Parse((await _client.ExportAsync("foreign")).GetRawText())!.AsObject();
        ShouldBeEqual(read, flow);
        read.ToJsonString().Should().Contain("12345678901234567890.123456789").And.Contain("1.0,").And.Contain("0.10");
    }

    [Fact]
    public async Task RoundTrip_ShippedFlow_ChangesOnlyWhatTheServerOwns()
    {
        var flow = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "workflows", "marketplace-lead-to-crm", "flow.json")))!.AsObject();
        var activities = flow["root"]!["activities"]!.AsArray();
        activities.Add(JsonNode.Parse("""{ "id": "alien", "type": "Contoso.Unheard", "version": 2, "unknown": { "a": [ 1.50 ] } }"""));
        flow["unknownProperty"] = "kept";

        await _client.SaveAsync(flow);

        ShouldBeEqual(JsonNode.Parse((await _client.ExportAsync("marketplace-lead-to-crm")).GetRawText())!.AsObject(), flow);
    }

    [Fact]
    public async Task RoundTrip_ADraftWithWhatIsNotAvailable_ChangesOnlyWhatTheServerOwns()
    {
        var flow = ServerTestFlows.Small("unavailable");
        flow["root"]!["activities"]!.AsArray().Add(JsonNode.Parse("""
            { "id": "line", "name": "ReadLine1", "type": "Elsa.ReadLine", "version": 1, "result": { "typeName": "String", "memoryReference": { "id": "v1" } },
              "customProperties": { "canStartWorkflow": false } }
            """));
        flow["root"]!["activities"]!.AsArray().Add(JsonNode.Parse("""
            { "id": "code", "name": "RunCSharp1", "type": "Elsa.RunCSharp", "version": 1, "possibleOutcomes": [ "Yes", "No" ], "result": null,
              "script": { "typeName": "String", "expression": { "type": "Literal", "value": "return 1 < 2 ? \"a\" : null; // ü" } }, "metadata": { "designer": { "position": { "x": 1.5, "y": 2 } } } }
            """));

        await _client.SaveAsync(flow);

        ShouldBeEqual(JsonNode.Parse((await _client.ExportAsync("unavailable")).GetRawText())!.AsObject(), flow);
        var forTheStudio = (await _client.FindAsync("unavailable", "Latest")).GetProperty("root").GetProperty("activities");
        forTheStudio[2].GetProperty("result").GetProperty("memoryReference").GetProperty("id").GetString().Should().Be("v1");
        forTheStudio[3].GetProperty("script").GetProperty("expression").GetProperty("value").GetString().Should().EndWith("// ü");
        (await _client.PostTextAsync($"{DefinitionsApi.Path}/unavailable/publish", "{}")).StatusCode.Should().Be(System.Net.HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task RoundTrip_OfWhatWasRead_IsAFixedPoint()
    {
        await _client.SaveAsync(ServerTestFlows.Foreign("foreign"));
        var first = JsonNode.Parse((await _client.FindAsync("foreign", "Latest")).GetRawText())!.AsObject();

        await _client.SaveAsync(first);

        var second = await _client.FindAsync("foreign", "Latest");
        JsonNode.DeepEquals(JsonNode.Parse(second.GetRawText()), first).Should().BeTrue();
    }

    [Fact]
    public async Task RoundTrip_AnyJsonInAnUnknownProperty_IsKept()
    {
        var text = Gen.Char['\u0001', '\uD7FF'].Array[0, 12].Select(c => new string(c));
        var leaf = Gen.OneOf<JsonNode?>(
            text.Select(t => (JsonNode?)JsonValue.Create(t)),
            Gen.Decimal.Select(d => (JsonNode?)JsonValue.Create(d)),
            Gen.Bool.Select(b => (JsonNode?)JsonValue.Create(b)),
            Gen.Const((JsonNode?)null));
        var value = Gen.Recursive<JsonNode?>((depth, inner) => depth > 4
            ? leaf
            : Gen.OneOf(
                leaf,
                inner.Array[0, 4].Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())])),
                Gen.Select(text, inner).Array[0, 4].Select(members => (JsonNode?)new JsonObject(
                    members.DistinctBy(m => m.Item1).Select(m => KeyValuePair.Create("p" + m.Item1, m.Item2?.DeepClone()))))));

        await value.SampleAsync(async json =>
        {
            var flow = ServerTestFlows.Small("generated");
            flow["unknown"] = json?.DeepClone();
            flow["root"]!["activities"]![1]!["unknown"] = json?.DeepClone();

            await _client.SaveAsync(flow);

            ShouldBeEqual(JsonNode.Parse((await _client.ExportAsync("generated")).GetRawText())!.AsObject(), flow);
        }, iter: 40, threads: 1);
    }

    [Fact]
    public async Task NodeIds_AtAnyDepth_AreWritten()
    {
        await _client.SaveAsync(ServerTestFlows.Foreign("foreign"));

        var read = await _client.FindAsync("foreign", "Latest");

        NodeIds(read.GetProperty("root")).Keys.Should().BeEquivalentTo("flow1", "http1", "if1", "inner", "alien");
        NodeIds((await _client.ExportAsync("foreign")).GetProperty("root")).Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["flow1"] = "Workflow1:flow1",
            ["http1"] = "Workflow1:flow1:http1",
            ["if1"] = "Workflow1:flow1:if1",
            ["inner"] = "Workflow1:flow1:if1:inner",
            ["alien"] = "Workflow1:flow1:alien",
            ["c1"] = "Workflow1:flow1:alien:c1",
            ["c2"] = "Workflow1:flow1:alien:c1:c2",
            ["c3"] = "Workflow1:flow1:alien:c1:c2:c3",
            ["d1"] = "Workflow1:flow1:alien:d1",
        });
    }

    [Fact]
    public async Task TypeNames_OfInputsThatTheStudioSends_AreFilled()
    {
        var saved = await _client.SaveAsync(ServerTestFlows.Small("a"));

        var text = saved.GetProperty("root").GetProperty("activities")[1].GetProperty("text");
        text.GetProperty("typeName").GetString().Should().NotBeNullOrEmpty();
        text.GetProperty("memoryReference").ValueKind.Should().Be(JsonValueKind.Null);
        text.GetProperty("expression").GetProperty("value").GetString().Should().Be("Hello");
    }

    private static void ShouldBeEqual(JsonObject read, JsonObject saved)
    {
        var (left, right) = (Strip(read), Strip(saved));
        JsonNode.DeepEquals(left, right).Should().BeTrue($"{left.ToJsonString()}\nis\n{right.ToJsonString()}");
    }

    private static JsonObject Strip(JsonObject definition)
    {
        var copy = definition.DeepClone().AsObject();
        foreach (var name in Owned)
        {
            copy.Remove(name);
        }

        StripNodes(copy["root"]);
        return copy;
    }

    private static void StripNodes(JsonNode? node)
    {
        if (node is JsonObject json)
        {
            json.Remove("nodeId");
            if (json.ContainsKey("expression"))
            {
                json.Remove("typeName");
            }

            foreach (var (_, value) in json.ToList())
            {
                StripNodes(value);
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                StripNodes(item);
            }
        }
    }

    private static Dictionary<string, string> NodeIds(JsonElement json)
    {
        var found = new Dictionary<string, string>();
        Collect(json);
        return found;

        void Collect(JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.Object)
            {
                if (value.TryGetProperty("nodeId", out var nodeId))
                {
                    found.Add(value.GetProperty("id").GetString()!, nodeId.GetString()!);
                }

                foreach (var member in value.EnumerateObject())
                {
                    Collect(member.Value);
                }
            }
            else if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in value.EnumerateArray())
                {
                    Collect(item);
                }
            }
        }
    }
}
