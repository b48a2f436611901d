using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Design;

/// <summary>"Map automatically", and what becomes of values that don't fit their columns.</summary>
public sealed class FieldMappingTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await _server.SignInAsync();
        using var forms = await _client.GetAsync("/elsa/api/descriptors/activities");
        forms.EnsureSuccessStatusCode();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Mapping_OfTheMarketplacesLeads_FillsTheLeadsForm()
    {
        await SaveAsync("map", Lead, new JsonObject());

        var proposal = (await _client.GetFromJsonAsync<JsonElement>("/api/flows/map/mapping")).GetProperty("value").EnumerateArray().Single();

        proposal.GetProperty("fields").EnumerateArray().ToDictionary(f => f.Text("column"), f => f.GetProperty("value").ToString()).Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["subject"] = "{{ trigger.body.OfferTitle }} ({{ trigger.body.LeadSource }})",
            ["firstname"] = "{{ trigger.body.UserDetails.FirstName }}",
            ["lastname"] = "{{ trigger.body.UserDetails.LastName }}",
            ["emailaddress1"] = "{{ trigger.body.UserDetails.Email }}",
            ["telephone1"] = "{{ trigger.body.UserDetails.Phone }}",
            ["companyname"] = "{{ trigger.body.UserDetails.Company }}",
            ["jobtitle"] = "{{ trigger.body.UserDetails.Title }}",
            ["address1_country"] = "{{ trigger.body.UserDetails.Country }}",
            ["description"] = "{{ trigger.body.Description }}",
            ["leadsourcecode"] = "8",
            ["leadqualitycode"] = "{{ " + Is("PLT") + " ? 1 : (" + Is("DNC") + " ? 3 : 2) }}",
            ["donotemail"] = "{{ " + Is("DNC") + " }}",
            ["donotbulkemail"] = "{{ " + Is("DNC") + " }}",
            ["donotphone"] = "{{ " + Is("DNC") + " }}",
        });

        static string Is(string code) =>
            $"(trigger.body.ActionCode == \"{code}\" || (((trigger.body.LeadSource ?? \"\") + \"|\" | string.split \"|\")[0] | string.rstrip | string.ends_with \"-{code}\"))";
    }

    [Theory]
    [InlineData("""["name","email","phone","lead_source","ActionCode","offer"]""", "name={{ trigger.body.UserDetails.FirstName }} {{ trigger.body.UserDetails.LastName }} | email={{ trigger.body.UserDetails.Email }} | phone={{ trigger.body.UserDetails.Phone }} | lead_source={{ trigger.body.LeadSource }} | ActionCode={{ trigger.body.ActionCode }} | offer={{ trigger.body.OfferTitle }}")]
    [InlineData("""["CustomerInfo","LeadSource","ActionCode","OfferDisplayName","Description"]""", "CustomerInfo={{ trigger.body.UserDetails }} | LeadSource={{ trigger.body.LeadSource }} | ActionCode={{ trigger.body.ActionCode }} | OfferDisplayName={{ trigger.body.OfferTitle }} | Description={{ trigger.body.Description }}")]
    [InlineData("""["name","domain"]""", "")]
    [InlineData("""["email_address","notes"]""", "email_address={{ trigger.body.UserDetails.Email }} | notes={{ trigger.body.Description }}")]
    [InlineData("""["to","cc","replyTo"]""", "replyTo={{ trigger.body.UserDetails.Email }}")]
    public async Task Mapping_OfATableWithColumnsOfItsOwn_FillsWhatTheyMean(string columns, string expected)
    {
        var tables = new JsonObject
        {
            ["things"] = new JsonObject
            {
                ["create"] = new JsonObject { ["path"] = "/things" },
                ["fields"] = new JsonArray([.. JsonNode.Parse(columns)!.AsArray().Select(column => new JsonObject { ["name"] = column!.GetValue<string>() })]),
            },
        };
        using var made = await _client.PostAsJsonAsync("/api/connections", new JsonObject
        {
            ["name"] = "shop",
            ["kind"] = "rest",
            ["values"] = new JsonObject { ["Url"] = "http://127.0.0.1:9", ["SignIn"] = "none", ["Tables"] = tables.ToJsonString() },
        });
        made.StatusCode.Should().Be(HttpStatusCode.Created, await made.Content.ReadAsStringAsync());
        var create = Create(new JsonObject());
        (create["connection"], create["entity"]) = ("shop", "things");
        using var saved = await _client.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = Flow("map", create, Lead.DeepClone()), ["publish"] = false });
        saved.EnsureSuccessStatusCode();

        var proposal = (await _client.GetFromJsonAsync<JsonElement>("/api/flows/map/mapping")).GetProperty("value").EnumerateArray().Single();

        string.Join(" | ", proposal.GetProperty("fields").EnumerateArray().Select(field => $"{field.Text("column")}={field.Text("value")}")).Should().Be(expected);
    }

    [Theory]
    [InlineData("AzureMarketplace", "INS", 2, false)]
    [InlineData("SPZA-PLT | contoso.offer-DNC", null, 1, false)]
    [InlineData("AzureMarketplace-DNC|contoso.offer", null, 3, true)]
    [InlineData("AppSource", "DNC", 3, true)]
    [InlineData(null, null, 2, false)]
    public async Task Mapping_FilledInAndPublished_MakesTheRecordThatTheLeadMeans(string? source, string? action, int rating, bool leaveAlone)
    {
        await SaveAsync("map", Lead, new JsonObject { ["lastname"] = "Kept" });
        using var applied = await _client.PostAsJsonAsync("/api/flows/map/mapping", new { activityId = "create" });
        applied.StatusCode.Should().Be(HttpStatusCode.OK, await applied.Content.ReadAsStringAsync());
        using var published = await _client.PostAsync("/elsa/api/workflow-definitions/map/publish", null);
        published.StatusCode.Should().Be(HttpStatusCode.OK, await published.Content.ReadAsStringAsync());
        var lead = new JsonObject
        {
            ["UserDetails"] = new JsonObject { ["FirstName"] = "Some", ["LastName"] = "One", ["Email"] = "someone@contoso.com", ["Title"] = new string('x', 150) },
            ["OfferTitle"] = "Contoso",
        };
        if (source is not null)
        {
            lead["LeadSource"] = source;
        }

        if (action is not null)
        {
            lead["ActionCode"] = action;
        }

        var run = await PostAsync("map", lead);

        run.Text("status").Should().Be("Succeeded", run.ToString());
        var record = await RecordAsync();
        (record.Text("lastname"), record.Text("firstname"), record.Text("emailaddress1")).Should().Be(("Kept", "Some", "someone@contoso.com"), "what was mapped before stays");
        (record.GetProperty("leadqualitycode").GetInt32(), record.GetProperty("leadsourcecode").GetInt32(), record.GetProperty("donotemail").GetBoolean(), record.GetProperty("donotphone").GetBoolean())
            .Should().Be((rating, 8, leaveAlone, leaveAlone));
        record.Text("jobtitle").Should().HaveLength(100);
        run.GetProperty("actions").EnumerateArray().Last().Text("note").Should().Contain("jobtitle was cut to 100 characters");
    }

    [Fact]
    public async Task Mapping_OfChosenColumns_LeavesTheOthersAndSaysWhatIsWrong()
    {
        await SaveAsync("some", Lead, new JsonObject());

        using var some = await _client.PostAsJsonAsync("/api/flows/some/mapping", new { activityId = "create", columns = new[] { "subject" } });
        using var nobody = await _client.PostAsJsonAsync("/api/flows/some/mapping", new { activityId = "nobody" });
        using var wrong = await _client.PostAsJsonAsync("/api/flows/some/mapping", new { activityId = "create", columns = new[] { 1 } });
        using var unknown = await _client.GetAsync("/api/flows/unknown/mapping");

        (await some.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("mapped").ToString().Should().Be("""["subject"]""");
        (nobody.StatusCode, wrong.StatusCode, unknown.StatusCode).Should().Be((HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.NotFound));
        var mapped = (await _client.GetFromJsonAsync<JsonElement>("/api/flows/some/mapping?activityId=create")).GetProperty("value")[0].GetProperty("fields").EnumerateArray();
        mapped.Where(f => f.GetProperty("isMapped").GetBoolean()).Select(f => f.Text("column")).Should().Equal("subject");
    }

    [Fact]
    public async Task Publish_ColumnsAndFixedValuesThatDontFit_AreRefusedOrWarnedOf()
    {
        var unknown = await PublishAsync("unknown", new JsonObject { ["lastname"] = "One", ["surename"] = "One" });
        var never = await PublishAsync("never", new JsonObject { ["subject"] = "x", ["leadsourcecode"] = "Marketplace" }, new JsonObject { ["fit"] = "fail" });
        var warned = await PublishAsync("warned", new JsonObject { ["leadsourcecode"] = "Marketplace" });
        var policy = await PublishAsync("policy", new JsonObject(), new JsonObject { ["fitByColumn"] = new JsonObject { ["subject"] = "drop" } });

        unknown.Status.Should().Be(HttpStatusCode.BadRequest);
        unknown.Body.Should().Contain("has no column 'surename'");
        never.Status.Should().Be(HttpStatusCode.BadRequest);
        never.Body.Should().Contain("leadsourcecode").And.Contain("8 (Web)");
        warned.Status.Should().Be(HttpStatusCode.OK);
        warned.Body.Should().Contain("Marketplace").And.Contain("lastname (Last Name) is required");
        policy.Status.Should().Be(HttpStatusCode.BadRequest);
        policy.Body.Should().Contain("truncate, fail or skip");
    }

    [Fact]
    public async Task Values_ThatDontFit_AreTreatedAsThePolicySays()
    {
        var fields = new JsonObject { ["lastname"] = Scriban("{{ trigger.body.name }}"), ["leadsourcecode"] = Scriban("{{ trigger.body.source }}"), ["jobtitle"] = "x" };
        (await PublishAsync("fits", fields, new JsonObject { ["fitByColumn"] = """{"lastname":"fail"}""" })).Status.Should().Be(HttpStatusCode.OK);

        var label = await PostAsync("fits", new JsonObject { ["name"] = "One", ["source"] = "web" });
        var none = await PostAsync("fits", new JsonObject { ["name"] = "One", ["source"] = "carrier pigeon" });
        var tooLong = await PostAsync("fits", new JsonObject { ["name"] = new string('x', 51) });

        label.Text("status").Should().Be("Succeeded");
        none.Text("status").Should().Be("Succeeded");
        none.GetProperty("actions").EnumerateArray().Last().Text("note").Should().Contain("leadsourcecode was left out");
        tooLong.Text("status").Should().Be("Failed");
        tooLong.GetProperty("error").Text("code").Should().Be("FieldInvalid");
        tooLong.GetProperty("error").Text("message").Should().Contain("51 characters, the column takes 50");
    }

    [Fact]
    public async Task Form_SavedWhileItsTableIsNotKnown_StoresValuesAndNotTexts()
    {
        var form = JsonNode.Parse("""
            {"id":"create","type":"FlowLite.CreateRecord.gone.lead","version":1,"name":"Create",
             "fielddonotemail":{"typeName":"Boolean","expression":{"type":"Literal","value":"True"}},
             "fieldleadsourcecode":{"typeName":"Int32","expression":{"type":"Literal","value":"8"}},
             "fieldjobtitle":{"typeName":"String","expression":{"type":"Literal","value":"8"}}}
            """)!;
        using var saved = await _client.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = Flow("form", form, null), ["publish"] = false });
        saved.EnsureSuccessStatusCode();

        using var export = await _client.GetAsync("/elsa/api/workflow-definitions/form/export");
        var fields = (await export.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("root").GetProperty("activities").EnumerateArray().Last().GetProperty("fields");

        fields.EnumerateObject().Select(f => $"{f.Name}={f.Value.GetProperty("expression").GetProperty("value").GetRawText()}")
            .Should().Equal("donotemail=true", "leadsourcecode=8", "jobtitle=\"8\"");
    }

    private static readonly JsonNode Lead = JsonNode.Parse("""
        {"$schema":"http://json-schema.org/draft-04/schema#","type":"object","properties":{
          "ActionCode":{"type":"string"},"OfferTitle":{"type":"string"},"LeadSource":{"type":"string"},"Description":{"type":"string"},
          "UserDetails":{"type":"object","properties":{"Company":{"type":"string"},"Country":{"type":"string"},"Email":{"type":"string"},
            "FirstName":{"type":"string"},"LastName":{"type":"string"},"Phone":{"type":"string"},"Title":{"type":"string"}}}}}
        """)!;

    private static JsonObject Scriban(string value) => new() { ["typeName"] = "String", ["expression"] = new JsonObject { ["type"] = "Scriban", ["value"] = value } };

    private static JsonObject Flow(string id, JsonNode create, JsonNode? schema) => new()
    {
        ["definitionId"] = id,
        ["name"] = id,
        ["root"] = new JsonObject
        {
            ["id"] = "root",
            ["type"] = "Elsa.Sequence",
            ["version"] = 1,
            ["activities"] = new JsonArray(
                new JsonObject { ["id"] = "request", ["type"] = "FlowLite.HttpRequest", ["version"] = 1, ["name"] = "Request", ["schema"] = schema?.DeepClone() }, create.DeepClone()),
        },
    };

    private static JsonObject Create(JsonNode fields, JsonObject? settings = null)
    {
        var create = settings?.DeepClone().AsObject() ?? [];
        create["id"] = "create";
        create["type"] = "FlowLite.CreateRecord";
        create["version"] = 1;
        create["name"] = "Create";
        create["entity"] = "leads";
        create["fields"] = fields.DeepClone();
        return create;
    }

    private async Task SaveAsync(string id, JsonNode schema, JsonNode fields)
    {
        using var saved = await _client.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = Flow(id, Create(fields), schema), ["publish"] = false });
        saved.StatusCode.Should().Be(HttpStatusCode.OK, await saved.Content.ReadAsStringAsync());
    }

    private async Task<(HttpStatusCode Status, string Body)> PublishAsync(string id, JsonNode fields, JsonObject? settings = null)
    {
        using var saved = await _client.PostAsJsonAsync("/elsa/api/workflow-definitions", new JsonObject { ["model"] = Flow(id, Create(fields, settings), null), ["publish"] = true });
        return (saved.StatusCode, JsonNode.Parse(await saved.Content.ReadAsStringAsync())!.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    private async Task<JsonElement> PostAsync(string flow, JsonNode lead)
    {
        using var listed = await _client.PostAsync($"/api/flows/{flow}/triggers/manual/listCallbackUrl", null);
        var url = new Uri((await listed.Content.ReadFromJsonAsync<JsonElement>()).Text("value")!).PathAndQuery;
        using var accepted = await _server.Client.PostAsync(url, new StringContent(lead.ToJsonString(), Encoding.UTF8, "application/json"));
        accepted.StatusCode.Should().Be(HttpStatusCode.Accepted, await accepted.Content.ReadAsStringAsync());
        var id = accepted.Headers.GetValues("x-ms-workflow-run-id").Single();
        JsonElement run = default;
        await Eventually.UntilAsync(async () => (run = await _client.GetFromJsonAsync<JsonElement>($"/api/flows/{flow}/runs/{id}")).Text("status") is not ("Running" or "Waiting"), "the run's end");
        return run;
    }

    private async Task<JsonElement> RecordAsync() =>
        (await _client.GetFromJsonAsync<JsonElement>("/crm/api/data/v9.2/leads")).GetProperty("value").EnumerateArray().Single();
}
