using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;
using Xunit.Abstractions;

namespace FlowLite.BrowserTests;

/// <summary>Every page in both themes: it loads without an error, what is ours in it has no serious obstacle, and a picture of it is kept.</summary>
[Collection(Browser.Collection)]
public sealed class PagesTests(Browser browser, ITestOutputHelper output)
{
    // The Studio's own elements are not ours to mend.
    private const string Studios = "#studio";

    private const string Flow = """
        {"model":{"definitionId":"pages","name":"Pages","root":{"id":"flow","type":"Elsa.Flowchart","version":1,"name":"Flowchart1",
        "activities":[{"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Request","customProperties":{"canStartWorkflow":true}}],
        "connections":[]}},"publish":true}
        """;

    private const string Faulty = """
        {"model":{"definitionId":"faulty","name":"Faulty","root":{"id":"flow","type":"Elsa.Flowchart","version":1,"name":"Flowchart1",
        "activities":[{"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Request","customProperties":{"canStartWorkflow":true}},
        {"id":"fault","type":"Elsa.Fault","version":1,"name":"Break","message":{"typeName":"String","expression":{"type":"Literal","value":"It broke on purpose."}}}],
        "connections":[{"source":{"activity":"request","port":"Done"},"target":{"activity":"fault","port":"In"}}]}},"publish":true}
        """;

    /// <summary>One after the other in one session, since each new one loads the Studio anew.</summary>
    [Fact]
    public async Task Pages_InBothThemesAndOnAPhone_HaveNoErrorsNoObstaclesAndFit()
    {
        await using var server = await TestServer.StartAsync();
        var run = await StartARunAsync(server);
        var faulty = await StartAsync(server, "faulty", Faulty);
        (string Name, string Path, string There)[] pages =
        [
            ("flows", StudioSession.Flows, "#studio td"),
            ("designer", $"{StudioSession.Flows}/pages/edit", ".x6-node"),
            ("runs", "/studio/workflows/instances", "#studio td"),
            ("run", $"/studio/workflows/instances/{run}/view", ".x6-node"),
            ("failed-run", $"/studio/workflows/instances/{faulty}/view", "#run-actions .failed"),
            ("inbox", "/studio/inbox", "main td"),
            ("connections", "/studio/connections", "main td"),
            ("connection", "/studio/connections/embedded", "main h1"),
            ("crm", "/studio/crm", "#crm-leads td"),
        ];
        await using var session = await StudioSession.SignInAsync(server, browser);
        var page = session.Page;
        var obstacles = new List<string>();
        foreach (var (name, path, there) in pages)
        {
            await session.OpenAsync(path);
            await page.Locator(there).First.WaitForAsync();
            obstacles.AddRange(await LookAsync(session, $"{name}-light"));
            await page.ClickAsync("#theme-toggle");
            await page.Locator("html[data-theme=dark]").WaitForAsync();
            obstacles.AddRange(await LookAsync(session, $"{name}-dark"));
            await page.ClickAsync("#theme-toggle");
            obstacles.AddRange(await LookOnAPhoneAsync(session, name));
        }

        obstacles.Should().BeEmpty();
        session.Problems.Should().BeEmpty();
    }

    /// <summary>Its policy lets no script run that stands in the page but its own.</summary>
    [Fact]
    public async Task ApiReference_InABrowser_ShowsTheOperations()
    {
        await using var server = await TestServer.StartAsync();
        await using var session = await StudioSession.SignInAsync(server, browser);

        await session.OpenAsync("/docs/api/");

        await session.Page.GetByText("Workflow definitions").First.WaitForAsync();
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Login_InBothThemes_HasNoObstacles()
    {
        await using var server = await TestServer.StartAsync();
        await using var session = await StudioSession.StartAsync(server, browser);
        await session.OpenAsync("/login");

        var obstacles = await LookAsync(session, "login-light");
        await session.Page.ClickAsync("#theme-toggle");
        obstacles.AddRange(await LookAsync(session, "login-dark"));
        obstacles.AddRange(await LookOnAPhoneAsync(session, "login"));

        obstacles.Should().BeEmpty();
        session.Problems.Should().BeEmpty();
    }

    /// <summary>Without a mouse: to the content past the bar, to a refused request and back, and the other theme.</summary>
    [Fact]
    public async Task Pages_ByKeyboardAlone_AreReachedAndUsed()
    {
        await using var server = await TestServer.StartAsync();
        await StartARunAsync(server);
        await using var session = await StudioSession.StartAsync(server, browser);
        var page = session.Page;
        await session.OpenAsync("/studio/inbox");
        // The page puts the focus there a moment after it has loaded; a person looks for the caret.
        await page.Locator("#password:focus").WaitForAsync();
        await page.Keyboard.TypeAsync(TestServer.Password);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/studio/inbox");

        await page.Keyboard.PressAsync("Tab");
        (await FocusedAsync(page)).Should().Be("Skip to content");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("main:focus").WaitForAsync();
        await page.Keyboard.PressAsync("Tab");
        (await FocusedAsync(page)).Should().Be("InvalidRequestContent");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator(".payload").WaitForAsync();
        foreach (var name in (string[])["Skip to content", "FlowLite", "Flows", "Runs", "Inbox", "Connections", "CRM", "Dark"])
        {
            await page.Keyboard.PressAsync("Tab");
            (await FocusedAsync(page)).Should().Be(name);
            (await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle")).Should().Be("solid", name + " shows that it has the focus");
        }

        await page.Keyboard.PressAsync("Space");
        await page.Locator("html[data-theme=dark]").WaitForAsync();
        await page.Keyboard.PressAsync("Shift+Tab");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#crm-leads td", new PageLocatorOptions { HasText = "No lead yet" }).WaitForAsync();
        session.Problems.Should().BeEmpty();
    }

    private static Task<string> FocusedAsync(IPage page) => page.EvaluateAsync<string>("document.activeElement.innerText.trim()");

    [Fact]
    public async Task Designer_ColdAndWarm_SaysHowLongItTakes()
    {
        await using var server = await TestServer.StartAsync();
        await StartARunAsync(server);
        await using var session = await StudioSession.StartAsync(server, browser);
        var page = session.Page;
        // What went over the wire, headers included; what the browser's cache gave counts nothing.
        var wire = await page.Context.NewCDPSessionAsync(page);
        await wire.SendAsync("Network.enable");
        double bytes = 0;
        wire.Event("Network.loadingFinished").OnEvent += (_, data) => bytes += data!.Value.GetProperty("encodedDataLength").GetDouble();
        // The page for signing in has nothing of the Studio.
        await session.SignInAsync("/studio/workflows/definitions/pages/edit");

        foreach (var load in (string[])["cold", "warm"])
        {
            if (load == "warm")
            {
                bytes = 0;
                await page.ReloadAsync(new PageReloadOptions { WaitUntil = WaitUntilState.Commit });
            }

            await page.Locator(".x6-node").First.WaitForAsync();
            var milliseconds = await page.EvaluateAsync<double>("performance.now()");
            output.WriteLine($"{load} load of the designer: {milliseconds:0} ms to the first activity, {bytes / 1000:0} kB transferred");
        }

        session.Problems.Should().BeEmpty();
    }

    private static async Task<List<string>> LookAsync(StudioSession session, string name)
    {
        await session.ScreenshotAsync(name);
        var found = await session.Page.RunAxe(new AxeRunContext { Exclude = [new AxeSelector(Studios)] });
        return [.. found.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{name}: {violation.Id}: {string.Join("; ", violation.Nodes.Select(node => node.Html))}")];
    }

    /// <summary>Small screens scroll down, never sideways.</summary>
    private static async Task<string[]> LookOnAPhoneAsync(StudioSession session, string name)
    {
        var page = session.Page;
        var size = page.ViewportSize!;
        await page.SetViewportSizeAsync(390, 844);
        await session.ScreenshotAsync($"{name}-phone");
        var width = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
        await page.SetViewportSizeAsync(size.Width, size.Height);
        return width <= 390 ? [] : [$"{name}: is {width} wide on a phone of 390"];
    }

    /// <summary>Also posts what is no JSON, which is kept in the inbox.</summary>
    private static async Task<string> StartARunAsync(TestServer server)
    {
        var run = await StartAsync(server, "pages", Flow);
        using var admin = await server.SignInAsync();
        using var refusal = await server.Client.PostTextAsync((await StudioFlows.UrlAsync(admin, "pages")).AbsoluteUri, "{");
        ((int)refusal.StatusCode).Should().Be(400);
        return run;
    }

    private static async Task<string> StartAsync(TestServer server, string id, string flow)
    {
        using var admin = await server.SignInAsync();
        using var saved = await admin.PostAsync("/elsa/api/workflow-definitions", new StringContent(flow, System.Text.Encoding.UTF8, "application/json"));
        saved.EnsureSuccessStatusCode();
        return await StudioFlows.StartRunAsync(server.Client, await StudioFlows.UrlAsync(admin, id));
    }
}
