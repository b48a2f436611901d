using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>What the Studio's viewer tells of a run that failed.</summary>
[Collection(Browser.Collection)]
public sealed class FailedRunTests(Browser browser)
{
    [Fact]
    public async Task Viewer_OfAFailedRun_TellsInTheTabsOfTheFaultedActivityWhatBroke()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        const string fault = """{"id":"break","type":"Elsa.Fault","version":1,"name":"Break","message":{"typeName":"String","expression":{"type":"Scriban","value":"It broke for {{ trigger.body.Name }}."}}}""";
        await admin.SaveAsync(StudioFlows.Logging("broken", "Words", between: fault), publish: true);
        var run = await StudioFlows.StartRunAsync(server.Client, await StudioFlows.UrlAsync(admin, "broken"), """{"Name":"Contoso"}""");
        await StudioFlows.EndedAsync(admin, "broken", run, "Failed");
        await using var session = await StudioSession.SignInAsync(server, browser, $"/studio/workflows/instances/{run}/view");
        var page = session.Page;
        var designer = new DesignerPage(page);

        await page.Locator(".x6-node", new PageLocatorOptions { HasText = "Break" }).WaitForAsync();
        await designer.SelectAsync("Break");
        await page.Locator("#studio .mud-tab:visible").Nth(1).WaitForAsync();
        await page.Locator("#studio tr:visible", new PageLocatorOptions { HasText = "It broke for Contoso." }).First.WaitForAsync();
        await session.ScreenshotAsync("failed-activity");
        await designer.TabAsync("Executions");
        await page.Locator("#studio tr:visible", new PageLocatorOptions { HasText = "Faulted" }).Filter(new LocatorFilterOptions { HasText = run.Replace("-", "", StringComparison.Ordinal) }).First.WaitForAsync();
        await designer.TabAsync("Incidents");
        await page.Locator("#studio :visible", new PageLocatorOptions { HasText = "It broke for Contoso." }).Last.WaitForAsync();
        await session.ScreenshotAsync("failed-incidents");
        await designer.TabAsync("Activity call stack");
        await page.GetByText("Call stack (4)").WaitForAsync();
        await session.ScreenshotAsync("failed-call-stack");
        // The viewer's link to the flow, which the Studio thinks is at the root.
        await designer.TabAsync("Details");
        await page.Locator("#studio a[href$='/definitions/broken/edit']").ClickAsync();
        await page.WaitForURLAsync("**/studio/workflows/definitions/broken/edit");
        await designer.WaitAsync();
        session.Problems.Should().BeEmpty();
    }
}
