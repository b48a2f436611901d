using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>The forms of activities, each filled in as a person does and read back from what is stored.</summary>
[Collection(Browser.Collection)]
public sealed class FormsTests(Browser browser)
{
    [Fact]
    public async Task Forms_OfTriggersAndCalls_AreSavedAsFilledIn()
    {
        string[] types = ["Elsa.HttpEndpoint", "Elsa.Event", "Elsa.PublishEvent", "Elsa.ExecuteWorkflow", "Elsa.Timer", "Elsa.Cron", "Elsa.SendHttpRequest"];
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("other", "Words"), publish: true);
        var flow = StudioFlows.Logging("forms", "Words", between: [.. types.Select(type => $$"""{"id":"{{type}}","type":"{{type}}","version":1,"name":"{{type[5..]}}1"}""")]);
        foreach (var (place, activity) in flow["root"]!["activities"]!.AsArray().Index())
        {
            // All in sight; the last one but Log is too large to stand beside another.
            var (column, row) = place < types.Length ? (place % 2, place / 2) : place == types.Length ? (0, 4) : (1, 3);
            activity!["metadata"]!["designer"]!["position"] = new JsonObject { ["x"] = 20 + (column * 270), ["y"] = 20 + (row * 85) };
        }

        await admin.SaveAsync(flow);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "forms");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await designer.SelectAsync("HttpEndpoint1");
        await FillAsync(page, designer, "Path", "orders");
        await TickAsync(page, designer, "Authorize", "\"authorize\":{");
        await TickAsync(page, designer, "Secure outputs", "\"secureOutputs\":true");
        await designer.SelectAsync("SendHttpRequest1");
        await FillAsync(page, designer, "Url", "http://127.0.0.1:9/hook");
        await designer.SelectAsync("Event1");
        await FillAsync(page, designer, "Event Name", "Ordered");
        await designer.SelectAsync("PublishEvent1");
        await FillAsync(page, designer, "Event Name", "Shipped");
        await designer.SelectAsync("Timer1");
        await FillAsync(page, designer, "Interval", "00:07:00");
        await designer.SelectAsync("Cron1");
        await FillAsync(page, designer, "Cron Expression", "0 7 * * 1");
        await designer.SelectAsync("ExecuteWorkflow1");
        await page.Locator("#studio .mud-input-control:has(legend:text-is('Workflow Definition')):visible").First.ClickAsync();
        var saved = designer.SavedAsync("\"workflowDefinitionId\":{");
        await page.Locator(".mud-popover-open").GetByText("Flow other").First.ClickAsync();
        await saved;
        await session.ScreenshotAsync("forms");

        var activities = (await admin.ExportAsync("forms")).GetProperty("root").GetProperty("activities").EnumerateArray().ToDictionary(activity => activity.Text("type"));
        Value("Elsa.HttpEndpoint", "path").Should().Be("orders");
        Value("Elsa.HttpEndpoint", "authorize").Should().BeOneOf("True", "true");
        activities["Elsa.HttpEndpoint"].GetProperty("secureOutputs").GetBoolean().Should().BeTrue();
        Value("Elsa.SendHttpRequest", "url").Should().Be("http://127.0.0.1:9/hook");
        Value("Elsa.Event", "eventName").Should().Be("Ordered");
        Value("Elsa.PublishEvent", "eventName").Should().Be("Shipped");
        Value("Elsa.Timer", "interval").Should().Be("00:07:00");
        Value("Elsa.Cron", "cronExpression").Should().Be("0 7 * * 1");
        Value("Elsa.ExecuteWorkflow", "workflowDefinitionId").Should().Be("other");
        session.Problems.Should().BeEmpty();

        string Value(string type, string input) => activities[type].GetProperty(input).GetProperty("expression").GetProperty("value").ToString();
    }

    [Fact]
    public async Task MapAutomatically_OfALead_FillsInTheRecordsForm()
    {
        const string create = """{"id":"create","type":"FlowLite.CreateRecord","version":1,"name":"Create","entity":{"typeName":"String","expression":{"type":"Literal","value":"leads"}},"fields":{}}""";
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        var flow = StudioFlows.Logging("mapped", "Words", between: create);
        flow["root"]!["activities"]![0]!["schema"] = """{"type":"object","properties":{"FirstName":{"type":"string"},"LastName":{"type":"string"},"Email":{"type":"string"}}}""";
        await admin.SaveAsync(flow);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "mapped");
        var page = session.Page;
        await new DesignerPage(page).WaitAsync();

        await page.ClickAsync("#propose-mapping");
        await page.Locator("#map-list li", new PageLocatorOptions { HasText = "Email" }).First.WaitForAsync();
        await session.ScreenshotAsync("map-automatically");
        await page.ClickAsync("#apply-mapping");
        await page.Locator("#map-status", new PageLocatorOptions { HasText = "Mapped: " }).WaitForAsync();
        await page.Locator(".x6-node").Nth(1).WaitForAsync();
        await new DesignerPage(page).SelectAsync(1);
        await page.GetByText("{{ trigger.body.LastName }}").First.WaitForAsync();

        var stored = (await admin.ExportAsync("mapped")).GetProperty("root").GetProperty("activities").EnumerateArray().Single(activity => activity.Text("id") == "create");
        stored.GetProperty("fields").GetRawText().Should().ContainAll("trigger.body.FirstName", "trigger.body.LastName", "trigger.body.Email");
        session.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task SaveAs_InTheEditor_OpensTheCopyAndLeavesTheOriginal()
    {
        await using var server = await TestServer.StartAsync();
        using var admin = await server.SignInAsync();
        await admin.SaveAsync(StudioFlows.Logging("original", "Words"), publish: true);
        await using var session = await StudioSession.OpenDesignerAsync(server, browser, "original");
        var page = session.Page;
        var designer = new DesignerPage(page);
        await designer.WaitAsync();

        await designer.ChooseAsync("Save As");
        var name = page.Locator(".mud-dialog input").First;
        await Assertions.Expect(name).Not.ToHaveValueAsync("", new LocatorAssertionsToHaveValueOptions { Timeout = StudioSession.Patience });
        await name.FillAsync("The copy");
        await page.Locator(".mud-dialog-actions button").Last.ClickAsync();
        await page.WaitForURLAsync(url => url.EndsWith("/edit", StringComparison.Ordinal) && !url.Contains("/original/", StringComparison.Ordinal));
        await designer.WaitAsync();
        await page.Locator(".x6-node").Nth(1).WaitForAsync();

        var flows = (await admin.ListAsync("versionOptions=Latest")).GetProperty("items").EnumerateArray().ToList();
        flows.Select(flow => flow.Text("name")).Should().BeEquivalentTo("Flow original", "The copy");
        var copy = flows.Single(flow => flow.Text("name") == "The copy").Text("definitionId");
        page.Url.Should().Contain($"/{copy}/");
        (await admin.FindAsync(copy, "Latest")).GetProperty("root").GetProperty("activities").GetArrayLength().Should().Be(2);
        (await admin.FindAsync("original", "Latest")).State().Should().Be((1, true, true));
        session.Problems.Should().BeEmpty();
    }

    private static string Field(string label) => $"#studio .mud-input-control:has(label:text-is('{label}')) input:visible, #studio .mud-input-control:has(label:text-is('{label}')) .mud-select-input:visible";

    private static async Task FillAsync(IPage page, DesignerPage designer, string label, string value)
    {
        var saved = designer.SavedAsync(JsonSerializer.Serialize(value));
        var field = page.Locator(Field(label)).First;
        await field.FillAsync(value);
        await field.BlurAsync();
        await saved;
    }

    private static async Task TickAsync(IPage page, DesignerPage designer, string label, string expected)
    {
        var saved = designer.SavedAsync(expected);
        await page.Locator("#studio .mud-checkbox:visible", new PageLocatorOptions { HasText = label }).First.ClickAsync();
        await saved;
    }
}
