using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Server;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>An activity of a kind that is gone: the Studio gets a stand-in, and nothing of the original is lost.</summary>
public sealed class UnknownTypeTests : DefinitionsTestBase
{
    private const string Alien = """
        { "id": "alien", "name": "Alien", "type": "Contoso.Switch", "version": 3, "special": [ 1.50, "two", { "three": null } ],
          "customProperties": { "canStartWorkflow": false, "odd": { "id": "x", "type": "Contoso.NotOne" } },
          "metadata": { "designer": { "position": { "x": 10, "y": 20 } }, "displayText": "My switch" },
          "cases": [ { "label": "a", "activity": { "id": "c1", "type": "Contoso.Thing", "version": 1 } } ] }
        """;

    [Fact]
    public async Task Read_UnknownType_IsAStandInWithANodeId()
    {
        await Client.SaveAsync(WithAlien());

        var stand = StandIn(await Client.FindAsync("a", "Latest"));

        stand.ShouldHave("id:s nodeId:s name:s type:s version:n missingTypeName:s missingTypeVersion:n originalActivityJson:s customProperties:o metadata:o");
        stand.Text("id").Should().Be("alien");
        stand.Text("nodeId").Should().Be("Workflow1:flow:alien");
        stand.Text("type").Should().Be("Elsa.NotFoundActivity");
        stand.GetProperty("version").GetInt32().Should().Be(1);
        stand.Text("missingTypeName").Should().Be("Contoso.Switch");
        stand.GetProperty("missingTypeVersion").GetInt32().Should().Be(3);
        JsonElement.DeepEquals(JsonElement.Parse(stand.Text("originalActivityJson")), JsonElement.Parse(Alien)).Should().BeTrue();
        stand.GetProperty("metadata").Text("displayText").Should().Be("Not Found: Contoso.Switch");
        stand.GetProperty("metadata").GetProperty("designer").GetProperty("position").GetProperty("x").GetInt32().Should().Be(10);
    }

    [Fact]
    public async Task Read_UnknownTypeAtAPort_IsAStandInThereAndComesBack()
    {
        var flow = ServerTestFlows.Small("a");
        flow["root"]!["activities"]!.AsArray().Add(JsonNode.Parse("""{ "id": "if", "name": "If1", "type": "Elsa.If", "version": 1, "then": { "id": "inner", "type": "Contoso.Inner", "version": 1 } }"""));
        await Client.SaveAsync(flow);

        var inner = StandIn(await Client.FindAsync("a", "Latest")).GetProperty("then");
        await SaveReadAsync(_ => { });

        inner.Text("type").Should().Be("Elsa.NotFoundActivity");
        inner.Text("nodeId").Should().Be("Workflow1:flow:if:inner");
        (await ExportedAsync())["then"]!["type"]!.GetValue<string>().Should().Be("Contoso.Inner");
    }

    [Fact]
    public async Task Save_WhatTheStudioRead_KeepsTheOriginal()
    {
        await Client.SaveAsync(WithAlien());

        await SaveReadAsync(_ => { });

        ShouldBe(await ExportedAsync(), JsonNode.Parse(Alien)!);
    }

    [Fact]
    public async Task Save_StandInMovedAndRenamed_KeepsThatAndTheOriginal()
    {
        await Client.SaveAsync(WithAlien());

        await SaveReadAsync(stand =>
        {
            stand["name"] = "Renamed";
            stand["metadata"]!["designer"] = JsonNode.Parse("""{ "position": { "x": 77, "y": 88 }, "size": { "width": 1, "height": 2 } }""");
            stand["customProperties"]!["runAsynchronously"] = false;
        });

        var expected = JsonNode.Parse(Alien)!;
        expected["name"] = "Renamed";
        expected["metadata"]!["designer"] = JsonNode.Parse("""{ "position": { "x": 77, "y": 88 }, "size": { "width": 1, "height": 2 } }""");
        expected["customProperties"]!["runAsynchronously"] = false;
        ShouldBe(await ExportedAsync(), expected);
    }

    [Fact]
    public async Task Save_CopyOfAStandIn_HasTheIdOfTheCopy()
    {
        await Client.SaveAsync(WithAlien());

        await SaveReadAsync(stand =>
        {
            var copy = stand.DeepClone();
            copy["id"] = "copied";
            stand.Parent!.AsArray().Add(copy);
        });

        var activities = (await Client.ExportAsync("a")).GetProperty("root").GetProperty("activities");
        activities.EnumerateArray().Select(a => (a.Text("id"), a.Text("type"))).Should()
            .Equal(("request", "FlowLite.HttpRequest"), ("log", "Elsa.WriteLine"), ("alien", "Contoso.Switch"), ("copied", "Contoso.Switch"));
    }

    [Fact]
    public async Task Import_OfWhatTheStudioRead_RestoresTheOriginal()
    {
        await Client.SaveAsync(WithAlien());
        var read = JsonNode.Parse((await Client.FindAsync("a", "Latest")).GetRawText())!;
        read["definitionId"] = "b";

        var (status, _) = await PostAsync("/workflow-definitions/import", read.ToJsonString());

        status.Should().Be(200);
        ShouldBe(await ExportedAsync("b"), JsonNode.Parse(Alien)!);
    }

    [Fact]
    public async Task Read_KnownTypeOfAnotherVersion_IsAStandIn()
    {
        var flow = ServerTestFlows.Small("a");
        flow["root"]!["activities"]![1]!["version"] = 99;
        await Client.SaveAsync(flow);

        var read = (await Client.FindAsync("a", "Latest")).GetProperty("root").GetProperty("activities")[1];

        read.Text("type").Should().Be("Elsa.NotFoundActivity");
        read.GetProperty("missingTypeVersion").GetInt32().Should().Be(99);
    }

    [Fact]
    public async Task Read_KnownTypeWithoutAVersion_HasItsVersion()
    {
        var flow = ServerTestFlows.Small("a");
        flow["root"]!["activities"]![1]!.AsObject().Remove("version");
        await Client.SaveAsync(flow);

        var read = (await Client.FindAsync("a", "Latest")).GetProperty("root").GetProperty("activities")[1];

        read.Text("type").Should().Be("Elsa.WriteLine");
        read.GetProperty("version").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task Publish_UnknownType_IsRefusedByItsOwnName()
    {
        await Client.SaveAsync(WithAlien());

        using var answer = await Client.PostTextAsync($"{DefinitionsApi.Path}/a/publish", "{}");

        (await DefinitionsApi.ErrorsAsync(answer))["alien"].Should().ContainSingle().Which.Should().Contain("Contoso.Switch");
    }

    [Fact]
    public async Task Save_OriginalThatIsTooDeep_Is400()
    {
        var stand = new JsonObject
        {
            ["id"] = "deep",
            ["type"] = "Elsa.NotFoundActivity",
            ["version"] = 1,
            ["originalActivityJson"] = $$"""{"id":"deep","type":"Contoso.Deep","x":{{new string('[', DefinitionJson.MaxDepth - 1)}}{{new string(']', DefinitionJson.MaxDepth - 1)}}}""",
        };
        var flow = ServerTestFlows.Small("a");
        flow["root"]!["activities"]!.AsArray().Add(stand);

        using var answer = await Client.PostAsync(flow, publish: false);

        await DefinitionsApi.ErrorsAsync(answer);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{\"id\":\"a\",\"id\":\"b\",\"type\":\"A.B\"}")]
    [InlineData("{\"id\":\"a\"}")]
    public async Task Save_StandInOfSomebodyElsesMaking_StaysAsItIs(string original)
    {
        var flow = ServerTestFlows.Small("a");
        flow["root"]!["activities"]!.AsArray().Add(new JsonObject { ["id"] = "x", ["type"] = "Elsa.NotFoundActivity", ["version"] = 1, ["originalActivityJson"] = original });

        await Client.SaveAsync(flow);

        StandIn(await Client.FindAsync("a", "Latest")).Text("originalActivityJson").Should().Be(original);
    }

    private static JsonObject WithAlien()
    {
        var flow = ServerTestFlows.Small("a");
        flow["root"]!["activities"]!.AsArray().Add(JsonNode.Parse(Alien));
        return flow;
    }

    /// <summary>As the Studio does: it reads, the user changes something, it saves.</summary>
    private async Task SaveReadAsync(Action<JsonNode> change)
    {
        var read = JsonNode.Parse((await Client.FindAsync("a", "Latest")).GetRawText())!.AsObject();
        change(read["root"]!["activities"]![2]!);
        await Client.SaveAsync(read);
    }

    private async Task<JsonNode> ExportedAsync(string flow = "a") =>
        JsonNode.Parse((await Client.ExportAsync(flow)).GetProperty("root").GetProperty("activities")[2].GetRawText())!;

    private static JsonElement StandIn(JsonElement definition) => definition.GetProperty("root").GetProperty("activities")[2];

    private static void ShouldBe(JsonNode exported, JsonNode expected)
    {
        StripNodeIds(exported);
        JsonNode.DeepEquals(exported, expected).Should().BeTrue($"{exported.ToJsonString()}\nis\n{expected.ToJsonString()}");
    }

    private static void StripNodeIds(JsonNode? node)
    {
        if (node is JsonObject json)
        {
            json.Remove("nodeId");
            json.ToList().ForEach(member => StripNodeIds(member.Value));
        }
        else if (node is JsonArray list)
        {
            list.ToList().ForEach(StripNodeIds);
        }
    }
}
