using System.Text.Json;
using FlowLite.Engine.Definitions;

namespace FlowLite.FunctionalTests.Persistence;

/// <summary>What every catalogue of flows does.</summary>
public abstract class DefinitionStoreConformance
{
    private protected abstract IDefinitionStore Store { get; }

    [Fact]
    public async Task Save_NewVersion_ComesBackAsWritten()
    {
        var saved = Version("a", 1, published: true, name: "Lead", extra: """, "unknown": {"x": 1.50}""");
        await Store.SaveAsync(saved);

        var found = await Store.FindVersionAsync("a1");

        found!.Document.GetRawText().Should().Be(saved.Document.GetRawText());
        (found with { Document = saved.Document }).Should().Be(saved);
        (await Store.FindVersionAsync("b1")).Should().BeNull();
    }

    [Fact]
    public async Task Save_NewPublishedVersion_TakesLatestAndPublishedFromTheOthersOfItsFlow()
    {
        await Store.SaveAsync(Version("other", 1, published: true));
        await Store.SaveAsync(Version("a", 1, published: true));
        await Store.SaveAsync(Version("a", 2, published: false));
        (await Flags("a1")).Should().Be((false, true));
        (await Flags("a2")).Should().Be((true, false));

        await Store.SaveAsync(Version("a", 3, published: true));

        (await Flags("a1")).Should().Be((false, false));
        (await Flags("a2")).Should().Be((false, false));
        (await Flags("a3")).Should().Be((true, true));
        (await Flags("other1")).Should().Be((true, true));
    }

    [Fact]
    public async Task Save_SameVersionAgain_ReplacesIt()
    {
        await Store.SaveAsync(Version("a", 1, published: false, name: "Old"));
        await Store.SaveAsync(Version("a", 1, published: true, name: "New"));

        var page = await Store.ListAsync(new DefinitionQuery(default));
        page.TotalCount.Should().Be(1);
        page.Items.Single().Name.Should().Be("New");
        page.Items.Single().IsPublished.Should().BeTrue();
    }

    [Fact]
    public async Task Save_OlderVersionRetracted_LeavesTheLatestAlone()
    {
        await Store.SaveAsync(Version("a", 1, published: true));
        await Store.SaveAsync(Version("a", 2, published: false));
        await Store.SaveAsync(Version("a", 1, published: false) with { IsLatest = false });

        (await Flags("a1")).Should().Be((false, false));
        (await Flags("a2")).Should().Be((true, false));
    }

    [Theory]
    [InlineData("Latest", "draft2", "both1")]
    [InlineData("Published", "draft1", "both1")]
    [InlineData("LatestOrPublished", "draft2", "both1")]
    [InlineData("LatestAndPublished", null, "both1")]
    [InlineData("Draft", "draft2", null)]
    [InlineData("1", "draft1", "both1")]
    [InlineData("2", "draft2", null)]
    [InlineData("3", null, null)]
    [InlineData("", "draft2", "both1")]
    public async Task Find_ByVersionOptions_ReturnsTheOneMeant(string options, string? ofDraft, string? ofBoth)
    {
        await SaveDraftAndBothAsync();
        VersionOptions.TryParse(options, out var version).Should().BeTrue();

        (await Store.FindAsync("draft", version))?.Id.Should().Be(ofDraft);
        (await Store.FindAsync("both", version))?.Id.Should().Be(ofBoth);
        (await Store.FindAsync("draft", version) is null).Should().Be(ofDraft is null);
        (await Store.FindAsync("both", version) is null).Should().Be(ofBoth is null);
        (await Store.FindAsync("unknown", version)).Should().BeNull();
    }

    [Theory]
    [InlineData("Latest", "draft2 both1")]
    [InlineData("Published", "draft1 both1")]
    [InlineData("LatestOrPublished", "draft1 draft2 both1")]
    [InlineData("LatestAndPublished", "both1")]
    [InlineData("Draft", "draft2")]
    [InlineData("1", "draft1 both1")]
    [InlineData("", "draft1 draft2 both1")]
    public async Task List_ByVersionOptions_ReturnsThoseMeant(string options, string ids)
    {
        await SaveDraftAndBothAsync();
        VersionOptions.TryParse(options, out var version).Should().BeTrue();

        (await Ids(new DefinitionQuery(version))).Should().BeEquivalentTo(ids.Split(' '));
    }

    [Theory]
    [InlineData("Created", true, "c1 b1 a1")]
    [InlineData("Created", false, "a1 b1 c1")]
    [InlineData("Name", false, "b1 a1 c1")]
    [InlineData("Name", true, "c1 a1 b1")]
    [InlineData("name", false, "b1 a1 c1")]
    public async Task List_Ordered_IsInThatOrder(string by, bool descending, string ids)
    {
        await Store.SaveAsync(Version("a", 1, name: "beta"));
        await Store.SaveAsync(Version("b", 1, name: "Alpha") with { CreatedAt = TestRuns.Start.AddTicks(1) });
        await Store.SaveAsync(Version("c", 1, name: "Gamma") with { CreatedAt = TestRuns.Start.AddTicks(2) });

        (await Ids(new DefinitionQuery(VersionOptions.Latest, OrderBy: by, Descending: descending))).Should().Equal(ids.Split(' '));
    }

    [Fact]
    public async Task List_OrderedByVersion_IsInThatOrder()
    {
        await Store.SaveAsync(Version("a", 2));
        await Store.SaveAsync(Version("b", 10));
        await Store.SaveAsync(Version("c", 1));

        (await Ids(new DefinitionQuery(default, OrderBy: "Version", Descending: false))).Should().Equal("c1", "a2", "b10");
    }

    [Fact]
    public async Task List_Paged_CountsAll()
    {
        foreach (var flow in "abcde")
        {
            await Store.SaveAsync(Version(flow.ToString(), 1));
        }

        var page = await Store.ListAsync(new DefinitionQuery(default, Page: 1, PageSize: 2, OrderBy: "Created", Descending: false));
        page.Items.Select(d => d.Id).Should().Equal("c1", "d1");
        page.TotalCount.Should().Be(5);
        (await Ids(new DefinitionQuery(default, Page: 2, PageSize: 2, Descending: false))).Should().Equal("e1");
        (await Ids(new DefinitionQuery(default, Page: 3, PageSize: 2))).Should().BeEmpty();
    }

    [Theory]
    [InlineData("CRM", "a1")]
    [InlineData("überweisung", "b1")]
    [InlineData("  HUBSPOT ", "b1")]
    [InlineData("FLOW", "flow-c1")]
    [InlineData("100%", "")]
    [InlineData("_", "")]
    [InlineData("", "a1 b1 flow-c1")]
    public async Task List_SearchTerm_MatchesPartsOfNameDescriptionAndIdInAnyCase(string term, string ids)
    {
        await Store.SaveAsync(Version("a", 1, name: "Lead to crm"));
        await Store.SaveAsync(Version("b", 1, name: "ÜBERWEISUNG", extra: """, "description": "to HubSpot" """));
        await Store.SaveAsync(Version("flow-c", 1));

        (await Ids(new DefinitionQuery(default, SearchTerm: term)))
            .Should().BeEquivalentTo(ids.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task List_ByIds_ReturnsOnlyThose()
    {
        await SaveDraftAndBothAsync();

        (await Ids(new DefinitionQuery(default, DefinitionIds: ["draft", "unknown"]))).Should().BeEquivalentTo("draft1", "draft2");
        (await Ids(new DefinitionQuery(default, Ids: ["both1", "draft2"]))).Should().BeEquivalentTo("both1", "draft2");
        (await Ids(new DefinitionQuery(VersionOptions.Published, DefinitionIds: ["draft"]))).Should().Equal("draft1");
        (await Ids(new DefinitionQuery(default, Ids: []))).Should().BeEmpty();
    }

    [Fact]
    public async Task Save_InParallel_KeepsOneLatestAndOnePublished()
    {
        await Task.WhenAll(Enumerable.Range(1, 20).Select(n => Task.Run(() => Store.SaveAsync(Version("a", n, published: true)).AsTask())));

        (await Ids(new DefinitionQuery(default))).Should().HaveCount(20);
        (await Ids(new DefinitionQuery(VersionOptions.Latest))).Should().ContainSingle();
        (await Ids(new DefinitionQuery(VersionOptions.Published))).Should().ContainSingle();
    }

    [Fact]
    public async Task Secrets_SavedAndReplaced_ComeBack()
    {
        (await Store.FindSecretsAsync("a")).Should().BeNull();
        await Store.SaveSecretsAsync(new FlowSecrets("a", "k1", "k2", new Dictionary<string, string> { ["act"] = "manual" }));
        await Store.SaveSecretsAsync(new FlowSecrets("a", "k3", "k2", new Dictionary<string, string> { ["act"] = "manual", ["b"] = "c" }));

        (await Store.FindSecretsAsync("a")).Should().BeEquivalentTo(
            new FlowSecrets("a", "k3", "k2", new Dictionary<string, string> { ["act"] = "manual", ["b"] = "c" }));
    }

    [Fact]
    public async Task Import_SavedAndReplaced_ComesBack()
    {
        (await Store.FindImportAsync("a")).Should().BeNull();
        await Store.SaveImportAsync(new ImportedFile("a", "hash", "a1"));
        await Store.SaveImportAsync(new ImportedFile("a", "hash2", "a2"));

        (await Store.FindImportAsync("a")).Should().Be(new ImportedFile("a", "hash2", "a2"));
    }

    [Fact]
    public async Task Delete_Flow_HidesFrozenVersionsAndDropsTheOthers()
    {
        await Store.SaveAsync(Version("a", 1, published: true) with { IsFrozen = true });
        await Store.SaveAsync(Version("a", 2));
        await Store.SaveAsync(Version("other", 1));

        (await Store.DeleteAsync("a")).Should().BeTrue();

        (await Store.DeleteAsync("a")).Should().BeFalse();
        (await Store.DeleteAsync("unknown")).Should().BeFalse();
        (await Ids(new DefinitionQuery(default))).Should().Equal("other1");
        (await Store.FindAsync("a", new VersionOptions(VersionKind.Number, 1))).Should().BeNull();
        (await Flags("a1")).Should().Be((false, false));
        (await Store.FindVersionAsync("a2")).Should().BeNull();
        (await Ids(new DefinitionQuery(default, Ids: ["a1", "a2"]))).Should().Equal("a1");
        (await Store.NextVersionAsync("a")).Should().Be(2);
        await Store.SaveAsync(Version("a", 2, published: true));
        (await Ids(new DefinitionQuery(default))).Should().BeEquivalentTo("a2", "other1");
    }

    [Fact]
    public async Task DeleteVersion_TheLatest_MakesTheHighestThatIsLeftTheLatest()
    {
        await Store.SaveAsync(Version("a", 1));
        await Store.SaveAsync(Version("a", 2, published: true) with { IsFrozen = true });
        await Store.SaveAsync(Version("a", 3));

        (await Store.DeleteVersionAsync("a3")).Should().BeTrue();
        (await Flags("a2")).Should().Be((true, true));
        (await Store.DeleteVersionAsync("a2")).Should().BeTrue();
        (await Flags("a2")).Should().Be((false, false), "it is hidden");
        (await Flags("a1")).Should().Be((true, false));
        (await Store.DeleteVersionAsync("a2")).Should().BeFalse();
        (await Store.DeleteVersionAsync("a3")).Should().BeFalse();
        (await Store.DeleteVersionAsync("a1")).Should().BeTrue();
        (await Store.FindAsync("a", VersionOptions.Latest)).Should().BeNull();
        (await Store.NextVersionAsync("a")).Should().Be(3);
    }

    [Fact]
    public async Task DeleteVersion_NotTheLatest_LeavesTheLatestAlone()
    {
        await Store.SaveAsync(Version("a", 1));
        await Store.SaveAsync(Version("a", 2));

        await Store.DeleteVersionAsync("a1");

        (await Flags("a2")).Should().Be((true, false));
        (await Ids(new DefinitionQuery(default))).Should().Equal("a2");
    }

    [Fact]
    public async Task NextVersion_UnknownFlow_IsTheFirst() => (await Store.NextVersionAsync("a")).Should().Be(1);

    [Fact]
    public async Task List_ByName_TakesTheWholeName()
    {
        await Store.SaveAsync(Version("a", 1, name: "Lead"));
        await Store.SaveAsync(Version("b", 1, name: "Leads"));

        (await Ids(new DefinitionQuery(default, Name: "lead"))).Should().Equal("a1");
        (await Ids(new DefinitionQuery(default, Name: "Lea"))).Should().BeEmpty();
    }

    private protected static WorkflowDefinition Version(string flow, int version, bool published = false, string? name = null, string extra = "") => new()
    {
        Id = $"{flow}{version}",
        DefinitionId = flow,
        Version = version,
        IsLatest = true,
        IsPublished = published,
        CreatedAt = TestRuns.Start,
        Document = JsonElement.Parse($$"""{ "name": {{JsonSerializer.Serialize(name)}}{{extra}} }"""),
    };

    /// <summary>"draft" has a published version 1 and a draft 2; "both" has one version that is published and the latest.</summary>
    private async Task SaveDraftAndBothAsync()
    {
        await Store.SaveAsync(Version("draft", 1, published: true));
        await Store.SaveAsync(Version("draft", 2));
        await Store.SaveAsync(Version("both", 1, published: true));
    }

    private async Task<(bool IsLatest, bool IsPublished)> Flags(string id)
    {
        var found = await Store.FindVersionAsync(id);
        return (found!.IsLatest, found.IsPublished);
    }

    private async Task<IEnumerable<string>> Ids(DefinitionQuery query) => (await Store.ListAsync(query)).Items.Select(d => d.Id);
}
