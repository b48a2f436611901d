using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Connectors;
using FlowLite.FunctionalTests.Connectors.StandIns;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Studio;

/// <summary>Every kind of connector has its forms in the Studio, made of what its CRM says.</summary>
public sealed class ConnectorFormTests
{
    [Theory]
    [InlineData("rest", "leads", "E-mail *")]
    [InlineData("salesforce", "Lead", "Last Name *")]
    [InlineData("hubspot", "contacts", "Last Name")]
    [InlineData("marketo", "lead", "Last Name")]
    public async Task Descriptors_OfAConnectedCrm_HaveItsForm(string kind, string table, string input)
    {
        var (standIn, settings) = await StartAsync(kind);
        await using var crm = standIn;
        await using var server = await TestServer.StartAsync(
            [.. settings.Where(setting => setting.Value is not null).Select(setting => $"FlowLite:Connections:shop:{setting.Key}={setting.Value}"), $"FlowLite:Connections:shop:Kind={kind}"]);
        using var client = await server.SignInAsync();

        var activities = await client.GetFromJsonAsync<JsonElement>("/elsa/api/descriptors/activities");
        var test = await client.PostAsync("/api/connections/shop/test", null);

        var form = activities.GetProperty("items").EnumerateArray().Single(activity => activity.Text("typeName") == $"FlowLite.CreateRecord.shop.{table}");
        form.GetProperty("inputs").EnumerateArray().Select(field => field.Text("displayName")).Should().Contain(input);
        (await test.Content.ReadAsStringAsync()).Should().Contain("\"succeeded\":true");
    }

    [Fact]
    public async Task Descriptors_OfAMailServerThatIsAway_HaveItsForm()
    {
        await using var server = await TestServer.StartAsync(
            "FlowLite:Connections:post:Kind=smtp", "FlowLite:Connections:post:Host=127.0.0.1", "FlowLite:Connections:post:Port=9", "FlowLite:Connections:post:From=leads@contoso.com");
        using var client = await server.SignInAsync();

        var activities = await client.GetFromJsonAsync<JsonElement>("/elsa/api/descriptors/activities");

        var form = activities.GetProperty("items").EnumerateArray().Single(activity => activity.Text("typeName") == "FlowLite.CreateRecord.post.mail");
        form.GetProperty("inputs").EnumerateArray().OrderBy(field => field.GetProperty("order").GetDouble()).Select(field => $"{field.Text("displayName")} {field.Text("uiHint")}").Should()
            .StartWith(["To * singleline", "Subject singleline", "Text multiline"]).And.Contain("HTML multiline");
    }

    private static async Task<(StandIn StandIn, Dictionary<string, string?> Settings)> StartAsync(string kind)
    {
        switch (kind)
        {
            case "rest":
                var rest = await RestStandIn.StartAsync();
                return (rest, RestConnectorTests.Settings(rest.Url));
            case "salesforce":
                var salesforce = await SalesforceStandIn.StartAsync();
                return (salesforce, SalesforceConnectorTests.Settings(salesforce.Url));
            case "hubspot":
                var hubSpot = await HubSpotStandIn.StartAsync();
                return (hubSpot, HubSpotConnectorTests.Settings(hubSpot.Url).Append(KeyValuePair.Create("Entities", (string?)"contacts,companies,leads")).ToDictionary());
            default:
                var marketo = await MarketoStandIn.StartAsync();
                return (marketo, MarketoConnectorTests.Settings(marketo.Url));
        }
    }
}
