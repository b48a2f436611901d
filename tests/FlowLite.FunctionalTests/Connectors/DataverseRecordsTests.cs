using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Crm;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>Update, upsert, get and metadata of the Dataverse connector before the embedded CRM.</summary>
public sealed class DataverseRecordsTests(CrmHost crm) : IClassFixture<CrmHost>, IDisposable
{
    private readonly CrmConnectors _connectors = new(
        _ => new ConnectionSettings("dataverse", new Dictionary<string, string?>
        {
            ["Url"] = crm.Address + "crm",
            ["TokenUrl"] = crm.Address + "crm/oauth2/v2.0/token",
            ["ClientId"] = CrmHost.ClientId,
            ["ClientSecret"] = CrmHost.ClientSecret,
        }),
        TimeProvider.System);

    private ICrmConnector Connector => _connectors.Find("c")!;
    private ICrmMetadata Metadata => _connectors.FindMetadata("c")!;

    public void Dispose() => _connectors.Dispose();

    [Fact]
    public async Task Update_OfARecord_ChangesWhatIsGivenAndClearsNulls()
    {
        var id = await crm.CreateAsync("leads", """{"subject":"before","jobtitle":"Boss","lastname":"One"}""");

        var written = await UpdateAsync(id, """{"subject":"after","jobtitle":null}""");

        written.Created.Should().BeFalse();
        written.Id.Should().Be(id.ToString());
        var lead = await GetAsync(id, "subject", "jobtitle", "lastname");
        lead!.Columns.GetProperty("subject").GetString().Should().Be("after");
        lead.Columns.GetProperty("jobtitle").ValueKind.Should().Be(JsonValueKind.Null);
        lead.Columns.GetProperty("lastname").GetString().Should().Be("One");
    }

    [Fact]
    public async Task Update_OfNoRecord_FailsAndMakesNone()
    {
        var id = Guid.Parse("00000000-0000-4000-8000-0000000000aa");

        var update = () => UpdateAsync(id, """{"subject":"x"}""");

        var failure = (await update.Should().ThrowAsync<ActivityException>()).Which;
        failure.Code.Should().Be("0x80040217");
        failure.Retryable.Should().BeFalse();
        failure.Message.Should().Contain("did not update the record in leads");
        (await GetAsync(id)).Should().BeNull();
    }

    [Fact]
    public async Task Update_OfAVersionThatIsGone_Fails()
    {
        var id = await crm.CreateAsync("leads", """{"subject":"1"}""");
        var seen = (await GetAsync(id))!.Version;
        await UpdateAsync(id, """{"subject":"2"}""", seen);

        var again = () => UpdateAsync(id, """{"subject":"3"}""", seen);

        (await again.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("0x80060882");
        (await GetAsync(id, "subject"))!.Columns.GetProperty("subject").GetString().Should().Be("2");
    }

    [Fact]
    public async Task Upsert_Twice_MakesOneAndSaysSo()
    {
        var key = RecordKey.ById("00000000-0000-4000-8000-0000000000bb");

        var first = await Connector.UpsertAsync(new("lead", key, JsonElement.Parse("""{"subject":"1"}""")), default);
        var second = await Connector.UpsertAsync(new("leads", key, JsonElement.Parse("""{"subject":"2"}""")), default);

        (first.Created, second.Created).Should().Be((true, false));
        first.Id.Should().Be(key.Id);
        (await Connector.GetAsync(new("lead", key, ["subject"]), default))!.Columns.GetProperty("subject").GetString().Should().Be("2");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00000000-0000-4000-8000-0000000000bb)/x(")]
    public async Task Get_KeyThatIsNoId_IsRefusedBeforeAnythingIsSent(string id)
    {
        var get = () => Connector.GetAsync(new("lead", RecordKey.ById(id), []), default).AsTask();

        (await get.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("InvalidKey");
    }

    [Fact]
    public async Task Get_ATableThatDoesNotExist_IsNoMissingRecord()
    {
        var get = () => Connector.GetAsync(new("nopes", RecordKey.ById("00000000-0000-4000-8000-0000000000bb"), []), default).AsTask();

        (await get.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("0x8006088a");
    }

    [Fact]
    public async Task Test_OfAConnectionThatWorks_GivesTheUser() => Guid.TryParse(await Metadata.TestAsync(default), out _).Should().BeTrue();

    [Fact]
    public async Task Entities_AreTheTablesWithTheirNames()
    {
        var entities = await Metadata.EntitiesAsync(default);

        entities.Should().Equal(
            new CrmEntityInfo("lead", "leads", "Lead", "leadid", "fullname"),
            new CrmEntityInfo("contact", "contacts", "Contact", "contactid", "fullname"),
            new CrmEntityInfo("account", "accounts", "Account", "accountid", "name"));
    }

    [Fact]
    public async Task Fields_OfLeads_SayWhatAFormNeeds()
    {
        var fields = (await Metadata.FieldsAsync("lead", default)).ToDictionary(field => field.Name);

        fields["subject"].Should().BeEquivalentTo(new CrmField("subject", CrmFieldType.Text)
        {
            DisplayName = "Topic",
            Requirement = CrmRequirement.Required,
            MaxLength = 300,
            CanCreate = true,
            CanUpdate = true,
        });
        fields["firstname"].Requirement.Should().Be(CrmRequirement.Recommended);
        fields["leadid"].Type.Should().Be(CrmFieldType.Id);
        fields["description"].Type.Should().Be(CrmFieldType.Memo);
        fields["numberofemployees"].Should().Match<CrmField>(field => field.Type == CrmFieldType.WholeNumber && field.Min == 0 && field.Max == 1_000_000);
        fields["address1_latitude"].Type.Should().Be(CrmFieldType.Number);
        fields["estimatedclosedate"].Type.Should().Be(CrmFieldType.Date);
        fields["schedulefollowup_qualify"].Type.Should().Be(CrmFieldType.DateTime);
        fields["createdon"].CanCreate.Should().BeFalse();
        fields["followemail"].Should().Match<CrmField>(field => field.Type == CrmFieldType.YesNo && field.Default!.Value.GetBoolean());
        fields["donotemail"].Options.Select(option => $"{option.Value} {option.Label}").Should().Equal("0 Allow", "1 Do Not Allow");
        fields["leadqualitycode"].Options.Select(option => $"{option.Value} {option.Label}").Should().Equal("1 Hot", "2 Warm", "3 Cold");
        fields["statuscode"].Options.Should().HaveCount(7);
    }

    [Fact]
    public async Task Fields_OfATableThatDoesNotExist_Fail()
    {
        var fields = () => Metadata.FieldsAsync("nope", default).AsTask();

        (await fields.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("0x80041102");
    }

    private Task<WrittenRecord> UpdateAsync(Guid id, string fields, string? version = null) =>
        Connector.UpdateAsync(new("lead", RecordKey.ById(id.ToString()), JsonElement.Parse(fields), version), default).AsTask();

    private ValueTask<FoundRecord?> GetAsync(Guid id, params string[] columns) => Connector.GetAsync(new("lead", RecordKey.ById(id.ToString()), columns), default);
}
