using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Server;

public sealed class DefinitionVersionsTests : IAsyncLifetime
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
    public async Task Save_NewDefinition_IsDraftOfVersion1()
    {
        var saved = await _client.SaveAsync(ServerTestFlows.Small("a"));

        saved.State().Should().Be((1, true, false));
        saved.Text("definitionId").Should().Be("a");
        saved.Text("toolVersion").Should().Be("3.8.0.0");
        saved.GetProperty("links").EnumerateArray().Select(l => l.GetProperty("rel").GetString()).Should().Contain("publish");
    }

    [Fact]
    public async Task Save_WithoutIdAndRoot_MakesAFlowThatOpens()
    {
        using var answer = await _client.PostTextAsync(DefinitionsApi.Path,
            """{"model":{"id":null,"definitionId":null,"name":"Empty","variables":null,"options":null,"root":null},"publish":null}""");

        var saved = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("workflowDefinition");
        saved.Text("definitionId").Should().MatchRegex("^[0-9a-f]{16}$");
        saved.GetProperty("root").GetProperty("nodeId").GetString().Should().Be("Workflow1:Sequence1");
        saved.GetProperty("variables").GetArrayLength().Should().Be(0, "the Studio can't read null there");
        (await _client.FindAsync(saved.Text("definitionId"), "Latest")).Text("name").Should().Be("Empty");
    }

    [Fact]
    public async Task Save_OverADraft_OverwritesIt()
    {
        var first = await _client.SaveAsync(ServerTestFlows.Small("a", "One"));
        var second = await _client.SaveAsync(ServerTestFlows.Small("a", "Two"));

        second.Text("id").Should().Be(first.Text("id"));
        second.State().Should().Be((1, true, false));
        (await _client.FindAsync("a", "Latest")).Text("name").Should().Be("Two");
    }

    [Fact]
    public async Task Save_OverAPublishedVersion_IsADraftOfTheNext()
    {
        var published = await _client.SaveAsync(ServerTestFlows.Small("a", "One"), publish: true);
        var draft = await _client.SaveAsync(ServerTestFlows.Small("a", "Two"));

        published.State().Should().Be((1, true, true));
        draft.State().Should().Be((2, true, false));
        draft.Text("id").Should().NotBe(published.Text("id"));
        (await _client.FindAsync("a", "Published")).State().Should().Be((1, false, true));
        (await _client.FindAsync("a", "Published")).Text("name").Should().Be("One");
        (await _client.FindAsync("a", "Draft")).Text("name").Should().Be("Two");
        (await _client.FindAsync("a", "1")).Text("name").Should().Be("One");
    }

    [Fact]
    public async Task Publish_Draft_TakesThePlaceOfTheOneBefore()
    {
        await _client.SaveAsync(ServerTestFlows.Small("a"), publish: true);
        await _client.SaveAsync(ServerTestFlows.Small("a", "Two"));

        using var answer = await _client.PostTextAsync($"{DefinitionsApi.Path}/a/publish", "{}");

        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        body.GetProperty("alreadyPublished").GetBoolean().Should().BeFalse();
        body.GetProperty("consumingWorkflowCount").GetInt32().Should().Be(0);
        body.GetProperty("workflowDefinition").State().Should().Be((2, true, true));
        (await _client.FindAsync("a", "1")).State().Should().Be((1, false, false));
        _server.Services.GetRequiredService<FlowCatalog>().Find("a")!.Definition.Version.Should().Be(2);
    }

    [Fact]
    public async Task Publish_PublishedVersion_SaysSo()
    {
        await _client.SaveAsync(ServerTestFlows.Small("a"), publish: true);

        using var answer = await _client.PostTextAsync($"{DefinitionsApi.Path}/a/publish", "{}");

        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("alreadyPublished").GetBoolean().Should().BeTrue();
    }

    [Fact]
    public async Task Publish_ManyAtOnce_GivesOneVersionAfterTheOther()
    {
        await Parallel.ForAsync(0, 12, async (i, _) => await _client.SaveAsync(ServerTestFlows.Small("a", $"Name {i}"), publish: true));

        var versions = await _client.ListAsync("versionOptions=AllVersions&definitionIds=a&orderBy=Version&orderDirection=Ascending");
        versions.GetProperty("items").EnumerateArray().Select(v => v.State()).Should()
            .Equal(Enumerable.Range(1, 12).Select(v => (v, v == 12, v == 12)));
    }

    [Fact]
    public async Task Missing_Definition_Is404WithoutBody()
    {
        using var get = await _client.GetAsync($"{DefinitionsApi.Path}/by-definition-id/nope?versionOptions=Latest");
        using var publish = await _client.PostTextAsync($"{DefinitionsApi.Path}/nope/publish", "{}");

        get.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await get.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
        publish.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task TriggerNames_OverRenamesAndNewTriggers_StayWhatTheyWere()
    {
        var flow = ServerTestFlows.Small("a");
        await _client.SaveAsync(flow, publish: true);
        (await Secrets("a")).Triggers.Should().Equal(new Dictionary<string, string> { ["request"] = "manual" });

        var activities = flow["root"]!["activities"]!.AsArray();
        activities[0]!["name"] = "Renamed";
        activities.Add(System.Text.Json.Nodes.JsonNode.Parse("""{ "id": "second", "type": "FlowLite.HttpRequest", "version": 1, "name": "Über: the 2nd one!" }"""));
        await _client.SaveAsync(flow, publish: true);
        (await Secrets("a")).Triggers.Should().Equal(new Dictionary<string, string> { ["request"] = "manual", ["second"] = "ber-the-2nd-one" });

        activities[2]!["name"] = "Renamed too";
        await _client.SaveAsync(flow, publish: true);
        (await Secrets("a")).Triggers["second"].Should().Be("ber-the-2nd-one");
    }

    [Fact]
    public async Task TriggerNames_TriggerReplacedByAnother_KeepsItsUrl()
    {
        var flow = ServerTestFlows.Small("a");
        await _client.SaveAsync(flow, publish: true);
        var before = await Secrets("a");
        flow["root"]!["activities"]![0]!["id"] = "another";
        flow["root"]!["connections"]![0]!["source"]!["activity"] = "another";

        await _client.SaveAsync(flow, publish: true);

        var after = await Secrets("a");
        after.Triggers.Should().Equal(new Dictionary<string, string> { ["another"] = "manual" });
        (after.PrimaryKey, after.SecondaryKey).Should().Be((before.PrimaryKey, before.SecondaryKey));
    }

    [Fact]
    public async Task Keys_OfAFlow_AreMadeOnceAndKeptEncrypted()
    {
        await _client.SaveAsync(ServerTestFlows.Small("a"), publish: true);
        await _client.SaveAsync(ServerTestFlows.Small("b"), publish: true);
        var (a, b) = (await Secrets("a"), await Secrets("b"));
        var protector = _server.Services.GetRequiredService<FlowLite.Server.Triggers.SecretProtector>();

        var keys = new[] { a.PrimaryKey, a.SecondaryKey, b.PrimaryKey, b.SecondaryKey }.Select(protector.Unprotect).ToList();

        keys.Should().OnlyHaveUniqueItems().And.OnlyContain(k => k.Length == 43);
        keys.Should().NotIntersectWith([a.PrimaryKey, a.SecondaryKey]);
    }

    [Fact]
    public async Task Restart_WithFlows_KnowsThem()
    {
        await _client.SaveAsync(ServerTestFlows.Small("a", "Kept"), publish: true);
        await _client.SaveAsync(ServerTestFlows.Small("a", "Draft"));

        await _server.RestartAsync();

        var client = await _server.SignInAsync();
        (await client.FindAsync("a", "Latest")).Text("name").Should().Be("Draft");
        _server.Services.GetRequiredService<FlowCatalog>().Find("a")!.Definition.Name.Should().Be("Kept");
        _server.Output.Should().Contain("Kept");
    }

    private async Task<FlowSecrets> Secrets(string definitionId) =>
        (await _server.Services.GetRequiredService<IDefinitionStore>().FindSecretsAsync(definitionId))!;
}
