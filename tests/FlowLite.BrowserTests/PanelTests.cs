using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>The panel beside the editor: what Flow's designer has and the Studio lacks.</summary>
[Collection(Browser.Collection)]
public sealed class PanelTests(Browser browser)
{
    [Fact]
    public async Task TestLead_OfAPublishedFlow_IsFollowedThroughItsRun()
    {
        await using var crm = await HeldCrm.StartAsync();
        await using var server = await TestServer.StartAsync(crm.Settings);
        using var admin = await server.SignInAsync();
        var flow = StudioFlows.Logging("tested", "Hello {{ trigger.body.FirstName }}", between: HeldCrm.Create);
        flow["root"]!["activities"]![0]!["schema"] = """{"type":"object","properties":{"FirstName":{"type":"string"},"NameOfTheCompanyThatTheLeadIsOf":{"type":"string"}},"required":["FirstName"]}""";
        await admin.SaveAsync(flow, publish: true);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "tested");
        var page = session.Page;
        await page.Locator(".x6-node").First.WaitForAsync();

        await page.Locator("#send-test:enabled").WaitForAsync();
        await page.WaitForFunctionAsync("() => document.getElementById('test-body').value.includes('FirstName')");
        (await page.EvaluateAsync<bool>("(panel => panel.scrollWidth <= panel.clientWidth)(document.getElementById('flow-panel'))")).Should().BeTrue("long paths are wrapped");
        await page.FillAsync("#test-body", """{"FirstName":"Ada"}""");
        await page.ClickAsync("#send-test");
        await page.Locator("#test-actions li", new PageLocatorOptions { HasText = "Create: Running" }).WaitForAsync();
        await session.ScreenshotAsync("test-lead-under-way");
        crm.Open();
        await page.Locator("#test-status", new PageLocatorOptions { HasText = "The run is Succeeded" }).WaitForAsync();
        await page.ClickAsync("#test-link");

        await page.Locator("#run-status", new PageLocatorOptions { HasText = "Succeeded" }).WaitForAsync();
        await page.Locator("#run-actions", new PageLocatorOptions { HasText = "Hello Ada" }).WaitForAsync();
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task SchemaFromASample_PutIntoTheField_IsTheTriggersSchema()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("sampled", "Words", between: """{"id":"made","type":"FlowLite.Response","version":1,"name":"Made"}"""));
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "sampled");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await page.ClickAsync("text=Use sample payload to generate schema");
        await page.FillAsync("#sample", """{"Email":"someone@contoso.com","Seats":3""");
        session.Expect(400, "/api/schema/from-sample");
        await page.ClickAsync("#generate-schema");
        await page.Locator("#schema-status:not(:empty)").WaitForAsync();
        await page.FillAsync("#sample", """{"Email":"someone@contoso.com","Seats":3}""");
        await page.ClickAsync("#generate-schema");
        await page.Locator("#put-schema").WaitForAsync();
        await designer.SelectAsync("Made");
        await designer.EnterAsync("Headers");
        await page.ClickAsync("#put-schema");
        await page.Locator("#schema-status", new PageLocatorOptions { HasText = "Choose the trigger" }).WaitForAsync();
        await designer.SelectAsync("Request");
        await designer.EnterAsync("Request body JSON schema");
        var saved = designer.SavedAsync("Seats");
        await page.ClickAsync("#put-schema");
        await saved;

        (await admin.ExportAsync("sampled")).GetProperty("root").GetProperty("activities").EnumerateArray()
            .Single(activity => activity.Text("id") == "made").GetRawText().Should().NotContain("Seats", "a schema is no input of every JSON field");
        var trigger = (await admin.ExportAsync("sampled")).GetProperty("root").GetProperty("activities").EnumerateArray().Single(activity => activity.Text("id") == "request");
        trigger.GetRawText().Should().Contain("Email").And.Contain("integer");
        await page.Locator("#content-list button", new PageLocatorOptions { HasText = "trigger.body.Seats" }).WaitForAsync();
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Completion_InAScribanEditor_OffersDynamicContent()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("typed", ""));
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "typed");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await designer.SelectAsync(1);
        await designer.EnterAsync("Text");
        await page.Keyboard.TypeAsync("Words");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.TypeAsync("Of {{ trigger.q");
        var offered = page.Locator(".suggest-widget.visible .monaco-list-row", new PageLocatorOptions { HasText = "trigger.queries" });
        await offered.First.WaitForAsync();
        await session.ScreenshotAsync("completion");
        var saved = designer.SavedAsync(@"Words\nOf {{ trigger.queries }}");
        await offered.First.ClickAsync();
        await page.Keyboard.TypeAsync(" }}");

        await saved;
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Insert_IntoALiteralField_TellsToSwitchTheSyntax()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("literal", "Words ", "Literal"), publish: true);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "literal");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await designer.SelectAsync(1);
        var field = page.Locator("#studio .mud-input-control:has(label:text-is('Text')) input:visible, #studio .mud-input-control:has(label:text-is('Text')) textarea:visible").First;
        await field.ClickAsync();
        await page.Keyboard.PressAsync("End");
        await designer.InsertAsync("trigger.body");

        (await page.InnerTextAsync("#content-status")).Should().Contain("choose Scriban");
        (await field.InputValueAsync()).Should().Be("Words {{ trigger.body }}");
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Url_ThatExpires_IsMadeCopiedAndWorks()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("expiring", "Words"), publish: true);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "expiring");
        var page = session.Page;

        await page.Locator("#url-some").WaitForAsync();
        (await page.Locator("#url-warning").IsVisibleAsync()).Should().BeTrue("this server has no https");
        await CopiedAsync(page, (await StudioFlows.UrlAsync(admin, "expiring")).AbsoluteUri);
        await page.ClickAsync("text=A URL that expires");
        await page.FillAsync("#expires-at", "2099-12-31T12:00");
        await page.ClickAsync("#make-expiring");
        await page.Locator("#url-status", new PageLocatorOptions { HasText = "works until" }).WaitForAsync();
        var expiring = await page.InputValueAsync("#trigger-url");
        await CopiedAsync(page, expiring);

        expiring.Should().Contain("2099");
        await StudioFlows.EndedAsync(admin, "expiring", await StudioFlows.StartRunAsync(server.Client, new Uri(expiring)));
        session.Problems.Should().BeEmpty();
    }

    private static async Task CopiedAsync(IPage page, string url)
    {
        await page.ClickAsync("#copy-url");
        await page.Locator("#url-status", new PageLocatorOptions { HasText = "clipboard" }).WaitForAsync();
        (await page.EvaluateAsync<string>("navigator.clipboard.readText()")).Should().Be(url);
    }
}
