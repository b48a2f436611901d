using FlowLite.FunctionalTests.Server;

namespace FlowLite.FunctionalTests.Definitions;

public sealed class DefinitionQueriesTests : DefinitionsTestBase
{
    [Fact]
    public async Task List_IsInElsasShape()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a"), publish: true);

        var page = await GetAsync("/workflow-definitions?versionOptions=Latest&Page=0&PageSize=10&SearchTerm=&IsSystem=False&OrderDirection=Ascending");

        page.ShouldHave("items:a totalCount:n links:a");
        page.GetProperty("links").EnumerateArray().Select(l => l.Text("rel")).Should().Contain("bulk-publish");
        var item = page.GetProperty("items").EnumerateArray().Should().ContainSingle().Subject;
        item.ShouldHave(Shape.ListedSummary);
        foreach (var link in item.GetProperty("links").EnumerateArray())
        {
            link.ShouldHave(Shape.Links);
        }
    }

    [Theory]
    [InlineData("isSystem=true", 0)]
    [InlineData("ISSYSTEM=False", 1)]
    [InlineData("IsReadonly=True", 0)]
    [InlineData("isReadOnly=false", 1)]
    [InlineData("searchTERM=mal", 1)]
    [InlineData("searchterm=other", 0)]
    public async Task List_Filtered_WhateverTheCaseOfItsNames(string query, int count)
    {
        await Client.SaveAsync(ServerTestFlows.Small("a"));

        (await GetAsync($"/workflow-definitions?{query}")).GetProperty("totalCount").GetInt32().Should().Be(count);
    }

    [Fact]
    public async Task Get_ByVersionOptions_IsTheOneMeant()
    {
        var (published, draft) = await SaveTwoAsync("a");

        foreach (var path in (string[])["/workflow-definitions/a", "/workflow-definitions/by-definition-id/a"])
        {
            (await GetAsync(path)).Text("id").Should().Be(draft.Text("id"));
            (await GetAsync($"{path}?versionOptions=Latest&includeCompositeRoot=true")).Text("id").Should().Be(draft.Text("id"));
            (await GetAsync($"{path}?versionOptions=Published")).Text("id").Should().Be(published.Text("id"));
            (await GetAsync($"{path}?versionOptions=1")).Text("id").Should().Be(published.Text("id"));
            (await StatusAsync(HttpMethod.Get, $"{path}?versionOptions=7")).Should().Be(404);
            (await StatusAsync(HttpMethod.Get, $"{path}?versionOptions=Nonsense")).Should().Be(400);
        }

        var one = await GetAsync($"/workflow-definitions/by-id/{published.Text("id")}");
        one.ShouldHave(Shape.Definition);
        one.State().Should().Be((1, false, true));
    }

    [Theory]
    [InlineData("/workflow-definitions/nope")]
    [InlineData("/workflow-definitions/by-definition-id/nope")]
    [InlineData("/workflow-definitions/by-id/nope")]
    [InlineData("/workflow-definitions/nope/consumers")]
    [InlineData("/workflow-definitions/nope/export")]
    [InlineData("/workflow-definitions/subgraph/nope")]
    [InlineData("/workflow-definitions/subgraph/segments/nope?childNodeId=x")]
    public async Task Get_WhatIsNotThere_Is404WithoutABody(string path)
    {
        var (status, body) = await CallAsync(HttpMethod.Get, path);

        status.Should().Be(404);
        body.ValueKind.Should().Be(System.Text.Json.JsonValueKind.Undefined);
    }

    [Fact]
    public async Task ManyById_GivesThoseVersions()
    {
        var (published, draft) = await SaveTwoAsync("a");

        var many = await GetAsync($"/workflow-definitions/many-by-id?ids={published.Text("id")}&ids={draft.Text("id")}&ids=nope");

        many.ShouldHave("items:a count:n");
        many.GetProperty("count").GetInt32().Should().Be(2);
        many.GetProperty("items").EnumerateArray().Select(d => d.Text("id")).Should().BeEquivalentTo(published.Text("id"), draft.Text("id"));
        many.GetProperty("items")[0].ShouldHave(Shape.Definition);
        (await GetAsync("/workflow-definitions/many-by-id")).GetProperty("count").GetInt32().Should().Be(0);
    }

    [Fact]
    public async Task Count_CountsFlows()
    {
        await SaveTwoAsync("a");
        await SaveTwoAsync("b");

        var count = await GetAsync("/workflow-definitions/query/count");

        count.ShouldHave("count:n");
        count.GetProperty("count").GetInt32().Should().Be(2);
    }

    [Theory]
    [InlineData("name=Small", false)]
    [InlineData("name=SMALL", false)]
    [InlineData("name=Smal", true)]
    [InlineData("name=Small&definitionId=a", true)]
    [InlineData("name=Small&definitionId=b", false)]
    [InlineData("name=%25", true)]
    [InlineData("", true)]
    public async Task IsNameUnique_LooksAtOtherFlows(string query, bool isUnique)
    {
        await Client.SaveAsync(ServerTestFlows.Small("a"));

        var answer = await GetAsync($"/workflow-definitions/validation/is-name-unique?{query}");

        answer.ShouldHave("isUnique:b");
        answer.GetProperty("isUnique").GetBoolean().Should().Be(isUnique);
    }

    [Fact]
    public async Task Versions_AreAllOfThem_TheNewestFirst()
    {
        await SaveTwoAsync("a");

        var versions = (await GetAsync("/workflow-definitions/a/versions")).EnumerateArray().ToList();

        versions.Select(v => v.State()).Should().Equal((2, true, false), (1, false, true));
        versions.Should().AllSatisfy(v => v.ShouldHave(Shape.Version));
        System.Text.Json.JsonElement.Parse(versions[1].Text("stringData")).Text("nodeId").Should().Be("Workflow1:flow");
        (await GetAsync("/workflow-definitions/nope/versions")).GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task ConsumersAndReferences_AreNone()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a"));

        Texts((await GetAsync("/workflow-definitions/a/consumers")).GetProperty("consumingWorkflowDefinitionIds")).Should().BeEmpty();
        var (status, body) = await PostAsync("/workflow-definitions/a/update-references");
        status.Should().Be(200);
        body.ShouldHave("affectedWorkflows:a");
        (await PostAsync("/workflow-definitions/nope/update-references")).Status.Should().Be(404);
    }

    [Fact]
    public async Task Save_AnswersInElsasShape()
    {
        var (status, body) = await PostAsync("/workflow-definitions", $$"""{"model":{{ServerTestFlows.Small("a").ToJsonString()}},"publish":true}""");

        status.Should().Be(200);
        body.ShouldHave("workflowDefinition:o alreadyPublished:b consumingWorkflowCount:n validationErrors:a");
        body.GetProperty("workflowDefinition").ShouldHave(Shape.Definition);
        body.GetProperty("validationErrors").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task Publish_FlowWithAWarning_TellsItAndPublishes()
    {
        var flow = ServerTestFlows.Small("a", text: "{{ trigger.body.x }}");
        flow["root"]!["activities"]![1]!["text"]!["expression"]!["type"] = "Literal";

        var (status, body) = await PostAsync("/workflow-definitions", $$"""{"model":{{flow.ToJsonString()}},"publish":true}""");
        var again = await PostAsync("/workflow-definitions/a/publish");

        status.Should().Be(200);
        body.GetProperty("workflowDefinition").GetProperty("isPublished").GetBoolean().Should().BeTrue();
        foreach (var answer in (System.Text.Json.JsonElement[])[body, again.Body])
        {
            var warning = answer.GetProperty("validationErrors").EnumerateArray().Should().ContainSingle().Subject;
            warning.ShouldHave("message:s activityId:s?");
            warning.Text("activityId").Should().Be("log");
            warning.Text("message").Should().Contain("/root/activities/1/text");
        }

        again.Body.GetProperty("alreadyPublished").GetBoolean().Should().BeTrue();
    }
}
