using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>What stands behind the tabs of the designer and of a run.</summary>
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

        await TabAsync(page, "Variables");
        await AddAsync(page, "Add variable", "Greeting");
        await page.Locator("#content-list button", new PageLocatorOptions { HasText = "variables.Greeting" }).WaitForAsync();
        await TabAsync(page, "Input/Output");
        await AddAsync(page, "Add input", "Seats");
        await AddAsync(page, "Add output", "Answer");
        await page.Locator("#studio .mud-input-control:has(label:text-is('Outcomes')) input:visible").First.ClickAsync();
        await page.Keyboard.TypeAsync("Good");
        var saved = designer.SavedAsync("\"Good\"");
        await page.Keyboard.PressAsync("Enter");
        await saved;

        await designer.SelectAsync(0);
        await TabAsync(page, "Output");
        await page.Locator("#studio .mud-input-control:has(label:text-is('Body')) .mud-select-input:visible").First.ClickAsync();
        saved = designer.SavedAsync("\"body\":{");
        await page.Locator(".mud-popover-open").GetByText("Greeting", new LocatorGetByTextOptions { Exact = true }).ClickAsync();
        await saved;
        foreach (var tab in (string[])["Common", "Commit Strategy", "Log", "Info"])
        {
            await TabAsync(page, tab);
        }

        await designer.SelectAsync(1);
        await TabAsync(page, "Test");
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

    [Fact]
    public async Task Branches_OfALoopAndASwitch_AreMadeEnteredAndLeft()
    {
        const string inner = """{"id":"inner","type":"Elsa.Flowchart","version":1,"name":"Inner","activities":[],"connections":[]}""";
        const string branches = $$"""
            {"id":"switch","type":"Elsa.Switch","version":1,"name":"Switch","cases":[{"label":"One","condition":{"type":"Scriban","value":"{{"{{ true }}"}}"},"activity":{{inner}}}]}
            """;
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("nested", "Words", between: branches));
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "nested");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await designer.DropAsync("Looping", "For Each", 60, 20);
        // What was dropped is selected, and a selection's frame takes the clicks.
        await page.Locator(".x6-graph-svg").ClickAsync(new LocatorClickOptions { Position = new Position { X = 400, Y = 400 } });
        await page.Locator(".x6-widget-selection-box").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        await page.Locator(".x6-node [data-port-name=Body]").ClickAsync();
        await page.Locator(".mud-dialog", new PageLocatorOptions { HasText = "Sequence" }).WaitForAsync();
        await page.Locator(".mud-dialog-actions button", new PageLocatorOptions { HasTextRegex = new Regex("ok", RegexOptions.IgnoreCase) }).ClickAsync();
        var way = page.Locator("#studio .mud-breadcrumbs");
        await way.Filter(new LocatorFilterOptions { HasText = "Body" }).WaitForAsync();
        await page.Locator(".x6-node").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        var saved = designer.SavedAsync("WriteLine");
        await designer.DropAsync("Console", "Write Line", 100, 100);
        await saved;
        await session.ScreenshotAsync("loop-body");
        await way.GetByText("Root").ClickAsync();
        await page.Locator(".x6-node [data-port-name=One]").ClickAsync();
        await way.Filter(new LocatorFilterOptions { HasText = "One" }).WaitForAsync();
        await page.Locator(".x6-node").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
        saved = designer.SavedAsync("\"Workflow1:flow:switch:inner:");
        await designer.DropAsync("Console", "Write Line", 100, 100);
        await saved;

        var activities = (await admin.ExportAsync("nested")).GetProperty("root").GetProperty("activities").EnumerateArray().ToList();
        var loop = activities.Single(activity => activity.Text("type") == "Elsa.ForEach");
        loop.GetProperty("body").GetProperty("activities")[0].Text("type").Should().Be("Elsa.WriteLine");
        var one = activities.Single(activity => activity.Text("id") == "switch").GetProperty("cases")[0];
        one.GetProperty("activity").GetProperty("activities")[0].Text("type").Should().Be("Elsa.WriteLine");
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Run_ThatFailed_ShowsItsIncidentVariablesStackAndExecutions()
    {
        const string fault = """{"id":"fault","type":"Elsa.Fault","version":1,"name":"Fail","message":{"typeName":"String","expression":{"type":"Literal","value":"On purpose"}}}""";
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        var flow = StudioFlows.Logging("failing", "Words", between: fault);
        flow["variables"] = System.Text.Json.Nodes.JsonNode.Parse("""[{"id":"v","name":"Greeting","typeName":"String","value":"Hello there"}]""");
        await admin.SaveAsync(flow, publish: true);
        var run = await StudioFlows.StartRunAsync(server.Client, await StudioFlows.UrlAsync(admin, "failing"));
        await Eventually.UntilAsync(async () => JsonElement.Parse(await admin.GetStringAsync($"/elsa/api/workflow-instances/{run}")).Text("subStatus") == "Faulted", "the run fails");
        await using var session = await StudioSession.SignInAsync(server, browser, $"/studio/workflows/instances/{run}/view");
        var page = session.Page;
        await page.Locator(".x6-node").First.WaitForAsync();

        await TabAsync(page, "Incidents");
        await page.Locator("#studio").GetByText("On purpose").First.WaitForAsync();
        await TabAsync(page, "Variables");
        await page.Locator("#studio").GetByText("Hello there").First.WaitForAsync();
        await page.Locator(".x6-node", new PageLocatorOptions { HasText = "Fail" }).ClickAsync(new LocatorClickOptions { Position = new Position { X = 20, Y = 12 } });
        await TabAsync(page, "Activity call stack");
        await page.Locator("#studio").GetByText("Call stack (4)").WaitForAsync();
        var executions = page.Locator("#studio .mud-tab", new PageLocatorOptions { HasTextRegex = new Regex(@"^\s*executions", RegexOptions.IgnoreCase) });
        await executions.ClickAsync();
        var row = page.Locator("#studio .rz-splitter-vertical tr:visible", new PageLocatorOptions { HasText = "Faulted" }).First;
        await row.WaitForAsync();
        // The Studio cuts what its window didn't show at first.
        await row.ScrollIntoViewIfNeededAsync();
        await session.ScreenshotAsync("run-failed");
        (await row.EvaluateAsync<bool>("""row => { const box = row.getBoundingClientRect(); return row.contains(document.elementFromPoint(box.x + 20, box.y + box.height / 2)); }"""))
            .Should().BeTrue("the row can be seen");
        session.Problems.Should().BeEmpty();
    }

    private static Task TabAsync(IPage page, string name) =>
        // Tabs that have no room stand behind an arrow; a click of the keyboard reaches them all the same.
        page.Locator("#studio .mud-tab", new PageLocatorOptions { HasTextRegex = new Regex($@"^\s*{Regex.Escape(name)}(?![a-z])", RegexOptions.IgnoreCase) }).Last.EvaluateAsync("tab => tab.click()");

    private static async Task AddAsync(IPage page, string button, string name)
    {
        await page.Locator("#studio button:visible", new PageLocatorOptions { HasTextRegex = new Regex(button, RegexOptions.IgnoreCase) }).ClickAsync();
        await page.Locator(".mud-dialog .mud-input-control:has(label:text-is('Name')) input").FillAsync(name);
        await page.Locator(".mud-dialog-actions button").Last.ClickAsync();
        await page.Locator("#studio td:visible", new PageLocatorOptions { HasText = name }).First.WaitForAsync();
    }
}
