using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Server;

public sealed class DefinitionErrorsTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Publish_BrokenFlow_TellsEveryProblemAndKeepsThePublishedOne()
    {
        await _client.SaveAsync(ServerTestFlows.Small("a", "Good"), publish: true);
        var broken = ServerTestFlows.Small("a", "Broken", "line one\\n{{ if }}");
        broken["root"]!["activities"]!.AsArray().Add(JsonNode.Parse("""{ "id": "alien", "type": "Contoso.Unheard", "version": 1, "name": "Alien" }"""));
        broken["root"]!["connections"]!.AsArray().Add(JsonNode.Parse("""{ "source": { "activity": "log", "port": "Done" }, "target": { "activity": "gone", "port": "In" } }"""));

        using var answer = await _client.PostAsync(broken, publish: true);

        var errors = await DefinitionsApi.ErrorsAsync(answer);
        errors["alien"].Should().ContainSingle().Which.Should().Contain("Contoso.Unheard").And.Contain("/root/activities/2/type");
        errors["log"].Should().Contain(m => m.StartsWith("Log: ") && m.Contains("/root/activities/1/text/expression/value, line 2, column"));
        errors.Values.SelectMany(m => m).Should().Contain(m => m.Contains("gone") && m.Contains("/root/connections/1"));
        var latest = await _client.FindAsync("a", "Latest");
        latest.State().Should().Be((2, true, false));
        latest.Text("name").Should().Be("Broken");
        _server.Services.GetRequiredService<FlowCatalog>().Find("a")!.Definition.Name.Should().Be("Good");
        using var again = await _client.PostTextAsync($"{DefinitionsApi.Path}/a/publish", "{}");
        (await DefinitionsApi.ErrorsAsync(again)).Should().ContainKeys("alien", "log");
    }

    /// <summary>The Studio calls the flowchart of each branch Flowchart1, and shows its name nowhere.</summary>
    [Theory]
    [InlineData("Elsa.Flowchart", "Flowchart1", HttpStatusCode.OK)]
    [InlineData("Elsa.Sequence", "Flowchart1", HttpStatusCode.OK)]
    [InlineData("FlowLite.Scope", "Flowchart1", HttpStatusCode.BadRequest)]
    [InlineData("Elsa.Flowchart", "Log", HttpStatusCode.BadRequest)]
    public async Task Publish_BranchNamedAsTheRoot_IsRefusedOnlyWhereTheNameMeansSomething(string type, string name, HttpStatusCode expected)
    {
        var flow = ServerTestFlows.Small("a", "Branches");
        flow["root"]!["name"] = "Flowchart1";
        flow["root"]!["activities"]!.AsArray().Add(JsonNode.Parse($$"""{"id":"loop","type":"Elsa.ForEach","version":1,"name":"Loop","items":{"typeName":"Object","expression":{"type":"Scriban","value":"[1]" } },"body":{"id":"body","type":"{{type}}","version":1,"name":"{{name}}" } }"""));

        using var answer = await _client.PostAsync(flow, publish: true);

        answer.StatusCode.Should().Be(expected, await answer.Content.ReadAsStringAsync());
        if (expected != HttpStatusCode.OK)
        {
            (await answer.Content.ReadAsStringAsync()).Should().Contain("are named");
        }
    }

    [Fact]
    public async Task Save_WrongShapes_TellsEachAndSavesNothing()
    {
        using var answer = await _client.PostTextAsync(DefinitionsApi.Path, """
            {"model":{"definitionId":"a/b","name":7,"variables":{},"inputs":[1],"root":{"id":"r","type":"Elsa.Flowchart","metadata":[],
            "activities":[{"id":"x"},5,{"type":"Elsa.If","customProperties":"no"}],"connections":{}}}}
            """);

        var errors = await DefinitionsApi.ErrorsAsync(answer);
        string.Join('\n', errors.Values.SelectMany(m => m)).Should()
            .ContainAll("/definitionId", "/name", "/variables", "/inputs/0", "/root/metadata", "/root/activities/0/type", "/root/activities/1", "/root/activities/2/id", "/root/activities/2/customProperties", "/root/connections");
        errors.Should().ContainKeys("generalErrors", "r", "x");
        (await _client.ListAsync("versionOptions=Latest")).GetProperty("totalCount").GetInt32().Should().Be(0);
    }

    /// <summary>The Studio shows nothing of a definition that it can't read.</summary>
    [Theory]
    [InlineData("/options/usableAsActivity", "a boolean", """{"options":{"usableAsActivity":"yes"}}""")]
    [InlineData("/options/incidentStrategyType", "a text", """{"options":{"incidentStrategyType":{}}}""")]
    [InlineData("/variables/0/isArray", "a boolean", """{"variables":[{"id":"v","name":"V","typeName":"String","isArray":"no"}]}""")]
    [InlineData("/variables/0/typeName", "a text", """{"variables":[{"id":"v","name":"V","typeName":7,"isArray":false}]}""")]
    [InlineData("/inputs/0/type", "a text", """{"inputs":[{"name":"I","type":[]}]}""")]
    [InlineData("/root/name", "a text", """{"root":{"id":"r","type":"Elsa.Flowchart","name":{}}}""")]
    [InlineData("/root/activities/0/name", "a text", """{"root":{"id":"r","type":"Elsa.Flowchart","activities":[{"id":"x","type":"Elsa.WriteLine","name":5}]}}""")]
    [InlineData("/root/activities/0/then/name", "a text", """{"root":{"id":"r","type":"Elsa.Flowchart","activities":[{"id":"x","type":"Elsa.If","then":{"id":"y","type":"Elsa.WriteLine","name":5}}]}}""")]
    [InlineData("/root/metadata/designer/position", "an object", """{"root":{"id":"r","type":"Elsa.Flowchart","metadata":{"designer":{"position":"left"}}}}""")]
    [InlineData("/root/metadata/designer/position/x", "a number", """{"root":{"id":"r","type":"Elsa.Flowchart","metadata":{"designer":{"position":{"x":"1","y":2}}}}}""")]
    [InlineData("/root/connections/0/vertices", "a list", """{"root":{"id":"r","type":"Elsa.Flowchart","connections":[{"source":{"activity":"a"},"target":{"activity":"b"},"vertices":{}}]}}""")]
    [InlineData("/root/connections/0/vertices/0/y", "a number", """{"root":{"id":"r","type":"Elsa.Flowchart","connections":[{"source":{"activity":"a"},"target":{"activity":"b"},"vertices":[{"x":1,"y":true}]}]}}""")]
    [InlineData("/root/connections/0/source", "an object", """{"root":{"id":"r","type":"Elsa.Flowchart","connections":[{"source":[],"target":{"activity":"b"}}]}}""")]
    [InlineData("/root/connections/0/target/port", "a text", """{"root":{"id":"r","type":"Elsa.Flowchart","connections":[{"source":{"activity":"a"},"target":{"activity":"b","port":1}}]}}""")]
    public async Task Save_MemberOfAnotherType_SaysWhereAndWhatIsExpected(string path, string expected, string model)
    {
        using var answer = await _client.PostTextAsync(DefinitionsApi.Path, $$"""{"model":{{model}}}""");

        (await DefinitionsApi.ErrorsAsync(answer)).Values.SelectMany(m => m).Should().ContainSingle()
            .Which.Should().Contain($"({path})").And.Contain($"is {expected}");
        using var import = await _client.PostTextAsync($"{DefinitionsApi.Path}/import", model);
        (await DefinitionsApi.ErrorsAsync(import)).Values.SelectMany(m => m).Should().Contain(m => m.Contains($"({path})"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"name":"Shopping","items":["milk"]}""")]
    [InlineData("""{"definitionId":"a","root":null}""")]
    public async Task Import_OfWhatIsNoFlow_Is400AndChangesNothing(string file)
    {
        await _client.SaveAsync(ServerTestFlows.Small("a", "Good"));
        using var content = new StringContent(file, System.Text.Encoding.UTF8, "application/json");

        using var over = await _client.PutAsync($"{DefinitionsApi.Path}/a/import", content);
        using var one = await _client.PostTextAsync($"{DefinitionsApi.Path}/import", file);

        foreach (var answer in new[] { over, one })
        {
            (await DefinitionsApi.ErrorsAsync(answer))["generalErrors"].Should().ContainSingle().Which.Should().Contain("no 'root'");
        }

        (await _client.FindAsync("a", "Latest")).Text("name").Should().Be("Good");
        (await _client.ListAsync("versionOptions=Latest")).GetProperty("totalCount").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task Save_WithAPublishThatIsNoBoolean_Is400AndSavesNothing()
    {
        using var body = new StringContent($$"""{"model":{{ServerTestFlows.Small("not-saved").ToJsonString()}},"publish":"true"}""", Encoding.UTF8, "application/json");

        using var answer = await _client.PostAsync("/elsa/api/workflow-definitions", body);

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        using var saved = await _client.GetAsync("/elsa/api/workflow-definitions/not-saved");
        saved.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Publish_UnknownTypeThatIsConnected_IsOneProblem()
    {
        var flow = ServerTestFlows.Small("a", "Alien");
        flow["root"]!["activities"]!.AsArray().Add(JsonNode.Parse("""{ "id": "alien", "type": "Contoso.Unheard", "version": 1, "name": "Alien" }"""));
        flow["root"]!["connections"]!.AsArray().Add(JsonNode.Parse("""{ "source": { "activity": "log", "port": "Done" }, "target": { "activity": "alien", "port": "In" } }"""));

        using var answer = await _client.PostAsync(flow, publish: true);

        (await DefinitionsApi.ErrorsAsync(answer)).Values.SelectMany(m => m).Should().ContainSingle().Which.Should().Contain("Contoso.Unheard");
    }

    [Theory]
    [InlineData("""{"correlationId":5}""", "correlationId is a text")]
    [InlineData("""{"versionOptions":{}}""", "versionOptions is a text")]
    [InlineData("""{"triggerActivityId":[]}""", "triggerActivityId is a text")]
    [InlineData("""{"count":"two"}""", "count is a whole number")]
    [InlineData("[]", "The body is an object")]
    public async Task ExecuteAndDispatch_MemberOfAnotherType_Is400(string body, string problem)
    {
        await _client.SaveAsync(ServerTestFlows.Small("a", "Good"), publish: true);
        foreach (var path in new[] { "execute", "dispatch", "bulk-dispatch" })
        {
            using var answer = await _client.PostTextAsync($"{DefinitionsApi.Path}/a/{path}", body);

            (await DefinitionsApi.ErrorsAsync(answer))["generalErrors"].Should().ContainSingle().Which.Should().Contain(problem);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"model\":")]
    [InlineData("nonsense")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"model\":null}")]
    [InlineData("{\"model\":[]}")]
    [InlineData("{\"model\":{\"root\":[]}}")]
    [InlineData("{\"model\":{\"name\":\"\\ud800\"}}")]
    [InlineData("{\"model\":{\"name\":\"a\",\"name\":\"b\"}}")]
    [InlineData("{\"model\":{\"root\":{\"id\":1,\"type\":2}}}")]
    [InlineData("{\"model\":{\"definitionId\":\"..\"}}")]
    [InlineData("{\"model\":{\"name\":\"a\u0001\"}}")]
    public async Task Save_BadBody_Is400InElsasShape(string body)
    {
        using var answer = await _client.PostTextAsync(DefinitionsApi.Path, body);

        (await DefinitionsApi.ErrorsAsync(answer)).Should().NotBeEmpty();
    }

    [Theory]
    [InlineData(DefinitionJson.MaxDepth)]
    [InlineData(1_000_000)]
    public async Task Save_DeepNesting_Is400(int depth)
    {
        var body = $$$"""{"model":{"name":"deep","x":{{{new string('[', depth)}}}{{{new string(']', depth)}}}}}""";

        using var answer = await _client.PostTextAsync(DefinitionsApi.Path, body);

        await DefinitionsApi.ErrorsAsync(answer);
    }

    [Fact]
    public async Task Save_AsDeepAsAllowed_CanBeReadBack()
    {
        var depth = DefinitionJson.MaxDepth - 1;
        var body = $$$"""{"model":{"definitionId":"deep","name":"deep","x":{{{new string('[', depth)}}}{{{new string(']', depth)}}}}}""";

        using var answer = await _client.PostTextAsync(DefinitionsApi.Path, body);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        await _server.RestartAsync();
        (await (await _server.SignInAsync()).FindAsync("deep", "Latest")).Text("name").Should().Be("deep");
    }

    [Fact]
    public async Task Save_TooLarge_Is413()
    {
        var body = $$$"""{"model":{"name":"{{{new string('x', 10 * 1024 * 1024)}}}"}}""";

        using var answer = await _client.PostTextAsync(DefinitionsApi.Path, body);

        answer.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
    }
}
