using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Server;
using FlowLite.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>What becomes of flows that need other flows: when they are published, and when the other ones change.</summary>
public sealed class FlowReferencesTests : DefinitionsTestBase
{
    [Theory]
    [InlineData("Elsa.ExecuteWorkflow")]
    [InlineData("Elsa.DispatchWorkflow")]
    [InlineData("Elsa.BulkDispatchWorkflows")]
    public async Task Publish_FlowThatStartsRunsOfAnUnknownOne_IsRefusedWithItsPlace(string type)
    {
        var (status, body) = await PublishAsync(Flow("starts", Start(type, "nowhere")));

        status.Should().Be(400);
        body.GetProperty("errors").GetProperty("run")[0].GetString().Should().Be("There is no flow 'nowhere'. (/root/activities/0/workflowDefinitionId)");
    }

    [Fact]
    public async Task Publish_FlowsThatStartRunsOfEachOtherOrThemselves_WarnsOfWhatIsNotPublishedYet()
    {
        await Client.SaveAsync(Flow("b", Start("Elsa.DispatchWorkflow", "a")));

        var (status, first) = await PublishAsync(Flow("a", Start("Elsa.DispatchWorkflow", "b"), Start("Elsa.DispatchWorkflow", "a", "again")));
        var (_, second) = await PostAsync("/workflow-definitions/b/publish");

        status.Should().Be(200);
        first.GetProperty("validationErrors").EnumerateArray().Should().ContainSingle().Which.GetProperty("message").GetString().Should().Contain("'b' is not published");
        second.GetProperty("validationErrors").GetArrayLength().Should().Be(0);
    }

    [Fact]
    public async Task Publish_FlowThatOnlyARunDecides_IsAccepted()
    {
        var start = Start("Elsa.ExecuteWorkflow", "");
        start["workflowDefinitionId"] = JsonNode.Parse("""{"expression":{"type":"Scriban","value":"{{ inputs.flow }}"}}""");

        (await PublishAsync(Flow("decides", start))).Status.Should().Be(200);
    }

    [Fact]
    public async Task Import_FilesOfFlowsThatNeedEachOther_AreAllPublished()
    {
        Write("a", Flow("a", Start("Elsa.ExecuteWorkflow", "b"), Use("c", "")));
        Write("b", Flow("b", Start("Elsa.ExecuteWorkflow", "a")));
        Write("c", Flow("c"));
        Write("d", Flow("d", Use("nowhere", "")));

        await Server.RestartAsync();

        Server.Services.GetRequiredService<WorkflowsFolder>().Files.Select(f => (f.DefinitionId, f.Outcome)).Should().Equal(
            ("a", ImportOutcome.Imported), ("b", ImportOutcome.Imported), ("c", ImportOutcome.Imported), (null, ImportOutcome.Invalid));
        Server.Services.GetRequiredService<FlowCatalog>().Published.Select(f => f.Definition.DefinitionId).Should().BeEquivalentTo(["a", "b", "c"]);
    }

    /// <summary>The Studio's "Include referencing workflows".</summary>
    [Fact]
    public async Task Export_WithConsumers_HasThoseThatNeedItAndThoseThatNeedThem()
    {
        var part = Id((await PublishAsync(Flow("part"))).Body);
        await PublishAsync(Flow("uses", Use("part", "")));
        await Client.SaveAsync(Flow("outer", Use("uses", "")));
        await PublishAsync(Flow("other"));

        (await FilesAsync(await Client.GetAsync($"{DefinitionsApi.Path}/part/export?versionOptions=Latest&includeConsumingWorkflows=True"))).Should().BeEquivalentTo("part", "uses", "outer");
        (await FilesAsync(await Client.GetAsync($"{DefinitionsApi.Path}/part/export?versionOptions=AllVersions&includeConsumingWorkflows=true"))).Should().BeEquivalentTo("part", "uses", "outer");
        (await FilesAsync(await Client.PostTextAsync("/elsa/api/bulk-actions/export/workflow-definitions", $$"""{"ids":["{{part}}"],"includeConsumingWorkflows":true}"""))).Should().BeEquivalentTo("part", "uses", "outer");
        (await FilesAsync(await Client.PostTextAsync("/elsa/api/bulk-actions/export/workflow-definitions", $$"""{"ids":["{{part}}"],"includeConsumingWorkflows":"maybe"}"""))).Should().Equal("part");
        using var alone = await Client.GetAsync($"{DefinitionsApi.Path}/other/export?versionOptions=Latest&includeConsumingWorkflows=True");
        alone.Content.Headers.ContentDisposition!.FileName.Should().EndWith(".json");

        static async Task<List<string>> FilesAsync(HttpResponseMessage answer)
        {
            using (answer)
            {
                using var zip = new ZipArchive(await answer.Content.ReadAsStreamAsync());
                return [.. zip.Entries.Select(entry => JsonSerializer.Deserialize<JsonElement>(entry.Open()).Text("definitionId"))];
            }
        }
    }

    [Fact]
    public async Task UpdateReferences_OfAFlow_MovesThePinsOfThoseThatHaveItAsAnActivity()
    {
        var first = Id((await PublishAsync(Flow("part"))).Body);
        await PublishAsync(Flow("pinned", Use("part", first)));
        await PublishAsync(Flow("follows", Use("part", "")));
        await Client.SaveAsync(Flow("draft", Use("part", first)));
        await PublishAsync(Flow("other"));
        var changed = Flow("part");
        changed["description"] = "Changed";
        var (_, publish) = await PublishAsync(changed);

        var (status, answer) = await PostAsync("/workflow-definitions/part/update-references");

        publish.GetProperty("consumingWorkflowCount").GetInt32().Should().Be(1, "one follows, the others are pinned to the version before");
        status.Should().Be(200);
        Texts(answer.GetProperty("affectedWorkflows")).Should().BeEquivalentTo(["pinned", "draft"]);
        var pinned = await Client.FindAsync("pinned", "Published");
        (pinned.GetProperty("version").GetInt32(), Pin(pinned)).Should().Be((2, Id(publish)));
        var draft = await Client.FindAsync("draft", "Latest");
        (draft.GetProperty("isPublished").GetBoolean(), Pin(draft)).Should().Be((false, Id(publish)));
        (await Client.FindAsync("follows", "Latest")).GetProperty("version").GetInt32().Should().Be(1);
        Texts((await PostAsync("/workflow-definitions/part/update-references")).Body.GetProperty("affectedWorkflows")).Should().BeEmpty("all are up to date");
    }

    [Fact]
    public async Task UpdateReferences_OfAPartOfAPart_MovesThePinsAllTheWayUpOnceForEachFlow()
    {
        var part = Id((await PublishAsync(Flow("part"))).Body);
        var middle = Id((await PublishAsync(Flow("middle", Use("part", part)))).Body);
        var top = Flow("top", Use("part", part), Use("middle", middle, "other"));
        await PublishAsync(top);
        var changed = Flow("part");
        changed["description"] = "Changed";
        var published = Id((await PublishAsync(changed)).Body);

        var (status, answer) = await PostAsync("/workflow-definitions/part/update-references");

        status.Should().Be(200);
        Texts(answer.GetProperty("affectedWorkflows")).Should().Equal("middle", "top");
        var now = await Client.FindAsync("top", "Published");
        now.GetProperty("version").GetInt32().Should().Be(2, "it changes once");
        (Pin(now), Pin(now, 1)).Should().Be((published, Id(await Client.FindAsync("middle", "Published"), isSaved: false)));
    }

    [Fact]
    public async Task Publish_FlowThatUpdatesItsConsumers_CountsThoseThatArePinnedToo()
    {
        var part = Flow("part");
        part["options"]!["autoUpdateConsumingWorkflows"] = true;
        var first = Id((await PublishAsync(part)).Body);
        await PublishAsync(Flow("pinned", Use("part", first)));
        part["description"] = "Changed";

        (await PublishAsync(part)).Body.GetProperty("consumingWorkflowCount").GetInt32().Should().Be(1);
    }

    private Task<(int Status, JsonElement Body)> PublishAsync(JsonObject flow) =>
        PostAsync("/workflow-definitions", new JsonObject { ["model"] = flow.DeepClone(), ["publish"] = true }.ToJsonString());

    private void Write(string folder, JsonObject flow) =>
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(Server.WorkflowsDirectory, folder)).FullName, "flow.json"), flow.ToJsonString());

    private static string Id(JsonElement saved, bool isSaved = true) => (isSaved ? saved.GetProperty("workflowDefinition") : saved).GetProperty("id").GetString()!;

    private static string? Pin(JsonElement definition, int activity = 0) => definition.GetProperty("root").GetProperty("activities")[activity].GetProperty("workflowDefinitionVersionId").GetString();

    private static JsonObject Start(string type, string flow, string id = "run") => new()
    {
        ["id"] = id,
        ["name"] = id == "run" ? null : id,
        ["type"] = type,
        ["version"] = 1,
        ["workflowDefinitionId"] = flow,
    };

    private static JsonObject Use(string flow, string version, string id = "use") => new()
    {
        ["id"] = id,
        // As a flow's type is made of its name.
        ["type"] = flow.ToUpperInvariant()[..1] + flow[1..],
        ["version"] = 1,
        ["workflowDefinitionId"] = flow,
        ["workflowDefinitionVersionId"] = version,
    };

    private static JsonObject Flow(string id, params JsonObject[] activities) => new()
    {
        ["definitionId"] = id,
        ["name"] = id,
        ["options"] = new JsonObject { ["usableAsActivity"] = true },
        ["root"] = new JsonObject { ["id"] = "root", ["type"] = "Elsa.Sequence", ["version"] = 1, ["activities"] = new JsonArray([.. activities]) },
    };
}
