using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>What becomes of a flow after its first day, done with the Studio's own buttons.</summary>
[Collection(Browser.Collection)]
public sealed class LifecycleTests(Browser browser)
{
    [Fact]
    public async Task Publish_WhileARunIsUnderWay_LetsItEndOnItsVersion()
    {
        await using var crm = await HeldCrm.StartAsync();
        await using var server = await TestServer.StartAsync(crm.Settings);
        using var admin = await server.SignInAsync();
        var first = await admin.SaveAsync(StudioFlows.Logging("live", "First words", between: HeldCrm.Create), publish: true);
        var url = await StudioFlows.UrlAsync(admin, "live");
        var early = await StudioFlows.StartRunAsync(server.Client, url);
        await Eventually.UntilAsync(() => crm.IsCalled, "the first run is under way");
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "live");
        var designer = new DesignerPage(session.Page);
        await designer.WaitAsync();

        await designer.SelectAsync(2);
        await designer.EnterAsync("Text");
        var saved = designer.SavedAsync("Second words");
        await session.Page.Keyboard.PressAsync("Control+A");
        await session.Page.Keyboard.InsertTextAsync("Second words");
        await saved;
        await designer.PublishAsync();
        await designer.TellsAsync("published");
        crm.Open();

        var late = await StudioFlows.StartRunAsync(server.Client, url);
        var ended = await StudioFlows.EndedAsync(admin, "live", early);
        ended.Text("versionId").Should().Be(first.Text("id"));
        ended.GetRawText().Should().Contain("First words").And.NotContain("Second words");
        (await StudioFlows.EndedAsync(admin, "live", late)).GetRawText().Should().Contain("Second words").And.NotContain("First words");
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Rollback_ToTheFirstVersion_RunsAsItDid()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("back", "First words"), publish: true);
        await admin.SaveAsync(StudioFlows.Logging("back", "Second words"), publish: true);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "back");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await page.Locator(".mud-tab", new PageLocatorOptions { HasTextRegex = new("version history", System.Text.RegularExpressions.RegexOptions.IgnoreCase) }).ClickAsync();
        await designer.Version(1).Locator(".mud-menu button").ClickAsync();
        // The editor reads the new version before it shows it; published before that, it would send what it happens to hold.
        await page.RunAndWaitForResponseAsync(
            () => page.Locator(".mud-popover-open .mud-menu-item", new PageLocatorOptions { HasText = "Rollback" }).ClickAsync(),
            answer => answer.Url.Contains("/workflow-definitions/by-id/", StringComparison.Ordinal) && answer.Ok);
        await designer.Version(3).WaitForAsync();
        await page.Locator(".x6-node").Nth(1).WaitForAsync();
        await designer.PublishAsync();
        await designer.TellsAsync("published");
        // Which version is published, the server alone tells for sure.
        await Eventually.UntilAsync(async () => (await admin.FindAsync("back", "Published")).State().Item1 == 3, "version 3 being published");

        var run = await StudioFlows.StartRunAsync(server.Client, await StudioFlows.UrlAsync(admin, "back"));
        (await StudioFlows.EndedAsync(admin, "back", run)).GetRawText().Should().Contain("First words").And.NotContain("Second words");
        (await admin.FindAsync("back", "Published")).State().Should().Be((3, true, true));
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Export_OfAFlow_IsImportedElsewhereAndTheFlowDeleted()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        var original = await admin.SaveAsync(StudioFlows.Logging("moved", "Words"), publish: true);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "moved");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await designer.ChooseAsync("Export");
        var download = await page.RunAndWaitForDownloadAsync(() => page.Locator(".mud-dialog button", new PageLocatorOptions { HasText = "Export" }).ClickAsync());
        var file = await download.PathAsync();
        await ImportAsync(file, original);

        await session.OpenAsync(StudioSession.Flows);
        var row = Row(page, "Flow moved");
        await row.Locator(".mud-menu button").ClickAsync();
        await page.Locator(".mud-popover-open .mud-menu-item", new PageLocatorOptions { HasText = "Delete" }).ClickAsync();
        await page.Locator(".mud-dialog button", new PageLocatorOptions { HasText = "Delete" }).ClickAsync();
        await row.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });

        (await admin.ListAsync("versionOptions=Latest")).GetProperty("totalCount").GetInt32().Should().Be(0);
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Publish_AnInvalidFlow_TellsWhyAndKeepsTheDraft()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("broken", "{{ if }}"));
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "broken");
        session.Expect(400, DefinitionsApi.Path);
        var designer = new DesignerPage(session.Page);
        await designer.WaitAsync();

        await designer.PublishAsync();
        await designer.TellsAsync("Log: ");
        await session.ScreenshotAsync("invalid-flow");

        (await admin.FindAsync("broken", "Latest")).State().Should().Be((1, true, false));
        (await session.Page.Locator("#url-some").IsVisibleAsync()).Should().BeFalse("nothing is published");
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Edit_BesideAnActivityThatVanished_KeepsAllOfIt()
    {
        const string alien = """
            {"id":"alien","type":"Contoso.Rocket","version":3,"name":"Rocket","special":[1,"two",{"three":3.00}],"customProperties":{"odd":{"id":"a","type":"B.C"}}}
            """;
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("lost", "Words", between: alien));
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "lost");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await page.Locator(".x6-node", new PageLocatorOptions { HasText = "Contoso.Rocket" }).WaitForAsync();
        await designer.SelectAsync(2);
        await designer.EnterAsync("Text");
        var saved = designer.SavedAsync("Words of mine");
        await page.Keyboard.PressAsync("Control+End");
        await page.Keyboard.InsertTextAsync(" of mine");
        await saved;
        await session.ScreenshotAsync("vanished-type");

        var root = (await admin.ExportAsync("lost")).GetProperty("root");
        root.GetProperty("connections").GetArrayLength().Should().Be(2);
        var activities = root.GetProperty("activities").EnumerateArray().ToList();
        activities.Single(activity => activity.Text("id") == "log").GetRawText().Should().Contain("Words of mine");
        var kept = activities.Single(activity => activity.Text("id") == "alien");
        foreach (var (name, value) in JsonNode.Parse(alien)!.AsObject().Where(member => member.Key != "customProperties"))
        {
            JsonNode.DeepEquals(JsonNode.Parse(kept.GetProperty(name).GetRawText()), value).Should().BeTrue(name);
        }

        kept.GetProperty("customProperties").GetProperty("odd").Text("type").Should().Be("B.C");
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Unpublish_InTheEditor_KeepsLaterLeadsUntilItIsPublishedAgain()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("paused", "Words"), publish: true);
        var url = await StudioFlows.UrlAsync(admin, "paused");
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "paused");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await designer.ChooseAsync("Unpublish");
        await page.Locator("#url-status", new PageLocatorOptions { HasText = "kept in the inbox" }).WaitForAsync();
        using (var refused = await server.Client.PostTextAsync(url.AbsoluteUri, """{"late":true}"""))
        {
            ((int)refused.StatusCode).Should().Be(400);
        }

        (await admin.GetStringAsync("/api/inbox")).Should().Contain("paused");
        await designer.PublishAsync();
        await page.Locator("#url-status:empty").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });

        await StudioFlows.EndedAsync(admin, "paused", await StudioFlows.StartRunAsync(server.Client, url));
        session.Problems.Should().BeEmpty();
    }

    /// <summary>Imports through the list of a second server, where the flow then is what it was.</summary>
    private async Task ImportAsync(string file, JsonElement original)
    {
        await using var other = await TestServer.StartAsync();
        using var admin = await other.SignInAsync();
        await using var session = await StudioSession.SignInAsync(other, browser);
        var page = session.Page;
        await page.GetByText("No workflow definitions found").WaitForAsync();
        await page.Locator("#studio .mud-button-group-root .mud-menu button").ClickAsync();
        var chooser = await page.RunAndWaitForFileChooserAsync(() => page.Locator(".mud-popover-open .mud-menu-item", new PageLocatorOptions { HasText = "Import" }).ClickAsync());
        await chooser.SetFilesAsync(new FilePayload { Name = "moved.json", MimeType = "application/json", Buffer = await File.ReadAllBytesAsync(file) });
        await Row(page, "Flow moved").WaitForAsync();

        var imported = await admin.FindAsync("moved", "Latest");
        JsonElement.DeepEquals(imported.GetProperty("root"), original.GetProperty("root")).Should().BeTrue();
        session.Problems.Should().BeEmpty();
    }

    private static ILocator Row(IPage page, string flow) => page.Locator("#studio tr", new PageLocatorOptions { HasText = flow });
}
