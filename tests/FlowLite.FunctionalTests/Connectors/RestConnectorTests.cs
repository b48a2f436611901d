using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Connectors.StandIns;

namespace FlowLite.FunctionalTests.Connectors;

public sealed class RestConnectorTests : StandInTestBase
{
    private RestStandIn _api = null!;

    public override async Task InitializeAsync() => _api = await RestStandIn.StartAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task Create_KeyInAHeader_SendsTheShapeAndReadsTheId()
    {
        var (crm, _) = Connect();

        var record = await CreateAsync(crm, "leads", """{"email":"a@b.c","city":"Köln","rating":null}""");

        record.Should().Be(new CreatedRecord("1000", $"{_api.Url}/v2/leads/1000", AlreadyExisted: false, 201));
        var call = _api.Calls.Single();
        JsonElement.DeepEquals(JsonElement.Parse(call.Body), JsonElement.Parse("""{"data":{"type":"lead","attributes":{"email":"a@b.c","address":{"city":"Köln"}}}}""")).Should().BeTrue(call.Body);
        call.Headers["Idempotency-Key"].Should().Be(Key.ToString());
        call.Headers["Authorization"].Should().Be($"Bearer {RestStandIn.Secret}");
    }

    [Theory]
    [InlineData("leads", 200)]
    [InlineData("people", 200)]
    [InlineData("contacts", 409)]
    public async Task Create_AnswerLost_IsFoundByItsKey(string table, int status)
    {
        var (crm, _) = Connect();
        crm.CreateEffect(table).Should().Be(Effect.Idempotent);
        _api.LoseAnswers = 1;

        var failure = await FailAsync(() => CreateAsync(crm, table, """{"email":"a@b.c"}"""));
        var record = await CreateAsync(crm, table, """{"email":"a@b.c"}""");

        failure.Retryable.Should().BeTrue();
        failure.OutcomeUnknown.Should().BeTrue();
        record.AlreadyExisted.Should().BeTrue();
        record.StatusCode.Should().Be(status);
        _api.Records.Should().ContainSingle();
        record.Id.Should().Be(_api.Records[0]["$id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Create_409OfAnotherRecord_IsRefused()
    {
        var (crm, _) = Connect();
        await CreateAsync(crm, "contacts", """{"email":"a@b.c"}""", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        var failure = await FailAsync(() => CreateAsync(crm, "contacts", """{"email":"a@b.c"}"""));

        (failure.Code, failure.Retryable).Should().Be(("duplicate", false));
        failure.Message.Should().Contain("There is one like it");
    }

    [Theory]
    [InlineData("\"path\": \"/v2/contacts?external_id={key}\"", "the key anywhere in the answer is proof")]
    [InlineData("\"path\": \"/v2/contacts?external_id={key}\", \"key\": \"/data/0/external_id\"", "the key where it should be is proof")]
    public async Task Create_RefusedAndFindHasNoId_NeedsTheKeyInTheAnswer(string find, string because)
    {
        var (crm, _) = Connect(("Tables", RestStandIn.Tables.Replace("\"path\": \"/v2/contacts?external_id={key}\", \"id\": \"/data/0/id\"", find, StringComparison.Ordinal)));
        var other = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        await CreateAsync(crm, "contacts", """{"email":"a@b.c"}""", other);

        var refused = await FailAsync(() => CreateAsync(crm, "contacts", """{"email":"a@b.c"}"""));
        var repeated = await CreateAsync(crm, "contacts", """{"email":"a@b.c"}""", other);

        refused.Code.Should().Be("duplicate", "an empty list is JSON too, and no proof");
        repeated.AlreadyExisted.Should().BeTrue(because);
    }

    [Fact]
    public async Task Create_FindGivesAnotherRecord_IsRefusedByItsKey()
    {
        // An API that doesn't know the parameter may answer with all that it has.
        var (crm, _) = Connect(("Tables", RestStandIn.Tables.Replace("external_id={key}\", \"id\": \"/data/0/id\"", "email=a@b.c&external_id={key}\", \"id\": \"/data/0/id\", \"key\": \"/data/0/external_id\"", StringComparison.Ordinal)));
        await CreateAsync(crm, "contacts", """{"email":"a@b.c"}""", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        (await FailAsync(() => CreateAsync(crm, "contacts", """{"email":"a@b.c"}"""))).Code.Should().Be("duplicate");
    }

    [Theory]
    [InlineData(null, Effect.AtLeastOnce)]
    [InlineData("at-most-once", Effect.AtMostOnce)]
    public void CreateEffect_KeyIsNotEnforced_IsWhatTheConnectionChose(string? choice, Effect effect)
    {
        var (crm, _) = Connect(("WithoutKey", choice));

        crm.CreateEffect("notes").Should().Be(effect);
    }

    [Fact]
    public async Task Create_WithoutEnforcedKey_StillSendsTheKey()
    {
        var (crm, _) = Connect();

        (await CreateAsync(crm, "notes", """{"email":"a@b.c"}""")).Id.Should().Be("1000");

        _api.Records.Single()["ref"]!.GetValue<string>().Should().Be(Key.ToString());
    }

    [Theory]
    [InlineData(400, false, "author")]
    [InlineData(401, false, "administrator")]
    [InlineData(403, false, "administrator")]
    [InlineData(404, false, "administrator")]
    [InlineData(408, true, "crm")]
    [InlineData(422, false, "author")]
    [InlineData(429, true, "crm")]
    [InlineData(503, true, "crm")]
    [InlineData(302, false, "administrator")]
    public async Task Create_Status_SaysWhetherToTryAgainAndWhoHasToAct(int status, bool retryable, string who)
    {
        var (crm, _) = Connect();
        _api.Refusals.Enqueue(new Answer(status, """{"error":{"code":"E1","message":"Words of rest-secret."}}""", ("Retry-After", "7")));

        var failure = await FailAsync(() => CreateAsync(crm, "leads", """{"email":"a@b.c"}"""));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be(("E1", retryable, who));
        failure.RetryAfter.Should().Be(retryable ? TimeSpan.FromSeconds(7) : null);
        failure.OutcomeUnknown.Should().Be(status == 503);
        failure.Message.Should().Contain("Words of ***");
        failure.Details!.Value.GetRawText().Should().NotContain(RestStandIn.Secret);
    }

    [Theory]
    [InlineData("""{"error":"invalid","error_description":"No."}""", "invalid", "No")]
    [InlineData("""{"errors":[{"code":7,"detail":"Seven."}]}""", "7", "Seven")]
    [InlineData("""{"title":"Bad","detail":"Worse.","status":400}""", "Http400", "Worse")]
    [InlineData("""[{"errorCode":"X","message":"Y"}]""", "X", "Y")]
    [InlineData("""{"errors":["Too long"]}""", "Http400", "Too long")]
    [InlineData("<html>", "Http400", "HTTP 400")]
    public async Task Create_ErrorBody_KeepsTheCrmsCodeAndWords(string body, string code, string words)
    {
        var (crm, _) = Connect();
        _api.Refusals.Enqueue(new Answer(400, body));

        var failure = await FailAsync(() => CreateAsync(crm, "leads", """{"email":"a@b.c"}"""));

        failure.Code.Should().Be(code);
        failure.Message.Should().Contain(words);
    }

    [Theory]
    [InlineData(200, "<html>Under maintenance</html>")]
    [InlineData(200, "")]
    [InlineData(201, """{"data":[]}""")]
    public async Task Create_ASuccessWithoutTheRecordsId_IsNoneAndTriedAgain(int status, string body)
    {
        var (crm, _) = Connect();
        _api.Refusals.Enqueue(new Answer(status, body));

        var failure = await FailAsync(() => CreateAsync(crm, "leads", """{"email":"a@b.c"}"""));

        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("UnexpectedAnswer", true, true));
    }

    [Theory]
    [InlineData("QUOTE\"se/cret 1", "QUOTE\\\"se/cret 1")]
    [InlineData("SLASH/secret88==", "SLASH\\/secret88==")]
    [InlineData("a blank+plus", "a+blank%2Bplus")]
    [InlineData("a blank+plus", "a%20blank%2bplus")]
    public async Task Create_ErrorThatRepeatsTheSecret_IsMaskedHoweverItIsWritten(string secret, string written)
    {
        var (crm, _) = Connect(("Secret", secret));
        _api.Refusals.Enqueue(new Answer(400, $$"""{"error":{"code":"E1","message":"Not {{written}}"} }"""));

        var failure = await FailAsync(() => CreateAsync(crm, "leads", """{"email":"a@b.c"}"""));

        failure.Message.Should().Contain("Not ***");
        failure.Details!.Value.GetProperty("error").ToString().Should().NotContain(secret).And.NotContain(written);
    }

    [Fact]
    public async Task Create_WithAContentTypeOfItsOwn_SendsThat()
    {
        var tables = """{"notes":{"create":{"path":"/v2/notes","headers":{"Content-Type":"application/vnd.api+json"} } } }""";
        var (crm, _) = Connect(("Tables", tables));

        await CreateAsync(crm, "notes", """{"email":"a@b.c"}""");

        _api.Calls.Single().Headers["Content-Type"].Should().Be("application/vnd.api+json");
    }

    [Theory]
    [InlineData("bearer", "Secret", RestStandIn.Secret)]
    [InlineData("header", "Header", "X-Api-Key")]
    [InlineData("basic", "UserName", RestStandIn.ClientId)]
    public async Task Test_EachWayToSignIn_Works(string kind, string field, string value)
    {
        var (_, metadata) = Connect(("SignIn", kind), (field, value));

        (await metadata.TestAsync(CancellationToken.None)).Should().Contain("/v2/me");
    }

    [Fact]
    public async Task OAuth_TokenRefused_IsRenewedOnce()
    {
        var (crm, metadata) = Connect(("SignIn", "oauth"), ("TokenUrl", $"{_api.Url}/token"), ("ClientId", RestStandIn.ClientId));
        (await metadata.TestAsync(CancellationToken.None)).Should().Be(RestStandIn.ClientId);
        _api.EndToken();

        await CreateAsync(crm, "leads", """{"email":"a@b.c"}""");

        _api.Calls.Count(call => call.Path == "/token").Should().Be(2);
        _api.Records.Should().ContainSingle();
    }

    [Fact]
    public async Task OAuth_WrongSecret_IsFinalAndMasked()
    {
        var (crm, _) = Connect(("SignIn", "oauth"), ("TokenUrl", $"{_api.Url}/token"), ("ClientId", "other"));

        var failure = await FailAsync(() => CreateAsync(crm, "leads", """{"email":"a@b.c"}"""));

        (failure.Code, failure.Retryable).Should().Be(("TokenRefused", false));
    }

    [Fact]
    public async Task Fields_DescribedAndListed_AreOneListOverAllPages()
    {
        var (_, metadata) = Connect();

        var fields = await metadata.FieldsAsync("leads", CancellationToken.None);

        fields.Select(field => $"{field.Name} {field.Type} {field.Requirement}").Should().Equal(
            "email Text Required", "city Text None", "rating Choice None", "name Text Required", "revenue Number None");
        fields[2].Options.Select(option => option.Label).Should().Equal("hot", "Cold");
        (await metadata.EntitiesAsync(CancellationToken.None)).Select(table => $"{table.Name} {table.DisplayName}").Should().Equal("leads Lead", "people people", "contacts contacts", "offers offers", "notes notes");
    }

    [Fact]
    public async Task OData_Metadata_GivesTheColumnsAndTheCreateItsId()
    {
        var (crm, metadata) = Connect();

        var fields = await metadata.FieldsAsync("offers", CancellationToken.None);
        var record = await CreateAsync(crm, "offers", """{"Title":"One"}""");

        fields.Select(field => $"{field.Name} {field.Type} {field.Requirement} {field.CanCreate}").Should().Equal(
            "Title Text Required True", "Rating Choice None True", "Amount Number None True", "Made DateTime None False", "Id Id None False");
        fields[0].MaxLength.Should().Be(40);
        fields[1].Options.Select(option => option.Label).Should().Equal("Hot", "Cold");
        record.Id.Should().Be("1000");
    }

    [Fact]
    public async Task GetUpdateUpsert_GoWhereTheTableSays()
    {
        var (crm, _) = Connect();
        var lead = await CreateAsync(crm, "leads", """{"email":"a@b.c"}""");

        (await crm.UpdateAsync(new UpdateRecordRequest("leads", RecordKey.ById(lead.Id), JsonElement.Parse("""{"name":"N"}""")), CancellationToken.None)).StatusCode.Should().Be(204);
        var found = await crm.GetAsync(new GetRecordRequest("leads", RecordKey.ById(lead.Id), ["name"]), CancellationToken.None);
        found!.Columns.GetRawText().Should().Be("""{"name":"N"}""");
        (await crm.GetAsync(new GetRecordRequest("leads", RecordKey.ById("77"), []), CancellationToken.None)).Should().BeNull();

        var made = await crm.UpsertAsync(new UpsertRecordRequest("contacts", By("email", "x/y@z"), JsonElement.Parse("""{"name":"N"}""")), CancellationToken.None);
        var again = await crm.UpsertAsync(new UpsertRecordRequest("contacts", By("email", "x/y@z"), JsonElement.Parse("""{"name":"M"}""")), CancellationToken.None);
        (made.Created, again.Created).Should().Be((true, false));
        (await crm.GetAsync(new GetRecordRequest("contacts", By("email", "nobody"), []), CancellationToken.None)).Should().BeNull("its list is empty");
        (await FailAsync(() => crm.GetAsync(new GetRecordRequest("contacts", By("email", ".."), []), CancellationToken.None).AsTask())).Code.Should().Be("InvalidKey");
        (await FailAsync(() => crm.GetAsync(new GetRecordRequest("notes", RecordKey.ById("1"), []), CancellationToken.None).AsTask())).Code.Should().Be("NotSupported");
    }

    [Theory]
    [InlineData("""{""", "tables can't be read")]
    [InlineData("""{}""", "no table")]
    [InlineData("""{"leads":{}}""", "create")]
    [InlineData("""{"leads":{"create":{"path":"x"}}}""", "begin with /")]
    [InlineData("""{"leads":{"create":{"path":"/x","methd":"PUT"}}}""", "methd")]
    [InlineData("""{"leads":{"create":{"path":"/x","method":"DELETE"}}}""", "method")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"key":{"enforced":true}}}""", "place")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"key":{"header":"Idempotency Key","enforced":true}}}""", "no name of a header")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"key":{"header":"Content-MD5","enforced":true}}}""", "no name of a header")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"key":{"field":"","enforced":true}}}""", "empty")]
    [InlineData("""{"leads":{"create":{"path":"/x","exists":[409]}}}""", "enforced")]
    [InlineData("""{"leads":{"create":{"path":"/x","exists":[409]},"key":{"field":"k","enforced":true}}}""", "find")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"fields":[{"name":"a","type":"blob"}]}}""", "blob")]
    [InlineData("""{"le ads":{"create":{"path":"/x"}}}""", "no name of a table")]
    [InlineData("""{"leads":{"create":null}}""", "create")]
    [InlineData("""{"leads":{"create":{"path":null}}}""", "path")]
    [InlineData("""{"leads":{"create":{"path":"/x","headers":null}}}""", "headers")]
    [InlineData("""{"leads":{"create":{"path":"/x","headers":{"A":null}}}}""", "'A' needs a text")]
    [InlineData("""{"leads":{"create":{"path":"/x","headers":{"A b":"c"}}}}""", "name that none can have")]
    [InlineData("""{"leads":{"create":{"path":"/x","headers":{"A":"b\r\nC: d"}}}}""", "'A' needs a text")]
    [InlineData("""{"leads":{"create":{"path":"/x","exists":null}}}""", "exists")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"key":null}}""", "key")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"fields":null}}""", "fields")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"fields":[null]}}""", "null")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"fields":[{"name":null}]}}""", "name")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"fields":[{"name":"a","type":null}]}}""", "type")]
    [InlineData("""{"leads":{"create":{"path":"/x"},"fieldList":{"path":"/y","items":null}}}""", "items")]
    [InlineData("""{"leads":{"create":{"path":"/x#y"}}}""", "fragment")]
    [InlineData("""{"leads":{"create":{"path":"/x","exists":[409],"find":{"path":"/x/{key}","key":"a"}},"key":{"field":"k","enforced":true}}}""", "its key is a JSON pointer")]
    public async Task Tables_ThatAreWrong_AreRefusedWithTheReason(string tables, string reason)
    {
        var failure = await FailAsync(() => Task.Run(() => Connect(("Tables", tables))));

        failure.Code.Should().Be("ConnectionInvalid");
        failure.Message.Should().Contain(reason);
    }

    private (ICrmConnector Crm, ICrmMetadata Metadata) Connect(params (string Name, string? Value)[] changed) => Connect("rest", Settings(_api.Url), changed);

    internal static Dictionary<string, string?> Settings(string url) => new()
    {
        ["Url"] = url,
        ["SignIn"] = "bearer",
        ["Secret"] = RestStandIn.Secret,
        ["TestPath"] = "/v2/me",
        ["Tables"] = RestStandIn.Tables,
    };
}
