using System.Text.Json;
using Azure.Data.Tables;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>The Azure Table connector before Azurite.</summary>
public sealed class AzureTableConnectorTests(AzureTableConnectorTests.Service service) : IClassFixture<AzureTableConnectorTests.Service>, IDisposable
{
    private static int _tables;
    private static int _keys;
    private readonly string _table = $"Leads{Interlocked.Increment(ref _tables)}";
    private readonly List<CrmConnectors> _made = [];

    public void Dispose() => _made.ForEach(connectors => connectors.Dispose());

    [Fact]
    public async Task Create_TwiceWithOneKey_MakesOneRowAndFindsIt()
    {
        await service.Tables.CreateTableAsync(_table);
        var key = NewKey();

        var first = await CreateAsync("""{"LeadSource":"AzureMarketplace"}""", key);
        var second = await CreateAsync("""{"LeadSource":"AzureMarketplace"}""", key);

        (first.AlreadyExisted, second.AlreadyExisted).Should().Be((false, true));
        first.Id.Should().Be(key.ToString());
        first.Url.Should().EndWith($"/{_table}(PartitionKey='leads',RowKey='{key}')");
        second.StatusCode.Should().Be(409);
        (await RowsAsync()).Should().ContainSingle().Which.RowKey.Should().Be(key.ToString());
    }

    [Fact]
    public async Task Create_OfEveryType_StoresThemAsTheService()
    {
        await service.Tables.CreateTableAsync(_table);

        await CreateAsync("""
            {"CustomerInfo":{"Email":"a@contoso.com"},"Small":5,"Large":5000000000,"Part":1.5,"Yes":true,"None":null,"Text":"日本 😀",
             "Due":"2026-01-31T08:00:00Z","Due@odata.type":"Edm.DateTime","Id":"0a1b2c3d-0000-5000-8000-000000000001","Id@odata.type":"Edm.Guid"}
            """);

        var row = (await RowsAsync()).Single();
        row["CustomerInfo"].Should().Be("""{"Email":"a@contoso.com"}""");
        row["Small"].Should().Be(5);
        row["Large"].Should().Be(5_000_000_000L);
        row["Part"].Should().Be(1.5);
        row["Yes"].Should().Be(true);
        row["Text"].Should().Be("日本 😀");
        row["Due"].Should().Be(new DateTimeOffset(2026, 1, 31, 8, 0, 0, TimeSpan.Zero));
        row["Id"].Should().Be(Guid.Parse("0a1b2c3d-0000-5000-8000-000000000001"));
        row.Should().NotContainKeys("None", "Due@odata.type");
    }

    [Fact]
    public async Task Create_WithoutTheTable_FailsUnlessTheConnectionCreatesTables()
    {
        var refused = await FailAsync(() => CreateAsync("{}"));
        refused.Code.Should().Be("TableNotFound");
        refused.Retryable.Should().BeFalse();
        refused.Message.Should().Contain("let the connection create tables");

        var made = await CreateAsync("{}", connector: Connector(("CreateTables", "yes")));

        made.AlreadyExisted.Should().BeFalse();
        (await RowsAsync()).Should().ContainSingle();
    }

    [Theory]
    [InlineData("""{"RowKey":"1"}""", "InvalidColumn", "'RowKey'")]
    [InlineData("""{"not a name":"1"}""", "InvalidColumn", "no name of a column")]
    [InlineData("""{"Due":"soon","Due@odata.type":"Edm.DateTime"}""", "InvalidValue", "'Due' is no Edm.DateTime")]
    [InlineData("""{"Due":"soon","Due@odata.type":"Edm.Stream"}""", "InvalidValue", "Edm.Stream")]
    public async Task Create_OfWhatNoRowCanHold_FailsBeforeItIsSent(string fields, string code, string message)
    {
        var refused = await FailAsync(() => CreateAsync(fields));

        refused.Code.Should().Be(code);
        refused.Retryable.Should().BeFalse();
        refused.Message.Should().Contain(message);
    }

    [Fact]
    public async Task Create_OfTooMuch_SaysWhichColumnOrHowMuch()
    {
        (await FailAsync(() => CreateAsync($$"""{"Description":"{{new string('x', 32_769)}}"}"""))).Message.Should().Contain("'Description'").And.Contain("32768 characters");
        var many = string.Join(',', Enumerable.Range(0, 253).Select(i => $"\"C{i}\":1"));
        (await FailAsync(() => CreateAsync($"{{{many}}}"))).Message.Should().Contain("252 columns");
        var large = string.Join(',', Enumerable.Range(0, 17).Select(i => $"\"C{i}\":\"{new string('x', 32_768)}\""));
        (await FailAsync(() => CreateAsync($"{{{large}}}"))).Message.Should().Contain("1 MiB");
    }

    [Fact]
    public async Task Create_WithAWrongKey_IsFinalAndShowsNoKey()
    {
        const string wrong = "d3Jvbmcga2V5";

        var refused = await FailAsync(() => CreateAsync("{}", connector: Connector(("ConnectionString", Azurite.ConnectionString(service.Address, wrong)))));

        refused.Retryable.Should().BeFalse();
        refused.Message.Should().Contain("HTTP 403").And.Contain("may have been renewed").And.NotContain(wrong);
    }

    [Fact]
    public async Task Create_WhenNobodyAnswers_IsTriedAgain()
    {
        var failed = await FailAsync(() => CreateAsync("{}", connector: Connector(("ConnectionString", Azurite.ConnectionString(new Uri("http://127.0.0.1:9"))))));

        failed.Code.Should().Be("ConnectionFailed");
        failed.Retryable.Should().BeTrue();
    }

    [Fact]
    public async Task UpdateUpsertGet_OfARow_ChangeClearAndReadIt()
    {
        await service.Tables.CreateTableAsync(_table);
        var connector = Connector();
        var key = RecordKey.ById("row-1");

        var created = await connector.UpsertAsync(new(_table, key, JsonElement.Parse("""{"A":"1","B":"2"}""")), default);
        var changed = await connector.UpsertAsync(new(_table, key, JsonElement.Parse("""{"A":"3"}""")), default);
        await connector.UpdateAsync(new(_table, key, JsonElement.Parse("""{"B":null,"C":7}""")), default);

        (created.Created, changed.Created).Should().Be((true, false));
        var found = await connector.GetAsync(new(_table, key, []), default);
        found!.Columns.GetProperty("A").GetString().Should().Be("3");
        found.Columns.GetProperty("C").GetInt32().Should().Be(7);
        found.Columns.TryGetProperty("B", out _).Should().BeFalse();
        (await connector.GetAsync(new(_table, RecordKey.ById("none"), []), default)).Should().BeNull();
        var stale = await FailAsync(() => connector.UpdateAsync(new(_table, key, JsonElement.Parse("""{"A":"4"}"""), "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""), default).AsTask());
        stale.Code.Should().Be("UpdateConditionNotSatisfied");
        var missing = await FailAsync(() => connector.UpdateAsync(new(_table, RecordKey.ById("none"), JsonElement.Parse("{}")), default).AsTask());
        missing.Code.Should().Be("ResourceNotFound");
    }

    [Fact]
    public async Task Metadata_OfTheAccount_OffersTablesTheMarketplacesColumnsAndThoseThatAreThere()
    {
        await service.Tables.CreateTableAsync(_table);
        await CreateAsync("""{"Campaign":"spring","Score":5}""");
        var connector = Connector();

        (await connector.TestAsync(default)).Should().Be("devstoreaccount1");
        (await connector.EntitiesAsync(default)).Should().Contain(table => table.Name == _table);
        var fields = await connector.FieldsAsync(_table, default);
        fields.Select(field => field.Name).Should().Equal(
            "CustomerInfo", "LeadSource", "ActionCode", "OfferDisplayName", "Description", "CreatedTime", "Campaign", "Score");
        fields[^1].Type.Should().Be(CrmFieldType.WholeNumber);
    }

    [Theory]
    [InlineData("ConnectionString", "nonsense", "can't be read")]
    [InlineData("PartitionKey", "a/b", "partition key")]
    [InlineData("CreateTables", "perhaps", "CreateTables")]
    public void Connection_ThatIsWrong_SaysWhat(string setting, string value, string message)
    {
        var find = () => Connector((setting, value));

        find.Should().Throw<ActivityException>().Where(e => e.Code == "ConnectionInvalid" && e.Message.Contains(message));
    }

    private IConnector Connector(params (string Name, string Value)[] settings)
    {
        var values = new Dictionary<string, string?> { ["ConnectionString"] = Azurite.ConnectionString(service.Address) };
        foreach (var (name, value) in settings)
        {
            values[name] = value;
        }

        var connectors = new CrmConnectors(_ => new ConnectionSettings("azuretable", values), TimeProvider.System);
        _made.Add(connectors);
        return (IConnector)connectors.Find("c")!;
    }

    private Task<CreatedRecord> CreateAsync(string fields, Guid? key = null, IConnector? connector = null) =>
        (connector ?? Connector()).CreateAsync(new("c", _table, JsonElement.Parse(fields), key ?? NewKey(), "create", null), default).AsTask();

    private static Guid NewKey() => new(Interlocked.Increment(ref _keys), 0, 0x5000, [0x80, 0, 0, 0, 0, 0, 0, 0]);

    private async Task<List<TableEntity>> RowsAsync()
    {
        var rows = new List<TableEntity>();
        await foreach (var row in service.Tables.GetTableClient(_table).QueryAsync<TableEntity>())
        {
            rows.Add(row);
        }

        return rows;
    }

    private static async Task<ActivityException> FailAsync<T>(Func<Task<T>> call) => (await call.Should().ThrowAsync<ActivityException>()).Which;

    /// <summary>One for all tests, each with a table of its own.</summary>
    public sealed class Service : IAsyncLifetime
    {
        private Azurite _azurite = null!;

        internal TableServiceClient Tables => _azurite.Client;

        public Uri Address => _azurite.Address;

        public async Task InitializeAsync() => _azurite = await Azurite.StartAsync();

        public Task DisposeAsync()
        {
            _azurite?.Dispose();
            return Task.CompletedTask;
        }
    }
}
