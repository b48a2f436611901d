using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Server;

namespace FlowLite.FunctionalTests.Definitions;

public sealed class DefinitionGraphTests : DefinitionsTestBase
{
    private const string Node = "nodeId:s port:s activity:o parents:a children:a";
    private string _version = "";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        var flow = ServerTestFlows.Small("a");
        flow["root"]!["activities"]!.AsArray().Add(JsonNode.Parse("""
            { "id": "if", "name": "If1", "type": "Elsa.If", "version": 1,
              "then": { "id": "inner", "type": "Elsa.Flowchart", "version": 1, "activities": [
                { "id": "if2", "name": "If2", "type": "Elsa.If", "version": 1, "else": { "id": "line", "name": "Line", "type": "Elsa.WriteLine", "version": 1 } } ] } }
            """));
        _version = (await Client.SaveAsync(flow)).Text("id");
    }

    [Theory]
    [InlineData("", "Workflow1:flow", "Root")]
    [InlineData("?parentNodeId=nope", "Workflow1:flow", "Root")]
    [InlineData("?parentNodeId=Workflow1:flow:if", "Workflow1:flow:if", "Activities")]
    [InlineData("?parentNodeId=Workflow1:flow:if:inner", "Workflow1:flow:if:inner", "Then")]
    public async Task Subgraph_OfANode_IsItsActivity(string query, string node, string port)
    {
        var graph = await GetAsync($"/workflow-definitions/subgraph/{_version}{query}");

        graph.ShouldHave(Node);
        graph.Text("nodeId").Should().Be(node);
        graph.Text("port").Should().Be(port);
        graph.GetProperty("activity").Text("nodeId").Should().Be(node);
    }

    [Fact]
    public async Task Segments_OfANestedActivity_LeadToIt()
    {
        var found = await GetAsync($"/workflow-definitions/subgraph/segments/{_version}?childNodeId=Workflow1:flow:if:inner:if2:line");

        found.ShouldHave("childNode:o container:o pathSegments:a");
        found.GetProperty("childNode").Text("nodeId").Should().Be("Workflow1:flow:if:inner:if2:line");
        found.GetProperty("container").Text("nodeId").Should().Be("Workflow1:flow:if:inner:if2");
        found.GetProperty("container").ShouldHave(Node);
        var segments = found.GetProperty("pathSegments").EnumerateArray().ToList();
        segments.Should().AllSatisfy(s => s.ShouldHave("activityNodeId:s activityId:s activityType:s portName:s activityName:s"));
        segments.Select(s => (s.Text("activityId"), s.Text("portName"), s.Text("activityName"))).Should().Equal(("if", "Then", "If1"), ("if2", "Else", "If2"));
    }

    [Fact]
    public async Task Segments_OfAnActivityOfTheRoot_AreNone()
    {
        var found = await GetAsync($"/workflow-definitions/subgraph/segments/{_version}?childNodeId=Workflow1:flow:log");

        found.GetProperty("container").Text("nodeId").Should().Be("Workflow1:flow");
        found.GetProperty("pathSegments").GetArrayLength().Should().Be(0);
        (await StatusAsync(HttpMethod.Get, $"/workflow-definitions/subgraph/segments/{_version}?childNodeId=nope")).Should().Be(404);
    }
}
