using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.BrowserTests.Support;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests;

/// <summary>Microsoft's eleven steps from "Configure lead management using an HTTPS endpoint", done in the Studio by mouse and keyboard.</summary>
[Collection(Browser.Collection)]
public sealed class SeedTests(Browser browser)
{
    private const string Schema = """
        {"$schema":"http://json-schema.org/draft-04/schema#","definitions":{},"id":"http://example.com/example.json","properties":{
        "ActionCode":{"id":"/properties/ActionCode","type":"string"},"OfferTitle":{"id":"/properties/OfferTitle","type":"string"},
        "LeadSource":{"id":"/properties/LeadSource","type":"string"},"UserDetails":{"id":"/properties/UserDetails","properties":{
        "Company":{"id":"/properties/UserDetails/properties/Company","type":"string"},"Country":{"id":"/properties/UserDetails/properties/Country","type":"string"},
        "Email":{"id":"/properties/UserDetails/properties/Email","type":"string"},"FirstName":{"id":"/properties/UserDetails/properties/FirstName","type":"string"},
        "LastName":{"id":"/properties/UserDetails/properties/LastName","type":"string"},"Phone":{"id":"/properties/UserDetails/properties/Phone","type":"string"},
        "Title":{"id":"/properties/UserDetails/properties/Title","type":"string"}},"type":"object"}},"type":"object"}
        """;

    private const string Lead = """
        {"UserDetails":{"FirstName":"Some","LastName":"One","Email":"someone@contoso.com","Phone":"16175555555","Country":"USA","Company":"Contoso","Title":"Esquire"},
        "LeadSource":"AzureMarketplace","ActionCode":"INS","OfferTitle":"Test Microsoft","Description":"Test run through Power Automate"}
        """;

    private static readonly (string Field, string Column, string Path, string Expected)[] Mapping =
    [
        ("Topic", "subject", "trigger.body.OfferTitle", "Test Microsoft"),
        ("First Name", "firstname", "trigger.body.UserDetails.FirstName", "Some"),
        ("Last Name", "lastname", "trigger.body.UserDetails.LastName", "One"),
        ("Email", "emailaddress1", "trigger.body.UserDetails.Email", "someone@contoso.com"),
        ("Company Name", "companyname", "trigger.body.UserDetails.Company", "Contoso"),
    ];

    [Fact]
    public async Task ElevenSteps_FromAnEmptyServer_MakeALeadInTheCrm()
    {
        await using var server = await TestServer.StartAsync();
        await using var session = await StudioSession.SignInAsync(server, browser);
        var page = session.Page;
        try
        {
            var url = await DesignAsync(session);

            // From outside, as the marketplace does.
            using var answer = await server.Client.PostAsync(url, new StringContent(Lead, System.Text.Encoding.UTF8, "application/json"));
            answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
            var run = answer.Headers.GetValues("x-ms-workflow-run-id").Single();

            await SeeTheLeadAsync(server);
            await session.OpenAsync($"/studio/workflows/instances/{run}/view");
            await page.Locator("#run-status", new PageLocatorOptions { HasText = "Succeeded" }).WaitForAsync();
            (await page.Locator("#run-actions tr").CountAsync()).Should().BeGreaterThan(1);
            await page.Locator(".x6-node", new PageLocatorOptions { HasText = "Create Lead" }).WaitForAsync();
        }
        finally
        {
            await session.ScreenshotAsync("eleven-steps-end");
        }

        session.Problems.Should().BeEmpty();
    }

    private static async Task<Uri> DesignAsync(StudioSession session)
    {
        var page = session.Page;
        var designer = new DesignerPage(page);
        // Clicked before the list is there, the dialog would not open.
        await page.GetByText("No workflow definitions found").WaitForAsync();
        await page.Locator("#studio button", new PageLocatorOptions { HasText = "Create workflow" }).First.ClickAsync();
        await page.Locator(".mud-dialog input").First.FillAsync("Marketplace leads");
        await page.Locator(".mud-dialog-actions button", new PageLocatorOptions { HasText = "OK" }).ClickAsync();
        await designer.WaitAsync();

        await designer.DropAsync("HTTP", "When an HTTP request", 60, 120);
        await designer.EnterAsync("Request body JSON schema");
        await designer.PasteAsync(Schema);
        await page.Locator("#content-list button", new PageLocatorOptions { HasText = "trigger.body.UserDetails.Email" }).WaitForAsync();

        await designer.DropAsync("CRM", "Create Lead", 420, 120);
        await designer.ConnectAsync(0, 1);
        await designer.SelectAsync(1);
        var saved = designer.SavedAsync("trigger.body.UserDetails.Company");
        foreach (var (field, _, path, _) in Mapping)
        {
            await designer.EnterAsync(field);
            await designer.InsertAsync(path);
        }

        await saved;
        await session.ScreenshotAsync("eleven-steps-mapped");
        await designer.PublishAsync();
        await page.Locator("#url-some").WaitForAsync();
        return new Uri(await page.InputValueAsync("#trigger-url"));
    }

    private static async Task SeeTheLeadAsync(TestServer server)
    {
        using var admin = await server.SignInAsync();
        var lead = default(JsonElement);
        await Eventually.UntilAsync(async () =>
        {
            var leads = await admin.GetFromJsonAsync<JsonElement>("/crm/api/data/v9.2/leads");
            lead = leads.GetProperty("value").EnumerateArray().FirstOrDefault();
            return lead.ValueKind == JsonValueKind.Object;
        }, "the lead is in the CRM");
        foreach (var (_, column, _, expected) in Mapping)
        {
            lead.GetProperty(column).GetString().Should().Be(expected, string.Create(CultureInfo.InvariantCulture, $"{column} is mapped"));
        }
    }
}
