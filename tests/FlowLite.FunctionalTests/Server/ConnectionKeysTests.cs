using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Connectors;
using FlowLite.FunctionalTests.Connectors.StandIns;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Server;

/// <summary>A key that a connection names counts where the CRM itself says that it is unique, table by table.</summary>
public sealed class ConnectionKeysTests : IAsyncLifetime
{
    private HubSpotStandIn _hub = null!;
    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubSpotStandIn.StartAsync();
        string[] settings = [.. HubSpotConnectorTests.Settings(_hub.Url).Select(setting => $"FlowLite:Connections:hub:{setting.Key}={setting.Value}")];
        _server = await TestServer.StartAsync([.. settings, "FlowLite:Connections:hub:Kind=hubspot", "FlowLite:Connections:hub:WithoutKey=at-most-once", "FlowLite:Connections:hub:Entities=contacts,companies"]);
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task Test_KeyIsNotUniqueInATable_SucceedsAndSaysWhere()
    {
        (await TestAsync()).TryGetProperty("warning", out _).Should().BeFalse();
        _hub.UniqueIn = ["companies"];

        var test = await TestAsync();

        test.GetProperty("succeeded").GetBoolean().Should().BeTrue();
        test.Text("warning").Should().Contain("'contacts' has no property flowlite_key that requires unique values").And.Contain("at most once").And.NotContain("companies");
    }

    [Fact]
    public async Task Publish_KeyIsNotUnique_WarnsAtTheTable()
    {
        (await PublishAsync()).Should().NotContain(warning => warning.Contains("unique", StringComparison.Ordinal));
        await _server.RestartAsync();
        _client = await _server.SignInAsync();
        _hub.UniqueIn = ["companies"];

        (await PublishAsync("others")).Should().Contain(warning => warning.Contains("'contacts' has no property flowlite_key", StringComparison.Ordinal) && warning.Contains("/root/activities/0/entity", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_KeyIsNotUniqueAndTheAnswerIsLost_WaitsForAPersonAndMakesNoSecond()
    {
        await PublishAsync();
        await _server.RestartAsync();
        _client = await _server.SignInAsync();
        // Nobody has asked since the start: the first record's run finds out.
        _hub.UniqueIn = [];
        _hub.LoseAnswers = 1;

        (await _client.PostAsJsonAsync("/elsa/api/workflow-definitions/keys/dispatch", new JsonObject())).EnsureSuccessStatusCode();

        await Eventually.UntilAsync(async () =>
        {
            var runs = await _server.Services.GetRequiredService<IRunStore>().ListRunsAsync("keys", null, null, 10);
            return runs.Count == 1 && runs[0].ErrorCode == "OutcomeUnknown";
        }, "the run that a person has to look at");
        _hub.Records.Should().ContainSingle();
        _hub.Calls.Count(call => call.Method == "POST").Should().Be(1);
    }

    [Fact]
    public async Task Run_TableAndColumnInAnotherCase_AreSentAsTheCrmSpellsThem()
    {
        (await _client.GetAsync("/elsa/api/descriptors/activities")).EnsureSuccessStatusCode();
        await PublishAsync("spelt", "Contacts", "LastName");

        (await _client.PostAsJsonAsync("/elsa/api/workflow-definitions/spelt/dispatch", new JsonObject())).EnsureSuccessStatusCode();

        await Eventually.UntilAsync(() => _hub.Records.Count == 1, "the contact");
        _hub.Calls.Last(call => call.Method == "POST").Path.Should().Be("/crm/v3/objects/contacts");
        _hub.Records[0]["lastname"]!.GetValue<string>().Should().Be("Ann");
    }

    [Fact]
    public async Task Tables_OneThatTheAccountLacks_TakesNoneOfTheOthers()
    {
        await using var server = await TestServer.StartAsync([.. HubSpotConnectorTests.Settings(_hub.Url).Select(setting => $"FlowLite:Connections:hub:{setting.Key}={setting.Value}"),
            "FlowLite:Connections:hub:Kind=hubspot", "FlowLite:Connections:hub:Entities=deals,contacts,tickets"]);
        using var client = await server.SignInAsync();

        var activities = await client.GetFromJsonAsync<JsonElement>("/elsa/api/descriptors/activities");

        // The stand-in's account has neither deals nor tickets.
        activities.GetProperty("items").EnumerateArray().Select(activity => activity.Text("typeName")).Where(type => type.StartsWith("FlowLite.CreateRecord.hub.", StringComparison.Ordinal))
            .Should().Equal("FlowLite.CreateRecord.hub.contacts");
    }

    private async Task<JsonElement> TestAsync()
    {
        using var answer = await _client.PostAsync("/api/connections/hub/test", null);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync());
    }

    /// <returns>The warnings.</returns>
    private async Task<IReadOnlyList<string>> PublishAsync(string id = "keys", string table = "contacts", string column = "lastname")
    {
        using var answer = await _client.PostAsync((JsonObject)JsonNode.Parse($$"""
            { "definitionId": "{{id}}", "name": "Keys", "root": { "id": "flow", "type": "Elsa.Sequence", "version": 1, "name": "Flow", "activities": [
              { "id": "create", "type": "FlowLite.CreateRecord", "version": 1, "name": "Create", "connection": "hub", "entity": "{{table}}",
                "fields": { "{{column}}": { "typeName": "String", "expression": { "type": "Literal", "value": "Ann" } } } } ] } }
            """)!, publish: true);
        var saved = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        answer.IsSuccessStatusCode.Should().BeTrue(saved.ToString());
        return [.. saved.GetProperty("validationErrors").EnumerateArray().Select(warning => warning.Text("message"))];
    }
}
