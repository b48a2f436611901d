using System.Net;
using System.Text.Json;
using FlowLite.FunctionalTests.Server;

namespace FlowLite.FunctionalTests.Definitions;

public sealed class RetractAndDeleteTests : DefinitionsTestBase
{
    [Fact]
    public async Task Retract_PublishedFlow_IsTheVersionUnpublished()
    {
        await SaveTwoAsync("a");

        var (status, body) = await PostAsync("/workflow-definitions/a/retract");

        status.Should().Be(200);
        body.ShouldHave(Shape.Definition);
        body.State().Should().Be((1, false, false));
        (await StatusAsync(HttpMethod.Get, "/workflow-definitions/a?versionOptions=Published")).Should().Be(404);
        (await Client.FindAsync("a", "Latest")).State().Should().Be((2, true, false));
    }

    [Fact]
    public async Task Retract_WhatIsNotPublished_Is400AndNotThere_Is404()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a"));

        var (status, body) = await PostAsync("/workflow-definitions/a/retract");

        status.Should().Be(400);
        body.ShouldHave("statusCode:n message:s errors:o");
        body.GetProperty("errors").ToString().Should().Contain("Workflow with id a is not published");
        (await PostAsync("/workflow-definitions/nope/retract")).Status.Should().Be(404);
    }

    [Fact]
    public async Task SaveAfterRetract_LeavesTheVersionThatRan()
    {
        var published = await Client.SaveAsync(ServerTestFlows.Small("a", "One"), publish: true);
        await PostAsync("/workflow-definitions/a/retract");

        var saved = await Client.SaveAsync(ServerTestFlows.Small("a", "Two"));

        saved.State().Should().Be((2, true, false));
        (await GetAsync($"/workflow-definitions/by-id/{published.Text("id")}")).Text("name").Should().Be("One");
    }

    [Fact]
    public async Task PublishAfterRetract_PublishesTheSameVersionAgain()
    {
        var published = await Client.SaveAsync(ServerTestFlows.Small("a"), publish: true);
        await PostAsync("/workflow-definitions/a/retract");

        var (_, again) = await PostAsync("/workflow-definitions/a/publish");

        again.GetProperty("alreadyPublished").GetBoolean().Should().BeFalse();
        again.GetProperty("workflowDefinition").Text("id").Should().Be(published.Text("id"));
        again.GetProperty("workflowDefinition").State().Should().Be((1, true, true));
    }

    [Fact]
    public async Task Revert_OlderVersion_IsANewDraftOfIt()
    {
        await SaveTwoAsync("a");

        using var answer = await Client.PostAsync($"{DefinitionsApi.Path}/a/revert/1", null);

        answer.StatusCode.Should().Be(HttpStatusCode.Created);
        var summary = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        summary.ShouldHave(Shape.Summary);
        summary.State().Should().Be((3, true, false));
        answer.Headers.Location!.ToString().Should().Be($"/elsa/api/workflow-definitions/by-id/{summary.Text("id")}");
        (await Client.FindAsync("a", "Latest")).Text("name").Should().Be("One");
        var (_, published) = await PostAsync("/workflow-definitions/a/publish");
        published.GetProperty("workflowDefinition").State().Should().Be((3, true, true));
        (await PostAsync("/workflow-definitions/a/revert/9")).Status.Should().Be(404);
        (await PostAsync("/workflow-definitions/nope/revert/1")).Status.Should().Be(404);
    }

    [Fact]
    public async Task Delete_Flow_HidesWhatRunsReferTo()
    {
        var (published, draft) = await SaveTwoAsync("a");

        (await StatusAsync(HttpMethod.Delete, "/workflow-definitions/a")).Should().Be(204);

        (await StatusAsync(HttpMethod.Delete, "/workflow-definitions/a")).Should().Be(404);
        (await StatusAsync(HttpMethod.Get, "/workflow-definitions/a")).Should().Be(404);
        (await Client.ListAsync("versionOptions=")).GetProperty("totalCount").GetInt32().Should().Be(0);
        (await GetAsync("/workflow-definitions/validation/is-name-unique?name=Two")).GetProperty("isUnique").GetBoolean().Should().BeTrue();
        var byIds = await Client.ListAsync($"versionOptions=&Ids={published.Text("id")}&Ids={draft.Text("id")}");
        byIds.GetProperty("items").EnumerateArray().Select(d => d.Text("id")).Should().Equal(published.Text("id"));
        (await GetAsync($"/workflow-definitions/by-id/{published.Text("id")}")).State().Should().Be((1, false, false));
    }

    [Fact]
    public async Task SaveAfterDelete_IsANewFlowWithNumbersOfItsOwn()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a", "One"), publish: true);
        await StatusAsync(HttpMethod.Delete, "/workflow-definitions/a");

        var saved = await Client.SaveAsync(ServerTestFlows.Small("a", "One"), publish: true);

        saved.State().Should().Be((2, true, true), "a hidden version keeps its number");
        (await GetAsync("/workflow-definitions/a/versions")).GetArrayLength().Should().Be(1);
    }

    [Fact]
    public async Task Delete_FlowOfTheWorkflowsFolder_IsNotImportedAgainUntilItsFileChanges()
    {
        var file = Path.Combine(Server.WorkflowsDirectory, "a.json");
        await File.WriteAllTextAsync(file, ServerTestFlows.Small("a", "One").ToJsonString());
        await Server.RestartAsync();
        var client = await Server.SignInAsync();
        (await client.FindAsync("a", "Published")).Text("name").Should().Be("One");

        using (await client.DeleteAsync($"{DefinitionsApi.Path}/a"))
        {
        }

        await Server.RestartAsync();
        client = await Server.SignInAsync();
        (await client.ListAsync("versionOptions=")).GetProperty("totalCount").GetInt32().Should().Be(0);

        await File.WriteAllTextAsync(file, ServerTestFlows.Small("a", "Two").ToJsonString());
        await Server.RestartAsync();
        client = await Server.SignInAsync();
        (await client.FindAsync("a", "Published")).Text("name").Should().Be("Two");
    }

    [Theory]
    [InlineData("/workflow-definitions/a/version/2", 200)]
    [InlineData("/workflow-definition-versions/{2}", 204)]
    public async Task DeleteVersion_TheLatest_MakesTheOneBeforeTheLatest(string path, int expected)
    {
        var (_, draft) = await SaveTwoAsync("a");
        path = path.Replace("{2}", draft.Text("id"), StringComparison.Ordinal);

        (await StatusAsync(HttpMethod.Delete, path)).Should().Be(expected);

        (await Client.FindAsync("a", "Latest")).State().Should().Be((1, true, true));
        (await StatusAsync(HttpMethod.Delete, path)).Should().Be(404);
    }

    [Fact]
    public async Task DeleteVersion_ThePublished_LeavesNothingPublished()
    {
        var (published, _) = await SaveTwoAsync("a");

        (await StatusAsync(HttpMethod.Delete, $"/workflow-definition-versions/{published.Text("id")}")).Should().Be(204);

        (await StatusAsync(HttpMethod.Get, "/workflow-definitions/a?versionOptions=Published")).Should().Be(404);
        (await Client.FindAsync("a", "Latest")).State().Should().Be((2, true, false));
    }

    [Fact]
    public async Task Bulk_DeletesPublishesAndRetractsThoseThatAreThere()
    {
        var published = await Client.SaveAsync(ServerTestFlows.Small("a", "A"), publish: true);
        await Client.SaveAsync(ServerTestFlows.Small("b", "B"));
        await Client.SaveAsync(ServerTestFlows.Small("c", "C", "{{ if }}"));
        const string Ids = """{"definitionIds":["a","b","c","b","nope"]}""";

        var (_, publish) = await PostAsync("/bulk-actions/publish/workflow-definitions/by-definition-ids", Ids);
        var (_, retract) = await PostAsync("/bulk-actions/retract/workflow-definitions/by-definition-ids", Ids);
        var (_, versions) = await PostAsync("/bulk-actions/delete/workflow-definitions/by-id", $$"""{"ids":["{{published.Text("id")}}","nope"]}""");
        var (_, delete) = await PostAsync("/bulk-actions/delete/workflow-definitions/by-definition-id", Ids);

        publish.ShouldHave("published:a alreadyPublished:a notFound:a skipped:a updatedConsumers:a failed:a warnings:o");
        Texts(publish.GetProperty("published")).Should().Equal("b");
        Texts(publish.GetProperty("alreadyPublished")).Should().Equal("a");
        Texts(publish.GetProperty("failed")).Should().Equal("c");
        Texts(publish.GetProperty("notFound")).Should().Equal("nope");
        publish.GetProperty("warnings").GetProperty("c").ToString().Should().Contain("/root/activities/1/text");
        retract.ShouldHave("retracted:a alreadyRetracted:a skipped:a notPublished:a notFound:a");
        Texts(retract.GetProperty("retracted")).Should().Equal("a", "b");
        Texts(retract.GetProperty("alreadyRetracted")).Should().Equal("c");
        Texts(retract.GetProperty("notFound")).Should().Equal("nope");
        versions.ShouldHave("deleted:n");
        versions.GetProperty("deleted").GetInt32().Should().Be(1);
        delete.GetProperty("deleted").GetInt32().Should().Be(2, "the only version of a is gone");
    }

    [Theory]
    [InlineData("/bulk-actions/publish/workflow-definitions/by-definition-ids")]
    [InlineData("/bulk-actions/retract/workflow-definitions/by-definition-ids")]
    [InlineData("/bulk-actions/delete/workflow-definitions/by-definition-id")]
    [InlineData("/bulk-actions/delete/workflow-definitions/by-id")]
    [InlineData("/bulk-actions/export/workflow-definitions")]
    public async Task Bulk_BadBody_Is400(string path)
    {
        foreach (var body in (string[])["", "{", "[]", "{}", """{"ids":"a","definitionIds":"a"}""", """{"ids":[1],"definitionIds":[null]}"""])
        {
            (await PostAsync(path, body)).Status.Should().Be(400, body);
        }
    }

    [Fact]
    public async Task RefreshAndReload_AnswerAsElsa()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a"), publish: true);

        var (_, some) = await PostAsync("/actions/workflow-definitions/refresh", """{"definitionIds":["a","nope"]}""");
        var (_, all) = await CallAsync(HttpMethod.Post, "/actions/workflow-definitions/refresh");
        var (status, none) = await PostAsync("/actions/workflow-definitions/reload");

        some.ShouldHave("refreshed:a notFound:a");
        Texts(some.GetProperty("refreshed")).Should().Equal("a");
        Texts(some.GetProperty("notFound")).Should().Equal("nope");
        Texts(all.GetProperty("refreshed")).Should().Equal("a");
        status.Should().Be(200);
        none.ValueKind.Should().Be(JsonValueKind.Undefined);
    }
}
