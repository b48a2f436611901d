using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>What the Dataverse connector sends for updates, upserts and reads.</summary>
public sealed class DataverseRequestTests : DataverseTestBase
{
    private static readonly JsonElement Fields = JsonElement.Parse("""{"jobtitle":null,"lastname":"One"}""");

    [Fact]
    public async Task Update_WithoutAVersion_OnlyUpdates()
    {
        await Connector.UpdateAsync(new("lead", RecordKey.ById(Key.ToString()), Fields), default);

        var call = Crm.RecordCalls.Single();
        (call.Method, call.Path, call.Body).Should().Be(("PATCH", $"/api/data/v9.2/leads({Key})", """{"jobtitle":null,"lastname":"One"}"""));
        call.Headers["If-Match"].Should().Be("*");
        call.Headers.Should().NotContainKey("If-None-Match");
    }

    [Fact]
    public async Task Update_OfAVersion_SendsIt()
    {
        await Connector.UpdateAsync(new("lead", RecordKey.ById(Key.ToString()), Fields, "W/\"7\""), default);

        Crm.RecordCalls.Single().Headers["If-Match"].Should().Be("W/\"7\"");
    }

    [Fact]
    public async Task Upsert_ByAlternateKey_NamesItInTheUrl()
    {
        Crm.Answers.Enqueue(FakeCrm.Json(201, $$"""{"@odata.etag":"W/\"1\"","leadid":"{{Key}}","lastname":"One"}"""));
        var key = RecordKey.ByColumns(
            KeyValuePair.Create("new_code", JsonElement.Parse("\"O'Brien & Co\"")), KeyValuePair.Create("new_number", JsonElement.Parse("7")));

        var written = await Connector.UpsertAsync(new("lead", key, Fields), default);

        written.Should().Be(new WrittenRecord(Key.ToString(), $"{Crm.Url}/api/data/v9.2/leads(new_code=%27O%27%27Brien%20%26%20Co%27,new_number=7)", Created: true, 201));
        var call = Crm.RecordCalls.Single();
        call.Path.Should().Be("/api/data/v9.2/leads(new_code='O''Brien%20&%20Co',new_number=7)");
        call.Headers.Should().NotContainKeys("If-Match", "If-None-Match");
    }

    [Theory]
    [InlineData(404, "0x80060891", true)]
    [InlineData(404, "0x80040217", true)]
    [InlineData(404, "0x8006088a", false)]
    [InlineData(404, "", false)]
    public async Task Get_404_IsNoRecordOnlyWhereTheCodeSaysSo(int status, string code, bool missing)
    {
        Crm.Answers.Enqueue(FakeCrm.Json(status, $$"""{"error":{"code":"{{code}}","message":"m"} }"""));
        var get = () => Connector.GetAsync(new("lead", RecordKey.ById(Key.ToString()), []), default).AsTask();

        if (missing)
        {
            (await get()).Should().BeNull();
        }
        else
        {
            await get.Should().ThrowAsync<ActivityException>();
        }
    }

    [Fact]
    public async Task Fields_ManyAndLong_AreReadWhole()
    {
        var description = new string('x', 2000);
        var columns = string.Join(',', Enumerable.Range(0, 500).Select(i => $$"""
            {"@odata.type":"#Microsoft.Dynamics.CRM.StringAttributeMetadata","LogicalName":"c{{i}}","AttributeType":"String","IsValidForCreate":true,
             "Description":{"UserLocalizedLabel":{"Label":"{{description}}"} } }
            """));
        Crm.Answers.Enqueue(FakeCrm.Json(200, $$"""{"value":[{{columns}}]}"""));

        var fields = await Metadata.FieldsAsync("lead", default);

        fields.Should().HaveCount(500);
        fields[499].Should().BeEquivalentTo(new CrmField("c499", CrmFieldType.Text) { DisplayName = "c499", Description = description, CanCreate = true });
    }

    [Fact]
    public async Task Fields_OfDynamics_KnowLookupsShadowsAndMultiSelects()
    {
        const string columns = """
            {"value":[
              {"@odata.type":"#Microsoft.Dynamics.CRM.LookupAttributeMetadata","LogicalName":"campaignid","AttributeType":"Lookup","Targets":["campaign"],"IsValidForCreate":true},
              {"@odata.type":"#Microsoft.Dynamics.CRM.StringAttributeMetadata","LogicalName":"campaignidname","AttributeOf":"campaignid","AttributeType":"String"},
              {"@odata.type":"#Microsoft.Dynamics.CRM.MultiSelectPicklistAttributeMetadata","LogicalName":"new_topics","AttributeType":"Virtual"},
              {"@odata.type":"#Microsoft.Dynamics.CRM.DateTimeAttributeMetadata","LogicalName":"new_day","AttributeType":"DateTime","Format":"DateOnly","DateTimeBehavior":{"Value":"UserLocal"}},
              {"LogicalName":null},{"LogicalName":"new_odd","AttributeType":"Unheard"},7]}
            """;
        Crm.Answers.Enqueue(FakeCrm.Json(200, columns));
        Crm.Answers.Enqueue(FakeCrm.Json(200, """{"value":[{"LogicalName":"new_topics","OptionSet":{"Options":[{"Value":3,"Label":{"UserLocalizedLabel":null}},{"Value":"x"}]}}]}"""));

        var fields = await Metadata.FieldsAsync("lead", default);

        fields.Select(field => $"{field.Name} {field.Type}").Should().Equal("campaignid Lookup", "new_topics Choices", "new_day DateTime", "new_odd Other");
        fields[0].LookupTargets.Should().Equal("campaign");
        fields[1].Options.Select(option => $"{option.Value} {option.Label}").Should().Equal("3 3");
    }

    [Theory]
    [InlineData("<h1>Sign in</h1>")]
    [InlineData("""{"value":{}}""")]
    [InlineData("""{"value":[""")]
    public async Task Entities_AnswerThatIsNone_Fails(string body)
    {
        Crm.Answers.Enqueue(FakeCrm.Json(200, body));
        var entities = () => Metadata.EntitiesAsync(default).AsTask();

        (await entities.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("UnexpectedAnswer");
    }
}
