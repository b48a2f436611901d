using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Connectors.StandIns;

namespace FlowLite.FunctionalTests.Connectors;

public sealed class SalesforceConnectorTests : StandInTestBase
{
    private const string Lead = """{"LastName":"One","Company":"Contoso","Email":"a@b.c","Title":null}""";

    private SalesforceStandIn _org = null!;

    public override async Task InitializeAsync() => _org = await SalesforceStandIn.StartAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _org.DisposeAsync();
    }

    [Fact]
    public async Task Create_WithKeyField_InsertsUnderTheKeyWithATokenOfMyDomain()
    {
        var (crm, _) = Connect();

        var record = await CreateAsync(crm, "Lead", Lead);

        record.Should().Be(new CreatedRecord("00Q000000001000AAA", $"{_org.Url}/services/data/v63.0/sobjects/Lead/00Q000000001000AAA", AlreadyExisted: false, 201));
        crm.CreateEffect("Lead").Should().Be(Effect.Idempotent);
        _org.Calls.Select(call => $"{call.Method} {call.Path}").Should().Equal("POST /services/oauth2/token", "POST /services/data/v63.0/sobjects/Lead");
        _org.Calls.Last().Body.Should().Be($$"""{"LastName":"One","Company":"Contoso","Email":"a@b.c","{{SalesforceStandIn.KeyField}}":"{{Key}}"}""");
    }

    [Fact]
    public async Task Create_AnswerLost_FindsTheRecordAndLeavesWhatPeopleChanged()
    {
        var (crm, _) = Connect();
        _org.LoseAnswers = 1;
        (await FailAsync(() => CreateAsync(crm, "Lead", Lead))).Retryable.Should().BeTrue();
        await crm.UpdateAsync(new UpdateRecordRequest("Lead", By(SalesforceStandIn.KeyField, Key.ToString()), JsonElement.Parse("""{"Title":"CEO"}""")), CancellationToken.None);

        var record = await CreateAsync(crm, "Lead", Lead);

        record.AlreadyExisted.Should().BeTrue();
        record.Id.Should().Be("00Q000000001000AAA");
        _org.Records.Should().ContainSingle().Which["Title"]!.GetValue<string>().Should().Be("CEO");
    }

    [Theory]
    [InlineData(null, Effect.AtLeastOnce)]
    [InlineData("at-most-once", Effect.AtMostOnce)]
    public async Task Create_WithoutKeyField_IsWhatTheConnectionChose(string? choice, Effect effect)
    {
        var (crm, _) = Connect(("KeyField", null), ("WithoutKey", choice));

        await CreateAsync(crm, "Lead", Lead);

        crm.CreateEffect("Lead").Should().Be(effect);
        _org.Calls.Last().Body.Should().NotContain(Key.ToString());
    }

    [Fact]
    public async Task Create_DuplicateValueOfAnotherField_IsFinal()
    {
        var (crm, _) = Connect();
        _org.Refusals.Enqueue(SalesforceStandIn.Error(400, "DUPLICATE_VALUE", "duplicate value found: Customer_No__c duplicates value on record with id: 00Q000000000999AAA"));

        var failure = await FailAsync(() => CreateAsync(crm, "Lead", Lead));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be(("DUPLICATE_VALUE", false, "author"));
    }

    [Fact]
    public async Task Create_KeyIsTakenByAnInsertUnderWay_IsTriedAgain()
    {
        var (crm, _) = Connect();
        _org.Refusals.Enqueue(SalesforceStandIn.Error(400, "DUPLICATE_VALUE", $"duplicate value found: {SalesforceStandIn.KeyField} duplicates value on record with id: <unknown>"));

        (await FailAsync(() => CreateAsync(crm, "Lead", Lead))).Retryable.Should().BeTrue();
    }

    [Fact]
    public async Task Create_SessionEnded_RenewsTheTokenOnce()
    {
        var (crm, _) = Connect();
        await CreateAsync(crm, "Lead", Lead);
        _org.EndSession();

        await CreateAsync(crm, "Lead", Lead, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        _org.Calls.Count(call => call.Path.EndsWith("/token", StringComparison.Ordinal)).Should().Be(2);
        _org.Records.Should().HaveCount(2);
    }

    [Fact]
    public async Task Create_SessionIsRefusedAgain_IsTheAdministrators()
    {
        var (crm, _) = Connect();
        _org.Refusals.Enqueue(SalesforceStandIn.Error(401, "INVALID_SESSION_ID", "Session expired or invalid"));
        _org.Refusals.Enqueue(SalesforceStandIn.Error(401, "INVALID_SESSION_ID", "Session expired or invalid"));

        var failure = await FailAsync(() => CreateAsync(crm, "Lead", Lead));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be(("INVALID_SESSION_ID", false, "administrator"));
        _org.Calls.Should().HaveCount(4, "two tokens, two attempts");
    }

    [Fact]
    public async Task Create_WrongSecret_IsFinalAndMasked()
    {
        var (crm, _) = Connect(("ClientSecret", "wr0ng-secret"));

        var failure = await FailAsync(() => CreateAsync(crm, "Lead", Lead));

        (failure.Code, failure.Retryable).Should().Be(("TokenRefused", false));
        failure.Message.Should().Contain("invalid_client").And.NotContain("wr0ng-secret");
    }

    [Theory]
    [InlineData(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "api-usage=900/1000", true, 3600)]
    [InlineData(403, "REQUEST_LIMIT_EXCEEDED", "Limit exceeded", "api-usage=15000/15000", true, 3600)]
    [InlineData(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", "api-usage=15000/15000", true, null)]
    [InlineData(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", "api-usage=1/15000", true, null)]
    [InlineData(503, "SERVER_UNAVAILABLE", "Server temporarily unavailable", "api-usage=1/15000", true, null)]
    [InlineData(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred", "api-usage=1/15000", true, null)]
    [InlineData(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", "", false, null)]
    [InlineData(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights", "", false, null)]
    [InlineData(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Phone is needed", "", false, null)]
    public async Task Create_Refusal_IsToldApartByItsCode(int status, string code, string message, string usage, bool retryable, int? seconds)
    {
        var (crm, _) = Connect();
        _org.Refusals.Enqueue(SalesforceStandIn.Error(status, code, message) with { Headers = [("Sforce-Limit-Info", usage)] });

        var failure = await FailAsync(() => CreateAsync(crm, "Lead", Lead));

        (failure.Code, failure.Retryable).Should().Be((code, retryable));
        failure.RetryAfter.Should().Be(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
        failure.OutcomeUnknown.Should().Be(status >= 500);
        failure.Message.Should().Contain(message.TrimEnd('.'));
    }

    [Theory]
    [InlineData("""{"LastName":"One"}""", "REQUIRED_FIELD_MISSING", "Company")]
    [InlineData("""{"LastName":"One","Company":"C","Shoe":"43"}""", "INVALID_FIELD", "Shoe")]
    [InlineData("""{"LastName":"12345678901234567890123456789012345678901234567890123456789012345678901234567890X","Company":"C"}""", "STRING_TOO_LONG", "LastName")]
    public async Task Create_FieldError_NamesTheField(string fields, string code, string field)
    {
        var (crm, _) = Connect();

        var failure = await FailAsync(() => CreateAsync(crm, "Lead", fields));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be((code, false, "author"));
        failure.Message.Should().Contain(field);
    }

    [Theory]
    [InlineData("block", "DUPLICATES_DETECTED")]
    [InlineData("allow", null)]
    public async Task Create_DuplicateRule_IsFinalUnlessTheConnectionAllows(string rules, string? code)
    {
        var (crm, _) = Connect(("AllowDuplicates", rules));
        var create = () => CreateAsync(crm, "Lead", """{"LastName":"Twin","Company":"C"}""");

        if (code is null)
        {
            (await create()).AlreadyExisted.Should().BeFalse();
        }
        else
        {
            var failure = await FailAsync(create);
            (failure.Code, failure.Retryable).Should().Be((code, false));
        }
    }

    [Fact]
    public async Task UpsertAndGet_ByExternalId_SayWhatWasDone()
    {
        var (crm, _) = Connect();
        var key = By(SalesforceStandIn.KeyField, "K-1");

        var made = await crm.UpsertAsync(new UpsertRecordRequest("Lead", key, JsonElement.Parse(Lead)), CancellationToken.None);
        var changed = await crm.UpsertAsync(new UpsertRecordRequest("Lead", key, JsonElement.Parse("""{"Company":"New"}""")), CancellationToken.None);
        var found = await crm.GetAsync(new GetRecordRequest("Lead", key, ["Company"]), CancellationToken.None);

        (made.Created, made.StatusCode, changed.Created, changed.StatusCode, changed.Id).Should().Be((true, 201, false, 200, made.Id));
        found!.Columns.GetProperty("Company").GetString().Should().Be("New");
        (await crm.GetAsync(new GetRecordRequest("Lead", By(SalesforceStandIn.KeyField, "K-2"), []), CancellationToken.None)).Should().BeNull();
        (await FailAsync(() => crm.UpdateAsync(new UpdateRecordRequest("Lead", By(SalesforceStandIn.KeyField, "K-2"), JsonElement.Parse("{}")), CancellationToken.None).AsTask())).Code.Should().Be("NOT_FOUND");
    }

    [Fact]
    public async Task Upsert_ByAFieldThatSeveralHave_IsTheAdministrators()
    {
        var (crm, _) = Connect();
        await CreateAsync(crm, "Lead", Lead);
        await CreateAsync(crm, "Lead", Lead, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        var failure = await FailAsync(() => crm.UpsertAsync(new UpsertRecordRequest("Lead", By("Email", "a@b.c"), JsonElement.Parse(Lead)), CancellationToken.None).AsTask());

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be(("300", false, "administrator"));
    }

    [Fact]
    public async Task Describe_GivesWhatCanBeFilled()
    {
        var (_, metadata) = Connect();

        var fields = await metadata.FieldsAsync("Lead", CancellationToken.None);

        (await metadata.EntitiesAsync(CancellationToken.None)).Select(entity => entity.Name).Should().Equal("Lead");
        fields.Where(field => field.Requirement == CrmRequirement.Required).Select(field => field.Name).Should().Equal("LastName", "Company");
        fields.Single(field => field.Name == "LeadSource").Options.Select(option => option.Label).Should().Equal("Web");
        fields.Single(field => field.Name == "LeadSource").TakesOthers.Should().BeTrue("the list is not restricted");
        fields.Single(field => field.Name == "Rating").TakesOthers.Should().BeFalse("the list is restricted");
        fields.Single(field => field.Name == "Products__c").Should().BeEquivalentTo(new { Type = CrmFieldType.Choices, Separator = ';' });
        fields.Single(field => field.Name == "LastName").MaxLength.Should().Be(80);
        fields.Where(field => !field.CanCreate).Select(field => field.Name).Should().Equal("Id", SalesforceStandIn.KeyField);
    }

    [Fact]
    public async Task Test_OfAConnectionThatWorks_GivesTheUser() => (await Connect().Metadata.TestAsync(CancellationToken.None)).Should().Be("00550000001fg5OAAQ");

    [Theory]
    [InlineData(null, Effect.AtLeastOnce)]
    [InlineData("at-most-once", Effect.AtMostOnce)]
    public async Task CheckKey_FieldThatIsNotUnique_LeavesWhatTheConnectionChose(string? choice, Effect effect)
    {
        var (crm, _) = Connect(("WithoutKey", choice));
        (await crm.CheckKeyAsync("Lead", anew: false, CancellationToken.None)).Should().BeNull();
        crm.CreateEffect("Lead").Should().Be(Effect.Idempotent);
        _org.KeyIsUnique = false;

        var problem = await crm.CheckKeyAsync("Lead", anew: true, CancellationToken.None);

        problem.Should().Contain("'Lead' has no field FlowLite_Key__c with External ID and Unique set");
        crm.CreateEffect("Lead").Should().Be(effect);
        await CreateAsync(crm, "Lead", Lead);
        _org.Records.Single()[SalesforceStandIn.KeyField]!.GetValue<string>().Should().Be(Key.ToString(), "two with the same key can be found by it");
    }

    private (ICrmConnector Crm, ICrmMetadata Metadata) Connect(params (string Name, string? Value)[] changed) => Connect("salesforce", Settings(_org.Url), changed);

    internal static Dictionary<string, string?> Settings(string url) => new()
    {
        ["Url"] = url,
        ["ClientId"] = SalesforceStandIn.ClientId,
        ["ClientSecret"] = SalesforceStandIn.Secret,
        ["KeyField"] = SalesforceStandIn.KeyField,
    };
}
