using System.Text.Json;
using FlowLite.Server.Studio;

namespace FlowLite.FunctionalTests.Studio;

public sealed class ActivityTreeTests
{
    [Fact]
    public void Map_FindsActivitiesWhereverTheyMayStand()
    {
        var seen = Map("""
            { "root": { "id": "r", "type": "Elsa.Flowchart",
              "activities": [ { "id": "if", "type": "Elsa.If", "then": { "id": "t", "type": "Elsa.Finish" } } ],
              "cases": [ { "label": "a", "condition": { "type": "Literal", "value": "x" }, "activity": { "id": "c", "type": "Elsa.Finish" } } ],
              "default": { "id": "d", "type": "Elsa.Finish" } } }
            """);

        seen.Should().Equal("r", "if", "t", "c", "d");
    }

    [Theory]
    [InlineData(""" "text": { "typeName": "Object", "expression": { "type": "Object", "value": { "id": "x", "type": "A.B" } } } """)]
    [InlineData(""" "fields": { "id": { "typeName": "Object", "expression": { "type": "Literal", "value": "1" } }, "type": { "expression": { "type": "Json", "value": { "id": "x", "type": "A.B" } } } } """)]
    [InlineData(""" "customProperties": { "x": { "id": "x", "type": "A.B" } } """)]
    [InlineData(""" "metadata": { "id": "x", "type": "A.B" } """)]
    [InlineData(""" "schema": { "id": "http://example.com/example.json", "type": "object", "properties": { "A": { "id": "/properties/A", "type": "string" } } } """)]
    [InlineData(""" "result": { "typeName": "Object", "memoryReference": { "id": "x", "type": "A.B" } } """)]
    [InlineData(""" "odd": { "id": 1, "type": "A.B" } """)]
    public void Map_LeavesDataAlone(string member)
    {
        Map($$"""{ "variables": [ { "id": "v", "type": "A.B" } ], "root": { "id": "r", "type": "Elsa.WriteLine", {{member}} } }""").Should().Equal("r");
    }

    [Fact]
    public void Map_WritesWhatTheMapReturnsAndGoesOnInsideIt()
    {
        var document = JsonElement.Parse("""{ "name": "n", "root": { "id": "r", "type": "A.Old", "n": 1.50 } }""");
        var inner = JsonElement.Parse("""{ "id": "r", "type": "A.New", "child": { "id": "c", "type": "A.Child" } }""");

        var mapped = ActivityTree.Map(document, a => a.GetProperty("type").GetString() switch
        {
            "A.Old" => inner,
            "A.Child" => JsonElement.Parse("""{ "id": "c", "type": "A.Mapped" }"""),
            _ => a,
        });

        mapped.GetRawText().Should().Be("""{"name":"n","root":{"id":"r","type":"A.New","child":{"id":"c","type":"A.Mapped"}}}""");
    }

    private static List<string> Map(string document)
    {
        var seen = new List<string>();
        var json = JsonElement.Parse(document);
        var mapped = ActivityTree.Map(json, activity =>
        {
            seen.Add(activity.GetProperty("id").GetString()!);
            return activity;
        });
        JsonElement.DeepEquals(mapped, json).Should().BeTrue();
        return seen;
    }
}
