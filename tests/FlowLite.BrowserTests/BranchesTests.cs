using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>Loops and branches, drawn and watched in the Studio.</summary>
[Collection(Browser.Collection)]
public sealed class BranchesTests(Browser browser)
{
    [Fact]
    public async Task Loop_WithABodyDrawnIntoIt_RunsItForEachItem()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        const string loop = """{"id":"loop","type":"Elsa.ForEach","version":1,"name":"Loop","items":{"typeName":"List<Object>","expression":{"type":"Scriban","value":"{{ trigger.body.items }}"}}}""";
        var flow = StudioFlows.Logging("looped", "Words", between: loop);
        flow["root"]!["activities"]![0]!["schema"] = """{"type":"object","properties":{"items":{"type":"array"}}}""";
        await admin.SaveAsync(flow);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "looped");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();
        await page.Locator(".x6-node").Nth(1).WaitForAsync();

        await page.Locator(".x6-node", new PageLocatorOptions { HasText = "Loop" }).Locator(".embedded-port").First.ClickAsync();
        await page.Locator(".mud-dialog-actions button").Last.ClickAsync();
        await page.Locator(".x6-node").First.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await designer.DropAsync("Console", "Write Line", 150, 150);
        await designer.EnterAsync("Text");
        var saved = designer.SavedAsync("Item {{ item }}");
        await page.Keyboard.InsertTextAsync("Item {{ item }}");
        await saved;
        await session.ScreenshotAsync("loop-body");
        await designer.PublishAsync();
        await page.Locator("#url-some").WaitForAsync();
        var run = await StudioFlows.StartRunAsync(server.Client, await StudioFlows.UrlAsync(admin, "looped"), """{"items":["a","b"]}""");
        (await LinesAsync(admin, "looped", run)).Should().Equal("Item a", "Item b", "Words");

        await session.OpenAsync($"/studio/workflows/instances/{run}/view");
        await page.Locator(".x6-node", new PageLocatorOptions { HasText = "Loop" }).Locator(".embedded-port").First.ClickAsync();
        await page.Locator(".x6-node", new PageLocatorOptions { HasText = "Loop" }).WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await page.Locator(".x6-node", new PageLocatorOptions { HasText = "Write Line" }).WaitForAsync();
        await session.ScreenshotAsync("loop-run");
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Switch_WithACaseDrawn_GoesOnThere()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        const string choose = """{"id":"choose","type":"Elsa.FlowSwitch","version":1,"name":"Choose"}""";
        var flow = StudioFlows.Logging("switched", "Words", between: choose);
        flow["root"]!["connections"]!.AsArray().RemoveAt(1);
        await admin.SaveAsync(flow);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "switched");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();
        await page.Locator(".x6-node").Nth(2).WaitForAsync();

        await designer.SelectAsync("Choose");
        await page.Locator("#studio button:visible", new PageLocatorOptions { HasText = "Add case" }).ClickAsync();
        var row = page.Locator("#studio tr:has(input):visible", new PageLocatorOptions { Has = page.Locator("button") }).First;
        await row.Locator("input:visible").Nth(1).FillAsync("{{ trigger.body.Country == 'USA' }}");
        var saved = designer.SavedAsync("trigger.body.Country");
        await row.Locator("button").First.ClickAsync();
        await saved;
        await page.Locator("[port='Case 1']").WaitForAsync();
        // The frame around a chosen activity would catch the mouse.
        await designer.SelectAsync("Log");
        saved = designer.SavedAsync("Case 1\"},\"target");
        await designer.ConnectAsync("Choose", "Case 1", "Log");
        await saved;
        await session.ScreenshotAsync("switch");
        await designer.PublishAsync();
        await page.Locator("#url-some").WaitForAsync();
        var url = await StudioFlows.UrlAsync(admin, "switched");

        (await LinesAsync(admin, "switched", await StudioFlows.StartRunAsync(server.Client, url, """{"Country":"USA"}"""))).Should().Equal("Words");
        (await LinesAsync(admin, "switched", await StudioFlows.StartRunAsync(server.Client, url, """{"Country":"Peru"}"""))).Should().BeEmpty();
        session.Problems.Should().BeEmpty();
    }

    /// <summary>What the run wrote, in order.</summary>
    private static async Task<string?[]> LinesAsync(HttpClient admin, string flow, string run) =>
        [.. (await StudioFlows.EndedAsync(admin, flow, run)).GetProperty("actions").EnumerateArray().Where(action => action.Text("type") == "Elsa.WriteLine")
            .SelectMany(action => action.GetProperty("log").EnumerateArray().Select(line => line.GetString()))];
}
