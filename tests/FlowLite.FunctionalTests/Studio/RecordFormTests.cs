using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Studio;

/// <summary>The forms for new records: offered from the CRM's metadata, stored as one Create record.</summary>
public sealed class RecordFormTests : IAsyncLifetime
{
    private const string LeadForm = "FlowLite.CreateRecord.embedded.lead";

    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Descriptors_OfTheEmbeddedCrm_HaveAFormForEachTable()
    {
        var forms = (await ActivitiesAsync()).Where(a => a.Text("typeName").StartsWith("FlowLite.CreateRecord.", StringComparison.Ordinal)).ToList();

        forms.Select(form => $"{form.Text("typeName")} | {form.Text("displayName")} | {form.Text("category")}").Should().Equal(
            "FlowLite.CreateRecord.embedded.account | Create Account (embedded) | CRM",
            "FlowLite.CreateRecord.embedded.contact | Create Contact (embedded) | CRM",
            "FlowLite.CreateRecord.embedded.lead | Create Lead (embedded) | CRM");
    }

    [Fact]
    public async Task Descriptor_OfLeads_AsksForWhatIsRequiredFirst()
    {
        var inputs = (await LeadFormAsync()).GetProperty("inputs").EnumerateArray().ToList();

        inputs.OrderBy(input => input.GetProperty("order").GetDouble()).Take(4).Select(input => input.Text("displayName"))
            .Should().Equal("Last Name *", "Topic *", "Company Name", "First Name");
        inputs.Should().NotContain(input => input.Text("name").EndsWith("leadid", StringComparison.Ordinal), "the id is the idempotency key");
        inputs.Should().NotContain(input => input.Text("displayName") == "Created On", "only the system writes it");
        inputs.Select(input => input.Text("name")).Should().OnlyContain(name => name.All(char.IsAsciiLetterOrDigit), "the Studio turns names into camelCase in ways that drop other characters");
    }

    [Theory]
    [InlineData("Topic *", "singleline", "String", "Scriban")]
    [InlineData("Description", "multiline", "String", "Scriban")]
    [InlineData("Lead Source", "dropdown", "Int32", "Literal")]
    [InlineData("Do not allow Emails", "checkbox", "Boolean", "Literal")]
    [InlineData("No. of Employees", "singleline", "Int32", "Scriban")]
    [InlineData("Est. Close Date", "singleline", "String", "Scriban")]
    public async Task Descriptor_Input_HasTheEditorOfItsColumn(string displayName, string hint, string typeName, string syntax)
    {
        var form = await LeadFormAsync();
        var input = form.GetProperty("inputs").EnumerateArray().Single(input => input.Text("displayName") == displayName);

        (input.Text("uiHint"), input.Text("typeName"), input.Text("defaultSyntax")).Should().Be((hint, typeName, syntax));
        var presets = form.GetProperty("constructionProperties");
        presets.TryGetProperty(input.Text("name"), out var preset).Should().Be(syntax == "Scriban", "what is inserted there has to be alive, and a dropdown shows literals only");
        if (syntax == "Scriban")
        {
            preset.GetProperty("expression").ToString().Should().Be("""{"type":"Scriban","value":""}""");
        }
    }

    [Fact]
    public async Task Descriptor_Dropdown_HasTheOptionsAndNone()
    {
        var input = (await LeadFormAsync()).GetProperty("inputs").EnumerateArray().Single(input => input.Text("displayName") == "Rating");

        input.GetProperty("uiSpecifications").GetProperty("dropdown").GetProperty("selectList").GetProperty("items").EnumerateArray()
            .Select(item => $"{item.Text("text")}={item.Text("value")}").Should().Equal("(not set)=", "Hot=1", "Warm=2", "Cold=3");
    }

    [Fact]
    public async Task Form_OutputsAndPorts_AreThoseOfCreateRecord()
    {
        var activities = await ActivitiesAsync();
        var plain = activities.Single(activity => activity.Text("typeName") == "FlowLite.CreateRecord");

        var form = await LeadFormAsync();

        JsonElement.DeepEquals(form.GetProperty("outputs"), plain.GetProperty("outputs")).Should().BeTrue();
        form.GetProperty("ports").EnumerateArray().Select(port => port.Text("name")).Should().Equal("Done", "Failed");
    }

    [Fact]
    public async Task Save_ADroppedForm_StoresOneCreateRecord()
    {
        await ActivitiesAsync();
        var form = JsonNode.Parse($$"""
            { "id": "create", "nodeId": "Workflow1:flow:create", "name": "Create1", "type": "{{LeadForm}}", "version": 1, "metadata": { "designer": {} },
              "fieldsubject": { "typeName": "String", "expression": { "type": "Scriban", "value": "{{Scriban("OfferTitle")}}" }, "memoryReference": null },
              "fieldlastname": { "typeName": "String", "expression": { "type": "Scriban", "value": "" }, "memoryReference": null },
              "fieldaddress1Ucity": { "typeName": null, "expression": { "type": "Literal", "value": "Berlin" }, "memoryReference": null },
              "fieldleadsourcecode": { "typeName": null, "expression": { "type": "Literal", "value": "8" }, "memoryReference": null },
              "fieldleadqualitycode": { "typeName": null, "expression": { "type": "Literal", "value": "" }, "memoryReference": null },
              "fielddonotemail": { "typeName": null, "expression": { "type": "Literal", "value": "True" }, "memoryReference": null },
              "fieldnumberofemployees": { "typeName": "Int32", "expression": { "type": "Literal", "value": "12" }, "memoryReference": null } }
            """)!;

        var saved = await _client.SaveAsync(FlowWith(form));

        Activity(saved).Text("type").Should().Be(LeadForm, "the Studio goes on with what it is answered");
        var stored = Activity(await _client.ExportAsync("forms"));
        (stored.Text("type"), stored.Text("connection"), stored.Text("entity")).Should().Be(("FlowLite.CreateRecord", "embedded", "lead"));
        stored.GetProperty("fields").EnumerateObject().Select(field => $"{field.Name}={field.Value.GetProperty("expression").GetProperty("value").GetRawText()}").Should().Equal(
            $"subject=\"{Scriban("OfferTitle")}\"", "address1_city=\"Berlin\"", "leadsourcecode=8", "donotemail=true", "numberofemployees=12");
        stored.EnumerateObject().Select(member => member.Name).Should().Equal("id", "nodeId", "name", "type", "version", "metadata", "connection", "entity", "fields");
    }

    [Fact]
    public async Task Publish_AFlowMadeInTheForm_MakesTheRecord()
    {
        await ActivitiesAsync();
        var form = JsonNode.Parse($$"""
            { "id": "create", "name": "Create1", "type": "{{LeadForm}}", "version": 1,
              "fieldlastname": { "typeName": "String", "expression": { "type": "Scriban", "value": "{{Scriban("LastName")}}" } },
              "fieldleadsourcecode": { "typeName": null, "expression": { "type": "Literal", "value": "8" } },
              "fieldfollowemail": { "typeName": null, "expression": { "type": "Literal", "value": "False" } } }
            """)!;
        var saved = await _client.SaveAsync(FlowWith(form), publish: true);

        using var answer = await _server.Client.PostAsJsonAsync(new Uri(await CallbackUrlAsync(saved.Text("definitionId"))), new { LastName = "Forms" });

        answer.EnsureSuccessStatusCode();
        await Eventually.UntilAsync(async () =>
        {
            var leads = await _client.GetFromJsonAsync<JsonElement>("/crm/api/data/v9.2/leads?$filter=lastname eq 'Forms'&$select=leadsourcecode,followemail");
            return leads.GetProperty("value").EnumerateArray().Any(lead => lead.GetProperty("leadsourcecode").GetInt32() == 8 && !lead.GetProperty("followemail").GetBoolean());
        }, "the record with what the form said");
    }

    [Fact]
    public async Task Read_BeforeTheStudioWasOfferedForms_GivesThePlainForm()
    {
        var saved = await _client.SaveAsync(FlowWith(Plain("lead", """{ "subject": { "expression": { "type": "Literal", "value": "x" } } }""")));

        Activity(saved).Text("type").Should().Be("FlowLite.CreateRecord");
    }

    [Theory]
    [InlineData("lead", LeadForm)]
    [InlineData("Leads", LeadForm)]
    [InlineData("opportunity", "FlowLite.CreateRecord")]
    public async Task Read_OfAStoredRecord_IsTheFormOfItsTableIfThereIsOne(string entity, string type)
    {
        await ActivitiesAsync();

        var saved = await _client.SaveAsync(FlowWith(Plain(entity, """
            { "subject": { "typeName": "String", "expression": { "type": "Literal", "value": "x" } }, "leadsourcecode": { "expression": { "type": "Literal", "value": 8 } },
              "new_unheard": { "expression": { "type": "Literal", "value": 1 } } }
            """)));

        var activity = Activity(saved);
        activity.Text("type").Should().Be(type);
        if (type == LeadForm)
        {
            activity.GetProperty("fieldsubject").GetProperty("expression").GetProperty("value").GetString().Should().Be("x");
            activity.GetProperty("fieldleadsourcecode").GetProperty("expression").GetProperty("value").GetString().Should().Be("8", "a dropdown compares texts");
            activity.GetProperty("fieldlastname").GetProperty("expression").ToString().Should().Be("""{"type":"Scriban","value":""}""", "what is inserted there has to be alive");
            activity.TryGetProperty("fieldleadqualitycode", out _).Should().BeFalse();
        }
    }

    [Fact]
    public async Task Save_AFormOfAConnectionThatIsGone_LosesNothingAndShowsThePlainForm()
    {
        await ActivitiesAsync();
        var form = JsonNode.Parse("""
            { "id": "create", "name": "Create1", "type": "FlowLite.CreateRecord.gone.new_ticket", "version": 1,
              "fieldnewUtitle": { "typeName": "String", "expression": { "type": "Literal", "value": "T" } },
              "recordForm": { "connection": "gone", "entity": "new_tickets", "fields": { "new_odd": { "expression": { "type": "Literal", "value": 1 } } } } }
            """)!;

        var saved = Activity(await _client.SaveAsync(FlowWith(form)));

        (saved.Text("type"), saved.Text("connection"), saved.Text("entity")).Should().Be(("FlowLite.CreateRecord", "gone", "new_tickets"));
        saved.GetProperty("fields").EnumerateObject().Select(field => field.Name).Should().Equal("new_title", "new_odd");
    }

    [Fact]
    public async Task Entity_OfThePlainForm_CanBeChosen()
    {
        using var answer = await _client.PostAsJsonAsync("/elsa/api/descriptors/activities/FlowLite.CreateRecord/options/Entity", new { context = new { } });

        var items = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items").GetProperty("dropdown").GetProperty("selectList").GetProperty("items");
        items.EnumerateArray().Select(item => item.Text("value")).Should().BeEquivalentTo("leads", "contacts", "accounts");
    }

    [Fact]
    public async Task Forms_OfACrmThatCannotBeReached_AreThoseOfLastTime()
    {
        await using var crm = await Connectors.FakeCrm.StartAsync();
        string[] settings = ["FlowLite:Connections:other:Url=" + crm.Url, "FlowLite:Connections:other:TokenUrl=" + crm.Url + "/token", "FlowLite:Connections:other:ClientId=a", "FlowLite:Connections:other:ClientSecret=b"];
        crm.Answers.Enqueue(Connectors.FakeCrm.Json(200, """{"value":[{"LogicalName":"lead","EntitySetName":"leads","PrimaryIdAttribute":"leadid"}]}"""));
        crm.Answers.Enqueue(Connectors.FakeCrm.Json(200, """{"value":[{"LogicalName":"new_topic","AttributeType":"String","IsValidForCreate":true}]}"""));
        crm.Answers.Enqueue(Connectors.FakeCrm.Status(503));
        await using var server = await TestServer.StartAsync(settings);
        (await ActivitiesAsync(await server.SignInAsync())).Should().Contain(activity => activity.Text("typeName") == "FlowLite.CreateRecord.other.lead");

        await server.RestartAsync();

        var form = (await ActivitiesAsync(await server.SignInAsync())).Single(activity => activity.Text("typeName") == "FlowLite.CreateRecord.other.lead");
        form.GetProperty("inputs").EnumerateArray().Select(input => input.Text("name")).Should().Equal("FieldnewUtopic", "Fit", "FitByColumn", "SecureInputs", "SecureOutputs");
    }

    [Fact]
    public async Task Start_WithAConnection_AsksItsCrmBeforeAnyoneOpensTheStudio()
    {
        await using var crm = await Connectors.FakeCrm.StartAsync();
        crm.Answers.Enqueue(Connectors.FakeCrm.Json(200, """{"value":[{"LogicalName":"lead","EntitySetName":"leads","PrimaryIdAttribute":"leadid"}]}"""));
        crm.Answers.Enqueue(Connectors.FakeCrm.Json(200, """{"value":[{"LogicalName":"new_topic","AttributeType":"String","IsValidForCreate":true}]}"""));
        crm.Answers.Enqueue(Connectors.FakeCrm.Status(503));
        await using var server = await TestServer.StartAsync(
            TestServer.AsksAtStart, "FlowLite:Connections:other:Url=" + crm.Url, "FlowLite:Connections:other:TokenUrl=" + crm.Url + "/token", "FlowLite:Connections:other:ClientId=a",
            "FlowLite:Connections:other:ClientSecret=b");

        await Eventually.UntilAsync(() => Task.FromResult(crm.RecordCalls.Count() >= 2), "the CRM is asked without a request for it");

        (await ActivitiesAsync(await server.SignInAsync())).Should().Contain(activity => activity.Text("typeName") == "FlowLite.CreateRecord.other.lead");
    }

    [Fact]
    public async Task Start_WithACrmThatNeverAnswers_IsNotHeldUp()
    {
        await using var crm = await Connectors.FakeCrm.StartAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        crm.Token = context =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        };

        await using var server = await TestServer.StartAsync(
            TestServer.AsksAtStart, "FlowLite:Connections:other:Url=" + crm.Url, "FlowLite:Connections:other:TokenUrl=" + crm.Url + "/token", "FlowLite:Connections:other:ClientId=a",
            "FlowLite:Connections:other:ClientSecret=b");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

        (await server.Client.GetAsync("/health/ready")).IsSuccessStatusCode.Should().BeTrue();
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await server.StartAgainAsync();
    }

    [Fact]
    public async Task Form_OfATableWithADotInItsName_IsStoredUnderThatName()
    {
        await using var crm = await Connectors.FakeCrm.StartAsync();
        crm.Answers.Enqueue(Connectors.FakeCrm.Json(200, """{"value":[{"LogicalName":"party.party","EntitySetName":"party.party","PrimaryIdAttribute":"id"}]}"""));
        crm.Answers.Enqueue(Connectors.FakeCrm.Json(200, """{"value":[{"LogicalName":"name","AttributeType":"String","IsValidForCreate":true}]}"""));
        await using var server = await TestServer.StartAsync(
            "FlowLite:Connections:other:Url=" + crm.Url, "FlowLite:Connections:other:TokenUrl=" + crm.Url + "/token", "FlowLite:Connections:other:ClientId=a",
            "FlowLite:Connections:other:ClientSecret=b", "FlowLite:Connections:other:Entities=party.party");
        var client = await server.SignInAsync();
        const string type = "FlowLite.CreateRecord.other.party-party";
        (await ActivitiesAsync(client)).Should().Contain(activity => activity.Text("typeName") == type);

        var saved = await client.SaveAsync(FlowWith(JsonNode.Parse($$"""
            { "id": "create", "name": "Create1", "type": "{{type}}", "version": 1, "fieldname": { "typeName": "String", "expression": { "type": "Literal", "value": "x" } } }
            """)!));

        Activity(saved).Text("type").Should().Be(type);
        Activity(await client.ExportAsync("forms")).Text("entity").Should().Be("party.party");
    }

    private Task<List<JsonElement>> ActivitiesAsync() => ActivitiesAsync(_client);

    private static async Task<List<JsonElement>> ActivitiesAsync(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("/elsa/api/descriptors/activities")).GetProperty("items").EnumerateArray()];

    private async Task<JsonElement> LeadFormAsync() => (await ActivitiesAsync()).Single(activity => activity.Text("typeName") == LeadForm);

    private async Task<string> CallbackUrlAsync(string definitionId)
    {
        using var answer = await _client.PostAsync($"/api/flows/{definitionId}/triggers/manual/listCallbackUrl", null);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("value").GetString()!;
    }

    private static string Scriban(string member) => "{{ trigger.body." + member + " }}";

    private static JsonNode Plain(string entity, string fields) => JsonNode.Parse($$"""
        { "id": "create", "name": "Create1", "type": "FlowLite.CreateRecord", "version": 1, "connection": "embedded", "entity": "{{entity}}", "fields": {{fields}} }
        """)!;

    private static JsonObject FlowWith(JsonNode activity)
    {
        var flow = ServerTestFlows.Small("forms");
        var activities = flow["root"]!["activities"]!.AsArray();
        activities.RemoveAt(1);
        activities.Add(activity);
        flow["root"]!["connections"]![0]!["target"]!["activity"] = "create";
        return flow;
    }

    private static JsonElement Activity(JsonElement definition) => definition.GetProperty("root").GetProperty("activities")[1];
}
