using System.Net;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Design;

public sealed class DynamicContentTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string Flow = """
        {
          "definitionId": "content", "name": "Content",
          "variables": [ { "id": "v1", "name": "Total price", "typeName": "Decimal", "isArray": false } ],
          "inputs": [ { "name": "Region", "type": "String", "isArray": true } ],
          "root": {
            "id": "root", "type": "Elsa.Flowchart", "version": 1, "name": "Flowchart1",
            "activities": [
              { "id": "request", "type": "FlowLite.HttpRequest", "version": 1, "name": "Lead", "relativePath": "from/{source}",
                "metadata": { "displayText": "When a lead comes" },
                "schema": "{\"properties\":{\"UserDetails\":{\"type\":\"object\",\"properties\":{\"E-Mail\":{\"type\":\"string\",\"title\":\"Address\"}}},\"Lines\":{\"type\":\"array\",\"items\":{\"properties\":{\"Sku\":{\"type\":\"string\"}}}}}}" },
              { "id": "first", "type": "FlowLite.CreateRecord", "version": 1, "name": "Create it", "entity": "leads" },
              { "id": "other", "type": "FlowLite.CreateRecord", "version": 1, "name": "Other", "entity": "leads" },
              { "id": "loop", "type": "Elsa.ForEach", "version": 1, "name": "Each line",
                "items": { "typeName": "Object", "expression": { "type": "Scriban", "value": "{{ trigger.body.Lines }}" } },
                "body": { "id": "steps", "type": "Elsa.Sequence", "version": 1, "variables": [ { "id": "v2", "name": "inner", "typeName": "String" } ], "activities": [
                  { "id": "in1", "type": "FlowLite.CreateRecord", "version": 1, "name": "In1", "entity": "leads" },
                  { "id": "in2", "type": "FlowLite.CreateRecord", "version": 1, "name": "In2", "entity": "leads" } ] } },
              { "id": "last", "type": "Elsa.WriteLine", "version": 1, "name": "Last" },
              { "id": "alien", "type": "Contoso.Gone", "version": 1, "name": "Alien" },
              { "id": "loose", "type": "Elsa.WriteLine", "version": 1, "name": "Loose" }
            ],
            "connections": [
              { "source": { "activity": "request", "port": "Done" }, "target": { "activity": "first", "port": "In" } },
              { "source": { "activity": "request", "port": "Done" }, "target": { "activity": "other", "port": "In" } },
              { "source": { "activity": "first", "port": "Done" }, "target": { "activity": "loop", "port": "In" } },
              { "source": { "activity": "loop", "port": "Done" }, "target": { "activity": "alien", "port": "In" } },
              { "source": { "activity": "alien", "port": "Done" }, "target": { "activity": "last", "port": "In" } }
            ]
          }
        }
        """;

    [Fact]
    public async Task Get_Trigger_ListsItsFieldsAsPaths()
    {
        var trigger = (await GroupsAsync("last")).Single(g => g.GetProperty("kind").GetString() == "trigger");

        trigger.GetProperty("title").GetString().Should().Be("When a lead comes");
        trigger.GetProperty("activityId").GetString().Should().Be("request");
        Items(trigger).Should().Equal(
            "UserDetails|object|{{ trigger.body.UserDetails }}",
            "Address|string|{{ trigger.body.UserDetails[\"E-Mail\"] }}",
            "Lines|array|{{ trigger.body.Lines }}",
            "source|string|{{ trigger.path.source }}",
            "Body|object|{{ trigger.body }}",
            "Headers|object|{{ trigger.headers }}",
            "Queries|object|{{ trigger.queries }}");
    }

    [Fact]
    public async Task Get_Action_ListsItsOutputs() =>
        Items((await GroupsAsync("last")).Single(g => g.GetProperty("title").GetString() == "Create it")).Should().Equal(
            "Record id|string|{{ actions[\"Create it\"].outputs.recordId }}",
            "Record URL|string|{{ actions[\"Create it\"].outputs.recordUrl }}",
            "Already existed|boolean|{{ actions[\"Create it\"].outputs.alreadyExisted }}",
            "Status code|integer|{{ actions[\"Create it\"].outputs.statusCode }}",
            "Status|string|{{ actions[\"Create it\"].status }}");

    [Theory]
    [InlineData("first", "When a lead comes")]
    [InlineData("other", "When a lead comes")]
    [InlineData("last", "When a lead comes,Create it,In1,In2")]
    [InlineData("in1", "When a lead comes,Each line,Create it")]
    [InlineData("in2", "When a lead comes,Each line,Create it,In1")]
    [InlineData("loose", "When a lead comes,Create it,Other,In1,In2,Last")]
    [InlineData("unknown", "When a lead comes,Create it,Other,In1,In2,Last,Loose")]
    public async Task Get_Activity_SeesWhatCanPrecedeIt(string activity, string expected)
    {
        string[] elsewhere = ["Variables", "Inputs", "Run"];

        var titles = (await GroupsAsync(activity)).Select(g => g.GetProperty("title").GetString()!).Except(elsewhere);

        string.Join(',', titles).Should().Be(expected);
    }

    [Fact]
    public async Task Get_InALoop_SeesTheFieldsOfTheItem() =>
        Items((await GroupsAsync("in1")).Single(g => g.GetProperty("kind").GetString() == "item"))
            .Should().Equal("Current item|object|{{ item }}", "Sku|string|{{ item.Sku }}");

    [Fact]
    public async Task Get_Activity_SeesTheVariablesAroundIt()
    {
        Items((await GroupsAsync("in1")).Single(g => g.GetProperty("kind").GetString() == "variables"))
            .Should().Equal("inner|string|{{ variables.inner }}", "Total price|number|{{ variables[\"Total price\"] }}");
        Items((await GroupsAsync("last")).Single(g => g.GetProperty("kind").GetString() == "variables"))
            .Should().Equal("Total price|number|{{ variables[\"Total price\"] }}");
        Items((await GroupsAsync("last")).Single(g => g.GetProperty("kind").GetString() == "inputs")).Should().Equal("Region|array|{{ inputs.Region }}");
    }

    [Fact]
    public async Task Get_EveryPath_IsOneThatTemplatesAccept()
    {
        var expressions = (await GroupsAsync(null)).SelectMany(g => g.GetProperty("items").EnumerateArray()).Select(i => i.GetProperty("expression").GetString()!).ToList();
        var flow = await host.PublishAsync("accepted", "", [.. expressions.Select((e, i) =>
            $$$"""{"id":"a{{{i}}}","type":"Elsa.WriteLine","version":1,"text":{"expression":{"type":"Scriban","value":{{{JsonSerializer.Serialize(e)}}} } } }""")]);

        expressions.Should().HaveCountGreaterThan(20);
        flow.Workflow.Should().NotBeNull();
    }

    [Fact]
    public async Task Get_UnknownFlow_Is404()
    {
        using var answer = await host.Api.GetAsync("/api/flows/nothing/dynamic-content");

        await answer.ShouldBeErrorAsync(404, "WorkflowNotFound");
    }

    [Fact]
    public async Task Triggers_BeforeAndAfterPublishing_TellWhatTheirUrlsCallThem()
    {
        var definitions = host.Services.GetRequiredService<DefinitionService>();
        var document = JsonElement.Parse("""
            {"definitionId":"triggers","name":"T","root":{"id":"root","type":"Elsa.Sequence","version":1,"activities":[
              {"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Lead","method":"PUT","schema":{"properties":{"Email":{"type":"string","minLength":30}}}}]}}
            """);
        await definitions.SaveAsync(document);

        (await GetAsync("triggers/triggers")).GetRawText().Should().Be(
            """{"value":[{"activityId":"request","title":"Lead","method":"PUT","hasSchema":true,"isPublished":false}]}""");
        await definitions.PublishAsync("triggers");
        (await GetAsync("triggers/triggers")).GetRawText().Should().Be(
            """{"value":[{"name":"manual","activityId":"request","title":"Lead","method":"PUT","hasSchema":true,"isPublished":true}]}""");
    }

    [Fact]
    public async Task TestLead_PublishedSchema_IsAcceptedByTheTrigger()
    {
        var flow = await host.PublishAsync("test-lead", "\"schema\":{\"type\":\"object\",\"properties\":{\"Email\":{\"type\":\"string\"},\"Score\":{\"type\":\"integer\",\"minimum\":5}},\"required\":[\"Email\",\"Score\"]}");

        var lead = await GetAsync("test-lead/triggers/manual/test-lead");

        lead.GetRawText().Should().Be("""{"value":{"Email":"someone@contoso.com","Score":5},"errors":[]}""");
        using var answer = await host.Client.PostAsync(host.Url(flow), new StringContent(lead.GetProperty("value").GetRawText()));
        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task TestLead_WithoutASchema_IsAMarketplaceLead()
    {
        await host.PublishAsync("no-schema");

        (await GetAsync("no-schema/triggers/manual/test-lead")).GetProperty("value").GetProperty("UserDetails").GetProperty("Email").GetString()
            .Should().Be("someone@contoso.com");
    }

    [Fact]
    public async Task TestLead_UnknownTrigger_Is404()
    {
        await host.PublishAsync("known-flow");

        using var answer = await host.Api.GetAsync("/api/flows/known-flow/triggers/other/test-lead");

        await answer.ShouldBeErrorAsync(404, "TriggerNotFound");
    }

    private async Task<List<JsonElement>> GroupsAsync(string? activity)
    {
        await host.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonElement.Parse(Flow));
        return [.. (await GetAsync($"content/dynamic-content{(activity is null ? "" : $"?activityId={activity}")}")).GetProperty("groups").EnumerateArray()];
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await host.Api.GetAsync($"/api/flows/{path}");
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync());
    }

    private static IEnumerable<string> Items(JsonElement group) => group.GetProperty("items").EnumerateArray()
        .Select(i => $"{i.GetProperty("title").GetString()}|{i.GetProperty("type").GetString()}|{i.GetProperty("expression").GetString()}");
}
