using System.Net;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Server;

public sealed class DefinitionListTests
{
    [Fact]
    public async Task List_AsTheStudioAsks_GivesPagesOrdersAndFilters()
    {
        await using var server = await TestServer.StartAsync();
        var client = await server.SignInAsync();
        var a = await client.SaveAsync(ServerTestFlows.Small("a", "Cherry"), publish: true);
        await client.SaveAsync(ServerTestFlows.Small("a", "Cherry 2"));
        await client.SaveAsync(ServerTestFlows.Small("b", "Apple"), publish: true);
        await client.SaveAsync(ServerTestFlows.Small("c", "Banana"));

        (await Names(client, "versionOptions=Latest&OrderBy=Name&OrderDirection=Ascending")).Should().Equal("Apple", "Banana", "Cherry 2");
        (await Names(client, "VersionOptions=Latest&Page=1&PageSize=2&orderby=name&orderdirection=ascending")).Should().Equal("Cherry 2");
        (await Names(client, "versionOptions=Published&OrderBy=Name&OrderDirection=Descending")).Should().Equal("Cherry", "Apple");
        (await Names(client, "versionOptions=Latest&SearchTerm=ban")).Should().Equal("Banana");
        (await Names(client, "versionOptions=Latest&DefinitionIds=b&DefinitionIds=c&OrderBy=Name&OrderDirection=Ascending")).Should().Equal("Apple", "Banana");
        (await Names(client, $"versionOptions=&Ids={a.Text("id")}")).Should().Equal("Cherry");
        (await Names(client, "versionOptions=Latest&IsSystem=True")).Should().BeEmpty();
        (await client.ListAsync("versionOptions=Latest&Page=0&PageSize=1")).GetProperty("totalCount").GetInt32().Should().Be(3);
    }

    [Fact]
    public async Task List_Shape_LetsTheStudioEdit()
    {
        await using var server = await TestServer.StartAsync();
        var client = await server.SignInAsync();
        await client.SaveAsync(ServerTestFlows.Small("a"));

        var list = await client.ListAsync("versionOptions=Latest");

        list.EnumerateObject().Select(p => p.Name).Should().Equal("items", "totalCount", "links");
        Rels(list).Should().Contain(["self", "bulk-publish", "create", "import"]);
        var item = list.GetProperty("items")[0];
        Rels(item).Should().Contain(["self", "publish", "delete"]);
        item.EnumerateObject().Select(p => p.Name).Should().BeEquivalentTo(
            "links", "id", "definitionId", "name", "description", "version", "toolVersion", "isLatest", "isPublished", "isReadonly",
            "materializerName", "isMaterializerAvailable", "createdAt");
    }

    [Theory]
    [InlineData("versionOptions=Sometimes")]
    [InlineData("versionOptions=-1")]
    [InlineData("page=x&pageSize=10")]
    [InlineData("page=0&pageSize=99999999999999")]
    [InlineData("orderBy=Colour")]
    [InlineData("orderDirection=Sideways")]
    public async Task List_BadQuery_Is400(string query)
    {
        await using var server = await TestServer.StartAsync();
        var client = await server.SignInAsync();

        using var answer = await client.GetAsync($"{DefinitionsApi.Path}?{query}");

        (await DefinitionsApi.ErrorsAsync(answer)).Should().ContainKey("generalErrors");
    }

    [Fact]
    public async Task List_HugePageNumber_IsEmpty()
    {
        await using var server = await TestServer.StartAsync();
        var client = await server.SignInAsync();
        await client.SaveAsync(ServerTestFlows.Small("a"));

        using var answer = await client.GetAsync($"{DefinitionsApi.Path}?page=2147483647&pageSize=1000");

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("\"items\":[]");
    }

    private static async Task<IEnumerable<string?>> Names(HttpClient client, string query) =>
        (await client.ListAsync(query)).GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString());

    private static IEnumerable<string?> Rels(System.Text.Json.JsonElement owner) =>
        owner.GetProperty("links").EnumerateArray().Select(l => l.GetProperty("rel").GetString());
}
