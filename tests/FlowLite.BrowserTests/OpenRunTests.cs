using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>The page of a run that stays open while the run goes on.</summary>
[Collection(Browser.Collection)]
public sealed class OpenRunTests(Browser browser)
{
    /// <summary>The connection that tells of the run outlives the token that it was made with, and what it tells to read is read with a new one.</summary>
    [Fact]
    public async Task Run_OpenLongerThanATokenHolds_IsToldLive()
    {
        var time = new ShiftedTime();
        await using var crm = await HeldCrm.StartAsync();
        await using var server = await TestServer.StartAsync(services => services.AddSingleton<TimeProvider>(time), crm.Settings);
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("open", "Words", between: HeldCrm.Create), publish: true);
        var run = await StudioFlows.StartRunAsync(server.Client, await StudioFlows.UrlAsync(admin, "open"));
        await Eventually.UntilAsync(() => crm.IsCalled, "the run is under way");
        await using var session = await StudioSession.StartAsync(server, browser);
        var page = session.Page;
        var (asked, told) = (0, 0);
        page.WebSocket += (_, socket) => socket.FrameSent += (_, frame) => asked += frame.Text?.Contains("ObserveInstanceAsync", StringComparison.Ordinal) == true ? 1 : 0;
        page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) => told += frame.Text?.Contains("WorkflowExecutionLogUpdatedAsync", StringComparison.Ordinal) == true ? 1 : 0;
        await session.SignInAsync($"/studio/workflows/instances/{run}/view");
        await page.Locator("#studio .mud-timeline-item", new PageLocatorOptions { HasText = "Create" }).First.WaitForAsync();

        // The viewer's two parts watch the run, and again once the designer beside them stands. Until then it holds on to the token that it began with.
        await Eventually.UntilAsync(() => asked >= 4, "the viewer stands");
        await session.OutliveATokenAsync(time);
        var before = told;
        crm.Open();

        await page.Locator("#studio .mud-timeline-item", new PageLocatorOptions { HasText = "Log" }).First.WaitForAsync();
        told.Should().BeGreaterThan(before, "it is told, not found by asking again and again");
        await page.Locator("#run-status", new PageLocatorOptions { HasText = "Succeeded" }).WaitForAsync();
        session.Problems.Should().BeEmpty();
    }

    /// <summary>As the notice says: sign in again in another tab, then come back.</summary>
    [Fact]
    public async Task Run_SignedOutInAnotherTab_SaysSoAndGoesOnAfterTheNextSignIn()
    {
        await using var crm = await HeldCrm.StartAsync();
        await using var server = await TestServer.StartAsync(crm.Settings);
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("left", "Words", between: HeldCrm.Create), publish: true);
        var run = await StudioFlows.StartRunAsync(server.Client, await StudioFlows.UrlAsync(admin, "left"));
        await using var session = await StudioSession.SignInAsync(server, browser, $"/studio/workflows/instances/{run}/view");
        var page = session.Page;
        await page.Locator("#run-status", new PageLocatorOptions { HasText = "Running" }).WaitForAsync();
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync(new Uri(server.Address, "/studio/inbox").AbsoluteUri);

        await other.ClickAsync("text=Sign out");
        await page.Locator("#session-over").WaitForAsync();
        await other.FillAsync("#password", TestServer.Password);
        await other.ClickAsync("button[type=submit]:has-text('Sign in')");
        await other.Locator("nav").WaitForAsync();
        crm.Open();
        await page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))");

        await page.Locator("#run-status", new PageLocatorOptions { HasText = "Succeeded" }).WaitForAsync();
        await page.Locator("#session-over").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Detached });
    }
}
