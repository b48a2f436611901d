using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Connectors.StandIns;

namespace FlowLite.FunctionalTests.Connectors;

public sealed class HubSpotConnectorTests : StandInTestBase
{
    private const string Contact = """{"email":"a@b.c","lastname":"One","phone":49123,"company":null}""";

    private HubSpotStandIn _hub = null!;

    public override async Task InitializeAsync() => _hub = await HubSpotStandIn.StartAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task Create_WithKeyProperty_SendsTextsUnderTheKey()
    {
        var (crm, _) = Connect();

        var record = await CreateAsync(crm, "contacts", Contact);

        record.Should().Be(new CreatedRecord("1000", $"{_hub.Url}/crm/v3/objects/contacts/1000", AlreadyExisted: false, 201));
        crm.CreateEffect("contacts").Should().Be(Effect.Idempotent);
        _hub.Calls.Single().Body.Should().Be($$"""{"properties":{"email":"a@b.c","lastname":"One","phone":"49123","{{HubSpotStandIn.KeyProperty}}":"{{Key}}"},"associations":[]}""");
        _hub.Calls.Single().Headers["Authorization"].Should().Be($"Bearer {HubSpotStandIn.Token}");
    }

    [Theory]
    [InlineData("contacts", """{"email":"a@b.c"}""", 409)]
    [InlineData("companies", """{"name":"Contoso"}""", 400)]
    public async Task Create_AnswerLost_FindsTheRecord(string table, string fields, int status)
    {
        var (crm, _) = Connect();
        _hub.LoseAnswers = 1;
        (await FailAsync(() => CreateAsync(crm, table, fields))).OutcomeUnknown.Should().BeTrue();

        var record = await CreateAsync(crm, table, fields);

        (record.Id, record.AlreadyExisted, record.StatusCode).Should().Be(("1000", true, status));
        _hub.Records.Should().ContainSingle();
    }

    [Fact]
    public async Task Create_ContactWithTheSameAddress_FailsWithTheIdThatExists()
    {
        var (crm, _) = Connect();
        await CreateAsync(crm, "contacts", Contact, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        var failure = await FailAsync(() => CreateAsync(crm, "contacts", Contact));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be(("CONFLICT", false, "author"));
        failure.Message.Should().Contain("Existing ID: 1000");
    }

    [Fact]
    public async Task Create_ContactWithTheSameAddressAndUpdate_ChangesTheOneThatExists()
    {
        var (crm, _) = Connect(("OnConflict", "update"));
        await CreateAsync(crm, "contacts", Contact, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        var record = await CreateAsync(crm, "contacts", """{"email":"a@b.c","lastname":"Two"}""");
        var again = await CreateAsync(crm, "contacts", """{"email":"a@b.c","lastname":"Two"}""");

        (record.Id, record.AlreadyExisted, again.Id).Should().Be(("1000", true, "1000"));
        _hub.Records.Should().ContainSingle().Which["lastname"]!.GetValue<string>().Should().Be("Two");
        _hub.Records[0][HubSpotStandIn.KeyProperty]!.GetValue<string>().Should().NotBe(Key.ToString(), "its maker's repeats look for its own key");
    }

    [Fact]
    public async Task Create_WithAssociation_CarriesThePlainTypeAskedForOnce()
    {
        var (crm, _) = Connect();
        var company = await CreateAsync(crm, "companies", """{"name":"Contoso"}""");
        var contact = await CreateAsync(crm, "contacts", $$"""{"email":"a@b.c","associations.companies":"{{company.Id}}"}""", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));
        var lead = await CreateAsync(crm, "leads", $$"""{"hs_lead_name":"One","associations.contacts":"{{contact.Id}}"}""", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));
        await CreateAsync(crm, "leads", $$"""{"hs_lead_name":"Two","associations.contacts":"{{contact.Id}}"}""", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        lead.AlreadyExisted.Should().BeFalse();
        _hub.Records[1]["$associations"]!.ToJsonString().Should().Be("""[{"to":{"id":"1000"},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":279}]}]""");
        _hub.Records[2]["$associations"]!.ToJsonString().Should().Contain("578");
        _hub.Calls.Count(call => call.Path.Contains("/leads/contacts/labels", StringComparison.Ordinal)).Should().Be(1);
    }

    [Fact]
    public async Task Create_LeadWithoutAssociation_IsTheAuthors()
    {
        var (crm, _) = Connect();

        var failure = await FailAsync(() => CreateAsync(crm, "leads", """{"hs_lead_name":"One"}"""));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be(("VALIDATION_ERROR", false, "author"));
    }

    [Fact]
    public async Task Create_UnknownProperty_NamesIt()
    {
        var (crm, _) = Connect();

        var failure = await FailAsync(() => CreateAsync(crm, "contacts", """{"email":"a@b.c","shoe":"43"}"""));

        failure.Message.Should().Contain("(properties: shoe)");
        failure.Retryable.Should().BeFalse();
    }

    [Theory]
    [InlineData("DAILY", "You have reached your daily limit.", "RATE_LIMITS_DAILY", 3600)]
    [InlineData("SECONDLY", "You have reached your secondly limit.", "RATE_LIMITS_SECONDLY", 1)]
    [InlineData("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.", "RATE_LIMITS_TEN_SECONDLY_ROLLING", 10)]
    public async Task Create_RateLimit_WaitsAsLongAsItsPolicyLasts(string policy, string message, string code, int seconds)
    {
        var (crm, _) = Connect();
        _hub.Refusals.Enqueue(new Answer(429, $$"""{"status":"error","message":"{{message}}","errorType":"RATE_LIMIT","category":"RATE_LIMITS","correlationId":"c","policyName":"{{policy}}"}"""));

        var failure = await FailAsync(() => CreateAsync(crm, "contacts", Contact));

        (failure.Code, failure.Retryable, failure.RetryAfter, failure.OutcomeUnknown).Should().Be((code, true, TimeSpan.FromSeconds(seconds), false));
    }

    [Fact]
    public async Task Create_DailyLimitInHeadersOnly_IsToldApart()
    {
        var (crm, _) = Connect();
        _hub.Refusals.Enqueue(new Answer(429, """{"status":"error","message":"limit","category":"RATE_LIMITS"}""", ("X-HubSpot-RateLimit-Daily-Remaining", "0"), ("X-HubSpot-RateLimit-Remaining", "99")));

        (await FailAsync(() => CreateAsync(crm, "contacts", Contact))).RetryAfter.Should().Be(TimeSpan.FromHours(1));
    }

    [Theory]
    [InlineData(401, "INVALID_AUTHENTICATION", false, "administrator")]
    [InlineData(403, "MISSING_SCOPES", false, "administrator")]
    [InlineData(423, "LOCKED", true, "crm")]
    [InlineData(477, "MIGRATION_IN_PROGRESS", true, "crm")]
    [InlineData(502, "BAD_GATEWAY", true, "crm")]
    [InlineData(504, "TIMEOUT", true, "crm")]
    public async Task Create_Refusal_SaysWhetherToTryAgainAndWhoHasToAct(int status, string category, bool retryable, string who)
    {
        var (crm, _) = Connect();
        _hub.Refusals.Enqueue(HubSpotStandIn.Error(status, category, $"About {HubSpotStandIn.Token}."));

        var failure = await FailAsync(() => CreateAsync(crm, "contacts", Contact));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be((category, retryable, who));
        failure.Message.Should().Contain("About ***").And.NotContain(HubSpotStandIn.Token);
    }

    [Fact]
    public async Task UpdateAndGet_ByIdAndByAUniqueProperty_ChangeAndReadTheRecord()
    {
        var (crm, _) = Connect();
        var made = await CreateAsync(crm, "contacts", """{"email":"a@b.c","lastname":"One"}""");

        var byId = await crm.UpdateAsync(new UpdateRecordRequest("contacts", RecordKey.ById(made.Id), JsonElement.Parse("""{"lastname":"Two"}""")), CancellationToken.None);
        var first = await crm.GetAsync(new GetRecordRequest("contacts", RecordKey.ById(made.Id), ["lastname"]), CancellationToken.None);
        var byEmail = await crm.UpdateAsync(new UpdateRecordRequest("contacts", By("email", "a@b.c"), JsonElement.Parse("""{"lastname":"Three"}""")), CancellationToken.None);
        var second = await crm.GetAsync(new GetRecordRequest("contacts", RecordKey.ById(made.Id), ["lastname"]), CancellationToken.None);

        (byId.Id, byId.Created, byEmail.Id, byEmail.Created).Should().Be((made.Id, false, made.Id, false));
        (first!.Columns.GetProperty("lastname").GetString(), second!.Columns.GetProperty("lastname").GetString()).Should().Be(("Two", "Three"));
        (await crm.GetAsync(new GetRecordRequest("contacts", RecordKey.ById("99999"), []), CancellationToken.None)).Should().BeNull();
        var missing = await FailAsync(() => crm.UpdateAsync(new UpdateRecordRequest("contacts", By("email", "nobody@b.c"), JsonElement.Parse("{}")), CancellationToken.None).AsTask());
        var versioned = await FailAsync(() => crm.UpdateAsync(new UpdateRecordRequest("contacts", RecordKey.ById(made.Id), JsonElement.Parse("{}"), "1"), CancellationToken.None).AsTask());
        (missing.Retryable, ActBy(missing), versioned.Code).Should().Be((false, "administrator", "NotSupported"));
    }

    [Fact]
    public async Task Upsert_ByAUniqueProperty_IsABatchOfOneAndSaysWhetherItIsNew()
    {
        var (crm, _) = Connect();

        var made = await crm.UpsertAsync(new UpsertRecordRequest("contacts", By("email", "a@b.c"), JsonElement.Parse("""{"lastname":"One"}""")), CancellationToken.None);
        var changed = await crm.UpsertAsync(new UpsertRecordRequest("contacts", By("email", "a@b.c"), JsonElement.Parse("""{"lastname":null}""")), CancellationToken.None);
        var found = await crm.GetAsync(new GetRecordRequest("contacts", By("email", "a@b.c"), ["lastname"]), CancellationToken.None);
        var failure = await FailAsync(() => crm.UpsertAsync(new UpsertRecordRequest("contacts", By("email", "a@b.c"), JsonElement.Parse("""{"shoe":"1"}""")), CancellationToken.None).AsTask());

        (made.Created, changed.Created, changed.Id).Should().Be((true, false, made.Id));
        found!.Columns.GetProperty("lastname").GetString().Should().Be("", "a null clears");
        (failure.Code, failure.Retryable).Should().Be(("VALIDATION_ERROR", false), "a 207 is no success");
    }

    [Fact]
    public async Task Properties_GiveWhatCanBeFilledAndWhatToAssociate()
    {
        var (_, metadata) = Connect();

        var fields = await metadata.FieldsAsync("leads", CancellationToken.None);
        var contact = await metadata.FieldsAsync("contacts", CancellationToken.None);

        (await metadata.EntitiesAsync(CancellationToken.None)).Select(entity => entity.Name).Should().Equal("contacts", "companies", "deals", "leads", "tickets");
        fields.Where(field => field.CanCreate).Select(field => $"{field.Name} {field.Requirement}").Should().Equal("hs_lead_name Required", "associations.contacts None", "associations.companies None");
        contact.Single(field => field.Name == "lifecyclestage").Options.Select(option => option.Label).Should().Equal("Lead");
        contact.Single(field => field.Name == "hs_buying_role").Should().BeEquivalentTo(new { Type = CrmFieldType.Choices, Separator = ';', TakesOthers = false });
        contact.Where(field => !field.CanCreate).Select(field => field.Name).Should().Equal(HubSpotStandIn.KeyProperty, "createdate");
    }

    [Fact]
    public async Task Test_OfAConnectionThatWorks_GivesTheAccount() => (await Connect().Metadata.TestAsync(CancellationToken.None)).Should().Be("62515");

    [Theory]
    [InlineData(null, Effect.AtLeastOnce)]
    [InlineData("at-most-once", Effect.AtMostOnce)]
    public async Task CheckKey_PropertyThatIsNotUnique_LeavesWhatTheConnectionChose(string? choice, Effect effect)
    {
        var (crm, _) = Connect(("WithoutKey", choice));
        _hub.UniqueIn = ["contacts"];

        var companies = await crm.CheckKeyAsync("companies", anew: false, CancellationToken.None);

        companies.Should().Contain("'companies' has no property flowlite_key that requires unique values");
        (await crm.CheckKeyAsync("contacts", anew: false, CancellationToken.None)).Should().BeNull();
        (crm.CreateEffect("companies"), crm.CreateEffect("contacts")).Should().Be((effect, Effect.Idempotent));
    }

    [Fact]
    public async Task CheckKey_Known_AsksAgainOnlyAnew()
    {
        var (crm, metadata) = Connect();
        await metadata.FieldsAsync("contacts", CancellationToken.None);
        _hub.UniqueIn = [];

        (await crm.CheckKeyAsync("contacts", anew: false, CancellationToken.None)).Should().BeNull("the columns were asked for a moment ago");
        (await crm.CheckKeyAsync("contacts", anew: true, CancellationToken.None)).Should().NotBeNull();
    }

    [Fact]
    public async Task Create_TableWithoutTheKeyProperty_IsMadeWithoutIt()
    {
        var (crm, _) = Connect(("KeyProperty", "other_key"));
        await crm.CheckKeyAsync("companies", anew: false, CancellationToken.None);

        await CreateAsync(crm, "companies", """{"name":"Contoso"}""");

        _hub.Records.Single().ContainsKey("other_key").Should().BeFalse();
        crm.CreateEffect("companies").Should().Be(Effect.AtLeastOnce);
    }

    [Fact]
    public async Task CheckKey_ObjectThatHubSpotDoesNotDescribe_BelievesTheSettings()
    {
        var (crm, _) = Connect();

        (await crm.CheckKeyAsync("unicorns", anew: false, CancellationToken.None)).Should().BeNull();

        crm.CreateEffect("unicorns").Should().Be(Effect.Idempotent);
    }

    [Fact]
    public void CreateEffect_WithoutKeyProperty_IsWhatTheConnectionChose()
    {
        Connect(("KeyProperty", null)).Crm.CreateEffect("contacts").Should().Be(Effect.AtLeastOnce);
        Connect(("KeyProperty", null), ("WithoutKey", "at-most-once")).Crm.CreateEffect("contacts").Should().Be(Effect.AtMostOnce);
    }

    private (ICrmConnector Crm, ICrmMetadata Metadata) Connect(params (string Name, string? Value)[] changed) => Connect("hubspot", Settings(_hub.Url), changed);

    internal static Dictionary<string, string?> Settings(string url) => new()
    {
        ["Url"] = url,
        ["Token"] = HubSpotStandIn.Token,
        ["KeyProperty"] = HubSpotStandIn.KeyProperty,
    };
}
