using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Server;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>The Studio sends a save three times more when its answer is lost.</summary>
public sealed class IdempotentSaveTests : DefinitionsTestBase
{
    private const string New = """
        {"model":{"id":null,"definitionId":null,"name":"New","variables":null,"options":null,"createdAt":"0001-01-01T00:00:00+00:00",
         "root":{"id":"flow","type":"Elsa.Flowchart","version":1,"name":"Flowchart1"}},"publish":null}
        """;

    [Fact]
    public async Task Create_SentAgain_IsTheSameFlow()
    {
        var first = await CreateAsync(New);
        await Server.RestartAsync();
        using var client = await Server.SignInAsync();
        using var again = await client.PostTextAsync(DefinitionsApi.Path, New);
        var second = JsonElement.Parse(await again.Content.ReadAsStringAsync()).GetProperty("workflowDefinition");

        second.Text("definitionId").Should().Be(first.Text("definitionId"));
        second.Text("id").Should().Be(first.Text("id"));
        second.State().Should().Be((1, true, false));
        (await client.ListAsync("versionOptions=")).GetProperty("totalCount").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task Create_SentAgainWhileUnderWay_IsTheSameFlow()
    {
        var saved = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CreateAsync(New)));

        saved.Select(d => d.Text("id")).Distinct().Should().ContainSingle();
        (await Client.ListAsync("versionOptions=")).GetProperty("totalCount").GetInt32().Should().Be(1);
    }

    [Fact]
    public async Task CreateAndPublish_SentAgain_IsTheSameVersion()
    {
        var body = $$"""{"model":{{ServerTestFlows.Small(null, "New").ToJsonString()}},"publish":true}""";

        var first = await CreateAsync(body);
        var second = await CreateAsync(body);

        second.Text("id").Should().Be(first.Text("id"));
        second.State().Should().Be((1, true, true));
    }

    [Fact]
    public async Task Create_OfAnotherBody_IsAnotherFlow()
    {
        var first = await CreateAsync(New);
        var other = await CreateAsync(New.Replace("Flowchart1", "Other", StringComparison.Ordinal));

        other.Text("definitionId").Should().NotBe(first.Text("definitionId"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Create_AfterTheFirstWasDeletedOrRenamed_IsAnotherFlow(bool delete)
    {
        var first = await CreateAsync(New);
        var id = first.Text("definitionId");
        if (delete)
        {
            (await StatusAsync(HttpMethod.Delete, $"/workflow-definitions/{id}")).Should().Be(204);
        }
        else
        {
            await Client.SaveAsync(ServerTestFlows.Small(id, "Renamed"));
        }

        (await CreateAsync(New)).Text("definitionId").Should().NotBe(id);
    }

    [Fact]
    public async Task SaveDraft_SentAgain_MakesOneDraft()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a", "One"), publish: true);

        var first = await Client.SaveAsync(ServerTestFlows.Small("a", "Two"));
        var second = await Client.SaveAsync(ServerTestFlows.Small("a", "Two"));

        second.Text("id").Should().Be(first.Text("id"));
        (await GetAsync("/workflow-definitions/a/versions")).GetArrayLength().Should().Be(2);
    }

    [Fact]
    public async Task Publish_SentAgain_MakesOneVersion()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a", "One"), publish: true);

        await Client.SaveAsync(ServerTestFlows.Small("a", "Two"), publish: true);
        using var again = await Client.PostAsync(ServerTestFlows.Small("a", "Two"), publish: true);

        var answer = JsonNode.Parse(await again.Content.ReadAsStringAsync())!;
        answer["alreadyPublished"]!.GetValue<bool>().Should().BeTrue();
        answer["workflowDefinition"]!["version"]!.GetValue<int>().Should().Be(2);
        (await GetAsync("/workflow-definitions/a/versions")).GetArrayLength().Should().Be(2);
    }

    [Fact]
    public async Task Revert_SentAgain_MakesOneDraft()
    {
        await SaveTwoAsync("a");

        var first = await PostAsync("/workflow-definitions/a/revert/1");
        var second = await PostAsync("/workflow-definitions/a/revert/1");

        second.Body.Text("id").Should().Be(first.Body.Text("id"));
        (await GetAsync("/workflow-definitions/a/versions")).GetArrayLength().Should().Be(3);
    }

    private async Task<JsonElement> CreateAsync(string body)
    {
        var (status, answer) = await PostAsync("/workflow-definitions", body);
        status.Should().Be(200, answer.ToString());
        return answer.GetProperty("workflowDefinition");
    }
}
