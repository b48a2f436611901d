using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Support;
using Microsoft.Data.Sqlite;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>The Tryton connector before a real Tryton server.</summary>
public sealed class TrytonConnectorTests(TrytonConnectorTests.Crm crm) : IClassFixture<TrytonConnectorTests.Crm>, IDisposable
{
    private const string Lead = """{"name":"Some One","email":"someone@contoso.com","phone":"+41446681800","company_name":"Contoso","city":"Boston","description":"Test Microsoft","amount":"12.50","end_date":"2026-12-24"}""";
    private static int _keys;
    private readonly Guid _key = new(Interlocked.Increment(ref _keys), 0, 0x5000, [0x80, 0, 0, 0, 0, 0, 0, 0]);
    private readonly List<CrmConnectors> _made = [];

    public void Dispose() => _made.ForEach(connectors => connectors.Dispose());

    [Fact]
    public async Task Create_OfALead_MakesAnOpportunityAndItsParty()
    {
        var lead = await CreateAsync(Lead);

        lead.AlreadyExisted.Should().BeFalse();
        lead.Url.Should().Be($"{crm.Server.Address}#crm/model/sale.opportunity/{lead.Id}");
        var opportunity = (await OpportunitiesAsync()).Single();
        opportunity.GetProperty("state").GetString().Should().Be("lead");
        opportunity.GetProperty("description").GetString().Should().Be("Test Microsoft");
        opportunity.GetProperty("amount").GetProperty("decimal").GetString().Should().StartWith("12.5");
        opportunity.GetProperty("reference").GetString().Should().Be(_key.ToString());
        var party = (await PartiesAsync()).Single();
        party.GetProperty("name").GetString().Should().Be("Some One");
        party.GetProperty("email").GetString().Should().Be("someone@contoso.com");
        party.GetProperty("phone").GetString()!.Replace(" ", "", StringComparison.Ordinal).Should().Be("+41446681800");
        var address = (await crm.Server.CallAsync("model.party.address.read", new[] { opportunity.GetProperty("address").GetInt32() }, (object)new[] { "party_name", "city", "party" }))[0];
        address.GetProperty("party_name").GetString().Should().Be("Contoso");
        address.GetProperty("city").GetString().Should().Be("Boston");
        address.GetProperty("party").GetInt32().Should().Be(party.GetProperty("id").GetInt32());
    }

    /// <summary>As a marketplace sends it: with Python's phonenumbers beside it, which Debian recommends, Tryton refuses it as a telephone's.</summary>
    [Fact]
    public async Task Create_WithANumberThatTrytonRefuses_KeepsItAsAnotherContact()
    {
        await CreateAsync("""{"name":"Some One","email":"someone@contoso.com","phone":"16175555555","mobile":"call me"}""");

        var party = (await PartiesAsync()).Single();
        party.GetProperty("email").GetString().Should().Be("someone@contoso.com");
        var contacts = await crm.Server.CallAsync(
            "model.party.contact_mechanism.search_read", new[] { new object[] { "party", "=", party.GetProperty("id").GetInt32() } }, 0, null, null, (object)new[] { "type", "name", "value" });
        contacts.EnumerateArray().Select(c => (c.GetProperty("type").GetString(), c.GetProperty("name").GetString(), c.GetProperty("value").GetString())).Should()
            .BeEquivalentTo([("email", null, "someone@contoso.com"), ("other", "phone", "16175555555"), ("other", "mobile", (string?)"call me")]);
    }

    [Fact]
    public async Task Create_TwiceWithOneKey_FindsTheFirst()
    {
        var first = await CreateAsync(Lead);
        var second = await CreateAsync(Lead);

        second.Should().Be(first with { AlreadyExisted = true });
        (await OpportunitiesAsync()).Should().ContainSingle();
        (await PartiesAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Create_WhoseEarlierAttemptEndedAfterTheParty_MakesTheOpportunityOfThatParty()
    {
        var (party, address) = await MakePartyAsync();

        var lead = await CreateAsync(Lead);

        lead.AlreadyExisted.Should().BeFalse();
        (await OpportunitiesAsync()).Single().GetProperty("party").GetInt32().Should().Be(party);
        // What the earlier attempt may still have under way is refused when it comes.
        var late = await crm.Server.AskAsync("model.sale.opportunity.create", new[] { new { party, address, description = "late" } });
        late.TryGetProperty("error", out _).Should().BeTrue();
        (await OpportunitiesAsync()).Should().ContainSingle();
    }

    [Fact]
    public async Task Create_WhoseEarlierAttemptArrived_FindsIt()
    {
        var (party, address) = await MakePartyAsync();
        var made = await crm.Server.CallAsync("model.sale.opportunity.create", new[] { new { party, address, description = "earlier" } });

        var lead = await CreateAsync(Lead);

        lead.AlreadyExisted.Should().BeTrue();
        lead.Id.Should().Be(made[0].GetRawText());
        (await OpportunitiesAsync()).Single().GetProperty("address").GetInt32().Should().Be(address);
    }

    [Theory]
    [InlineData("""{"nope":1}""", "lead", "InvalidColumn", "no column 'nope'")]
    [InlineData("""{"amount":"much"}""", "lead", "InvalidValue", "takes a number, not 'much'")]
    [InlineData("""{"party":1}""", "lead", "InvalidColumn", "'party' can't be given")]
    [InlineData("""{"code":"1"}""", "party.party", "InvalidColumn", "code can't be given")]
    [InlineData("""{"conversion_probability":5}""", "lead", "UserError", "Conversion Probability")]
    public async Task Create_OfWhatTrytonCantTake_IsFinal(string fields, string entity, string code, string message)
    {
        var refused = await FailAsync(() => CreateAsync(fields, entity));

        refused.Code.Should().Be(code);
        refused.Retryable.Should().BeFalse();
        refused.Message.Should().Contain(message);
        (await OpportunitiesAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Create_OfAnyModel_IsMadeAndOfTheEffectThatTheConnectionSays()
    {
        var category = await CreateAsync("""{"name":"From the marketplace"}""", "party.category");

        category.Url.Should().EndWith($"#crm/model/party.category/{category.Id}");
        Connector().CreateEffect("party.category").Should().Be(Effect.AtLeastOnce);
        Connector(("WithoutKey", "at-most-once")).CreateEffect("party.category").Should().Be(Effect.AtMostOnce);
        Connector().CreateEffect("lead").Should().Be(Effect.Idempotent);
        Connector().CreateEffect("party.party").Should().Be(Effect.Idempotent);
    }

    [Fact]
    public async Task Create_AfterTheSessionEnded_SignsInAgain()
    {
        var connector = Connector();
        await connector.TestAsync(default);
        using (var database = new SqliteConnection($"Data Source={crm.Server.DatabaseFile};Pooling=False"))
        {
            await database.OpenAsync();
            using var command = database.CreateCommand();
            command.CommandText = "DELETE FROM ir_session";
            (await command.ExecuteNonQueryAsync()).Should().BePositive();
        }

        (await CreateAsync("""{"name":"x"}""", "party.party", connector)).AlreadyExisted.Should().BeFalse();
    }

    [Fact]
    public async Task Test_WithAWrongPassword_IsFinalAndShowsNoPassword()
    {
        const string wrong = "another password";

        var refused = await FailAsync(() => Connector(("Password", wrong)).TestAsync(default).AsTask());

        refused.Code.Should().Be("LoginRefused");
        refused.Retryable.Should().BeFalse();
        refused.Message.Should().Contain("Check the connection's address, database, user and password").And.NotContain(wrong);
    }

    [Fact]
    public async Task UpdateGetUpsert_OfRecords_ChangeAndReadThem()
    {
        var connector = Connector();
        var lead = RecordKey.ById((await CreateAsync(Lead)).Id);
        var seen = (await connector.GetAsync(new("lead", lead, ["description", "end_date", "amount"]), default))!;
        seen.Columns.GetProperty("end_date").GetString().Should().Be("2026-12-24");
        seen.Columns.GetProperty("amount").GetDecimal().Should().Be(12.5m);

        await connector.UpdateAsync(new("lead", lead, JsonElement.Parse("""{"description":"changed","end_date":null}""")), default);

        var changed = (await connector.GetAsync(new("lead", lead, ["description", "end_date"]), default))!;
        changed.Columns.GetProperty("description").GetString().Should().Be("changed");
        changed.Columns.GetProperty("end_date").ValueKind.Should().Be(JsonValueKind.Null);
        (await connector.GetAsync(new("lead", RecordKey.ById("999999"), []), default)).Should().BeNull();
        (await FailAsync(() => connector.UpdateAsync(new("lead", RecordKey.ById("999999"), JsonElement.Parse("{}")), default).AsTask())).Code.Should().Be("RecordNotFound");

        var code = RecordKey.ByColumns(KeyValuePair.Create("code", JsonElement.Parse($"\"upsert-{_key}\"")));
        (await connector.UpsertAsync(new("party.party", code, JsonElement.Parse("""{"name":"1"}""")), default)).Created.Should().BeTrue();
        (await connector.UpsertAsync(new("party.party", code, JsonElement.Parse("""{"name":"2"}""")), default)).Created.Should().BeFalse();
        (await connector.GetAsync(new("party.party", code, ["name"]), default))!.Columns.GetProperty("name").GetString().Should().Be("2");
    }

    [Fact]
    public async Task Metadata_OfTheServer_OffersLeadsAndModels()
    {
        var connector = Connector();

        var entities = await connector.EntitiesAsync(default);
        entities[0].Name.Should().Be("lead");
        entities.Should().Contain(entity => entity.Name == "sale.opportunity").And.NotContain(entity => entity.Name == "res.user");
        var lead = await connector.FieldsAsync("lead", default);
        lead.Single(field => field.Name == "name").Requirement.Should().Be(CrmRequirement.Required);
        lead.Select(field => field.Name).Should().Contain(["email", "phone", "description", "comment", "amount"]).And.NotContain(["party", "address", "number", "state"]);
        lead.Should().OnlyHaveUniqueItems(field => field.Name);
        lead.Where(field => field.Requirement == CrmRequirement.Required).Select(field => field.Name).Should().Equal("name");
        (await connector.FieldsAsync("party.party", default)).Should().Contain(field => field.Name == "name").And.NotContain(field => field.Name == "code");
    }

    [Fact]
    public async Task Login_IntoADatabaseThatIsNotThere_IsFinalAndSaysSo()
    {
        var failure = await FailAsync(() => CreateAsync("""{"name":"Some One"}""", connector: Connector(("Database", "nonsense"))));

        (failure.Code, failure.Retryable).Should().Be(("LoginRefused", false));
        failure.Message.Should().Contain("no database 'nonsense'").And.NotContain("sqlite");
    }

    private IConnector Connector(params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>
        {
            ["Url"] = crm.Server.Address.ToString(),
            ["Database"] = TrytonServer.Database,
            ["User"] = TrytonServer.User,
            ["Password"] = TrytonServer.Password,
        };
        foreach (var (name, value) in settings)
        {
            values[name] = value;
        }

        var connectors = new CrmConnectors(_ => new ConnectionSettings("tryton", values), TimeProvider.System);
        _made.Add(connectors);
        return (IConnector)connectors.Find("c")!;
    }

    private Task<CreatedRecord> CreateAsync(string fields, string entity = "lead", IConnector? connector = null) =>
        (connector ?? Connector()).CreateAsync(new("c", entity, JsonElement.Parse(fields), _key, "create", null), default).AsTask();

    private async Task<(int Party, int Address)> MakePartyAsync()
    {
        var party = (await crm.Server.CallAsync("model.party.party.create", new[]
        {
            new { name = "Some One", code = _key.ToString(), addresses = new object[] { new object[] { "create", new[] { new { city = "Boston" } } } } },
        }))[0].GetInt32();
        var addresses = await crm.Server.CallAsync("model.party.address.search", new object[] { new object[] { "party", "=", party } });
        return (party, addresses[0].GetInt32());
    }

    private async Task<IReadOnlyList<JsonElement>> PartiesAsync() => [.. (await crm.Server.CallAsync(
        "model.party.party.search_read", new object[] { new object[] { "code", "=", _key.ToString() } }, 0, null, null, new[] { "name", "email", "phone" })).EnumerateArray()];

    private async Task<IReadOnlyList<JsonElement>> OpportunitiesAsync() => [.. (await crm.Server.CallAsync(
        "model.sale.opportunity.search_read", new object[] { new object[] { "party.code", "=", _key.ToString() } }, 0, null, null,
        new[] { "party", "address", "description", "amount", "reference", "state" })).EnumerateArray()];

    private static async Task<ActivityException> FailAsync<T>(Func<Task<T>> call) => (await call.Should().ThrowAsync<ActivityException>()).Which;

    /// <summary>One for all tests, each with a key of its own.</summary>
    public sealed class Crm : IAsyncLifetime
    {
        internal TrytonServer Server { get; private set; } = null!;

        public async Task InitializeAsync() => Server = await TrytonServer.StartAsync();

        public Task DisposeAsync()
        {
            Server?.Dispose();
            return Task.CompletedTask;
        }
    }
}
