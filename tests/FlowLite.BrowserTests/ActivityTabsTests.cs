using System.Text.RegularExpressions;
using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>What stands behind the tabs of the designer.</summary>
[Collection(Browser.Collection)]
public sealed class ActivityTabsTests(Browser browser)
{
    [Fact]
    public async Task Flow_WithVariableInputOutputAndOutcomeAdded_IsSavedWithThem()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("tabs", "Words of {{ variables.Greeting }}"));
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "tabs");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await designer.TabAsync("Variables");
        await AddAsync(designer, page, "Add variable", "Greeting");
        await page.Locator("#content-list button", new PageLocatorOptions { HasText = "variables.Greeting" }).WaitForAsync();
        await designer.TabAsync("Input/Output");
        await AddAsync(designer, page, "Add input", "Seats");
        await AddAsync(designer, page, "Add output", "Answer");
        await page.Locator("#studio .mud-input-control:has(label:text-is('Outcomes')) input:visible").First.ClickAsync();
        await page.Keyboard.TypeAsync("Good");
        var saved = designer.SavedAsync("\"Good\"");
        await page.Keyboard.PressAsync("Enter");
        await saved;

        await designer.SelectAsync(0);
        await designer.TabAsync("Output");
        await page.Locator("#studio .mud-input-control:has(label:text-is('Body')) .mud-select-input:visible").First.ClickAsync();
        saved = designer.SavedAsync("\"body\":{");
        await page.Locator(".mud-popover-open").GetByText("Greeting", new LocatorGetByTextOptions { Exact = true }).ClickAsync();
        await saved;
        foreach (var tab in (string[])["Common", "Commit Strategy", "Log", "Info"])
        {
            await designer.TabAsync(tab);
        }

        await designer.SelectAsync(1);
        await designer.TabAsync("Test");
        await page.Locator("#studio button:visible", new PageLocatorOptions { HasTextRegex = new Regex("start", RegexOptions.IgnoreCase) }).ClickAsync();
        await page.GetByText("Completed", new PageGetByTextOptions { Exact = true }).First.WaitForAsync();
        await session.ScreenshotAsync("tab-test");

        var flow = await admin.FindAsync("tabs", "Latest");
        flow.GetProperty("variables")[0].Text("name").Should().Be("Greeting");
        flow.GetProperty("inputs")[0].Text("name").Should().Be("Seats");
        flow.GetProperty("outputs")[0].Text("name").Should().Be("Answer");
        flow.GetProperty("outcomes").EnumerateArray().Select(outcome => outcome.GetString()).Should().Equal("Good");
        var request = flow.GetProperty("root").GetProperty("activities").EnumerateArray().Single(activity => activity.Text("id") == "request");
        request.GetProperty("body").GetProperty("memoryReference").Text("id").Should().Be(flow.GetProperty("variables")[0].Text("id"));
        session.Problems.Should().BeEmpty();
    }

    private static async Task AddAsync(DesignerPage designer, IPage page, string button, string name)
    {
        await page.Locator("#studio button:visible", new PageLocatorOptions { HasTextRegex = new Regex(button, RegexOptions.IgnoreCase) }).ClickAsync();
        // The dialog proposes a name once it knows all types and storages. What is entered before, it overwrites or stumbles over.
        var field = page.Locator(".mud-dialog .mud-input-control:has(label:text-is('Name')) input");
        await Assertions.Expect(field).Not.ToHaveValueAsync("", new LocatorAssertionsToHaveValueOptions { Timeout = StudioSession.Patience });
        await field.FillAsync(name);
        // The answer to the save draws the tab anew; what is typed meanwhile would be gone.
        var saved = designer.SavedAsync($"\"{name}\"");
        await page.Locator(".mud-dialog-actions button").Last.ClickAsync();
        // While it goes, it could be taken for the next one.
        await page.Locator(".mud-dialog").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await page.Locator("#studio td:visible", new PageLocatorOptions { HasText = name }).First.WaitForAsync();
        await saved;
    }
}
