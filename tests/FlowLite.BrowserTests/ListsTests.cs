using System.Text.RegularExpressions;
using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>What the Studio's two lists let one do.</summary>
[Collection(Browser.Collection)]
public sealed class ListsTests(Browser browser)
{
    [Fact]
    public async Task Flows_SortedPagedSearchedAndChanged_AreWhatTheServerHas()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        foreach (var number in Enumerable.Range(1, 12))
        {
            await admin.SaveAsync(StudioFlows.Logging($"f{number:00}", "Words"), publish: number > 2);
        }

        await using var session = await StudioSession.SignInAsync(server, browser);
        var list = new StudioList(session.Page);
        await list.Row("Flow f01").WaitForAsync();

        await list.SortAsync("Name");
        await list.SortAsync("Name");
        await list.FirstRowIsAsync("Flow f12");
        await session.Page.Locator("button[aria-label='Next page']").ClickAsync();
        await list.FirstRowIsAsync("Flow f02");
        await session.Page.Locator("button[aria-label='First page']").ClickAsync();
        await list.FirstRowIsAsync("Flow f12");
        await list.SearchAsync("f07");
        await list.FirstRowIsAsync("Flow f07");
        await list.SearchAsync("");
        await list.FirstRowIsAsync("Flow f12");

        await list.ChooseAsync("Flow f12", "Unpublish");
        await list.TellsAsync("retracted");
        (await admin.FindAsync("f12", "Latest")).State().Should().Be((1, true, false));
        await list.ChooseAsync("Flow f12", "Publish");
        await list.TellsAsync("published");
        (await admin.FindAsync("f12", "Latest")).State().Should().Be((1, true, true));
        await list.TickAsync("Flow f11", "Flow f10");
        await list.BulkAsync("Delete");
        await list.Row("Flow f11").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        (await admin.ListAsync("versionOptions=Latest")).GetProperty("totalCount").GetInt32().Should().Be(10);

        await list.ChooseAsync("Flow f12", "Run");
        await session.Page.Locator("#run-hint a", new PageLocatorOptions { HasText = "test lead" }).ClickAsync();
        await session.Page.Locator("#send-test:enabled").WaitForAsync();
        await session.Page.Locator(".x6-node").First.WaitForAsync();
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Runs_FilteredCancelledDeletedAndImported_AreWhatTheServerHas()
    {
        const string wait = """{"id":"wait","type":"Elsa.Delay","version":1,"name":"Wait","timeSpan":{"typeName":"TimeSpan","expression":{"type":"Literal","value":"02:00:00"}}}""";
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("quick", "Words"), publish: true);
        await admin.SaveAsync(StudioFlows.Logging("slow", "Words", between: wait), publish: true);
        var quick = await StudioFlows.StartRunAsync(server.Client, await StudioFlows.UrlAsync(admin, "quick"));
        await StudioFlows.EndedAsync(admin, "quick", quick);
        var slow = await StudioFlows.UrlAsync(admin, "slow");
        string[] waiting = [await StudioFlows.StartRunAsync(server.Client, slow), await StudioFlows.StartRunAsync(server.Client, slow), await StudioFlows.StartRunAsync(server.Client, slow)];
        await using var session = await StudioSession.SignInAsync(server, browser, "/studio/workflows/instances");
        var page = session.Page;
        var list = new StudioList(page);
        await list.Row(quick).WaitForAsync();

        await page.Locator("#studio .mud-input-control.mud-select-extended", new PageLocatorOptions { Has = page.Locator("legend:text-is('Sub status')") }).ClickAsync();
        await page.Locator(".mud-popover-open").GetByText("Suspended", new LocatorGetByTextOptions { Exact = true }).ClickAsync();
        await list.Row(quick).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await page.Locator(".mud-overlay").First.ClickAsync();
        await list.ChooseAsync(waiting[0], "Cancel", confirm: "Yes");
        await Eventually.UntilAsync(async () => await StatusAsync(admin, waiting[0]) == "Cancelled", "the run of the row is cancelled");
        await list.TickAsync(waiting[1], waiting[2]);
        await list.BulkAsync("Cancel", confirm: "Yes");
        await Eventually.UntilAsync(async () => await StatusAsync(admin, waiting[2]) == "Cancelled", "those that were ticked are cancelled");

        await session.OpenAsync("/studio/workflows/instances");
        await list.Row(quick).WaitForAsync();
        var file = await admin.GetByteArrayAsync($"/elsa/api/workflow-instances/{quick}/export");
        await list.ChooseAsync(quick, "Delete", confirm: "Delete");
        await list.Row(quick).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await page.Locator("#studio button", new PageLocatorOptions { HasTextRegex = new Regex(@"^\s*actions", RegexOptions.IgnoreCase) }).ClickAsync();
        var chooser = await page.RunAndWaitForFileChooserAsync(() => page.Locator(".mud-popover-open .mud-menu-item", new PageLocatorOptions { HasText = "Import" }).ClickAsync());
        await chooser.SetFilesAsync(new FilePayload { Name = "run.json", MimeType = "application/json", Buffer = file });
        await list.TellsAsync("imported");
        await list.Row(quick).WaitForAsync();
        (await StatusAsync(admin, quick)).Should().Be("Finished");
        await list.Row(quick).Locator("td").Nth(1).ClickAsync();
        await page.Locator("#run-status", new PageLocatorOptions { HasText = "Succeeded" }).WaitForAsync();
        session.Problems.Should().BeEmpty();
    }

    /// <summary>Tokens hold for half an hour. A page that stays open hands the Studio new ones, before an old one is refused.</summary>
    [Fact]
    public async Task Runs_OpenLongerThanATokenHolds_AreStillReadAndChanged()
    {
        var time = new ShiftedTime();
        await using var server = await TestServer.StartAsync(services => services.AddSingleton<TimeProvider>(time), []);
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("early", "Words"), publish: true);
        var url = await StudioFlows.UrlAsync(admin, "early");
        var first = await StudioFlows.StartRunAsync(server.Client, url);
        await using var session = await StudioSession.SignInAsync(server, browser, "/studio/workflows/instances");
        var page = session.Page;
        var list = new StudioList(page);
        await list.Row(first).WaitForAsync();

        await session.OutliveATokenAsync(time);

        var later = await StudioFlows.StartRunAsync(server.Client, url);
        await page.Locator("#studio button", new PageLocatorOptions { HasTextRegex = new Regex(@"^\s*actions", RegexOptions.IgnoreCase) }).ClickAsync();
        await page.Locator(".mud-popover-open .mud-menu-item", new PageLocatorOptions { HasText = "Refresh" }).ClickAsync();
        await list.Row(later).WaitForAsync();
        session.Problems.Should().BeEmpty();
    }

    private static async Task<string> StatusAsync(HttpClient admin, string run) =>
        System.Text.Json.JsonElement.Parse(await admin.GetStringAsync($"/elsa/api/workflow-instances/{run}")).Text("subStatus");
}
