using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using Microsoft.Data.Sqlite;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>Rows in a database, what holds for each kind of it.</summary>
public abstract class SqlConnectorTests : IDisposable
{
    protected static readonly Guid Key = new("0a1b2c3d-0000-5000-8000-000000000001");
    private CrmConnectors? _connectors;

    private protected CrmConnectors Connectors => _connectors ??= new CrmConnectors(name => name == "db" ? Settings(("KeyColumn", "flowlite_key")) : Settings(("WithoutKey", "at-most-once")), TimeProvider.System);

    protected ICrmConnector WithoutKey => Connectors.Find("without key")!;

    private ICrmConnector Connector => Connectors.Find("db")!;

    public void Dispose()
    {
        _connectors?.Dispose();
        SqliteConnection.ClearAllPools();
        GC.SuppressFinalize(this);
    }

    protected static string Table(string key, string time) =>
        $"CREATE TABLE leads(flowlite_key {key} PRIMARY KEY, name varchar(40) NOT NULL, employees integer, hot boolean, at {time}, extra text)";

    protected abstract ConnectionSettings Settings(params (string Name, string Value)[] more);

    protected abstract Task<object?> ExecuteAsync(string sql);

    [Fact]
    public async Task Create_Again_FindsTheRowAndWritesNoOther()
    {
        var first = await CreateAsync("""{"name":"O'Neil; DROP TABLE leads","employees":8,"hot":true,"at":"2026-01-31T08:00:00Z","extra":"\u0001 Zoë"}""");
        var again = await CreateAsync("""{"name":"Another"}""");

        (first.Id, first.AlreadyExisted, again.AlreadyExisted).Should().Be((Key.ToString(), false, true));
        (await ExecuteAsync("SELECT count(*) FROM leads")).Should().Be(1L);
        var row = (await Connector.GetAsync(new GetRecordRequest("leads", RecordKey.ById(Key.ToString()), []), CancellationToken.None))!.Columns;
        (row.GetProperty("name").GetString(), row.GetProperty("employees").GetInt32(), row.GetProperty("extra").GetString()).Should().Be(("O'Neil; DROP TABLE leads", 8, "\u0001 Zoë"));
    }

    [Fact]
    public async Task Create_OfTheSameKeyAtTheSameTime_WritesOneRow()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => CreateAsync("""{"name":"One"}""")));

        made.Count(record => !record.AlreadyExisted).Should().Be(1);
        (await ExecuteAsync("SELECT count(*) FROM leads")).Should().Be(1L);
    }

    [Fact]
    public async Task Get_OfAColumnThatIsNotThere_Fails()
    {
        await CreateAsync("""{"name":"One"}""");

        // SQLite takes a quoted name that it doesn't know for a text, unless a table stands before it.
        var read = async () => await Connector.GetAsync(new GetRecordRequest("leads", RecordKey.ById(Key.ToString()), ["nonsense"]), CancellationToken.None);
        var found = async () => await Connector.GetAsync(new GetRecordRequest("leads", RecordKey.ByColumns(new KeyValuePair<string, JsonElement>("nonsense", Json("\"nonsense\""))), ["name"]), CancellationToken.None);

        (await read.Should().ThrowAsync<ActivityException>()).Which.Code.Should().MatchRegex("^(Sqlite1|42703)$");
        (await found.Should().ThrowAsync<ActivityException>()).Which.Code.Should().MatchRegex("^(Sqlite1|42703)$");
    }

    [Theory]
    [InlineData("""{"nonsense":1}""", "leads")]
    [InlineData("""{"employees":1}""", "leads")]
    [InlineData("""{"name":"x"}""", "nothing")]
    [InlineData("""{"name":"x"}""", "without_key")]
    public async Task Create_ThatTheDatabaseRefuses_IsFinalWithItsOwnCode(string fields, string table)
    {
        await ExecuteAsync("CREATE TABLE without_key(flowlite_key varchar(36), name varchar(20))");

        var create = () => CreateAsync(fields, table);
        (await Connector.CheckKeyAsync(table, anew: true, CancellationToken.None) is null).Should().Be(table == "leads");

        var failure = (await create.Should().ThrowAsync<ActivityException>()).Which;
        failure.Retryable.Should().BeFalse();
        failure.Code.Should().MatchRegex("^(Sqlite1|Sqlite19|42703|23502|42P01|42P10)$");
        failure.Message.Should().Contain("The database of connection 'db'");
    }

    [Fact]
    public async Task Create_WithoutAKeyColumn_WritesARowEachTimeAsTheConnectionSays()
    {
        await ExecuteAsync("CREATE TABLE without_key(name varchar(20) DEFAULT 'nobody')");
        var request = new CreateRecordRequest("without key", "without_key", Json("{}"), Key, "create", null);

        var made = await WithoutKey.CreateAsync(request, CancellationToken.None);
        await WithoutKey.CreateAsync(request with { Fields = Json("""{"name":"One"}""") }, CancellationToken.None);
        var read = async () => await WithoutKey.GetAsync(new GetRecordRequest("without_key", RecordKey.ById(Key.ToString()), []), CancellationToken.None);

        (Connector.CreateEffect("leads"), WithoutKey.CreateEffect("leads")).Should().Be((Effect.Idempotent, Effect.AtMostOnce));
        made.Should().Be(new CreatedRecord("", "without_key", AlreadyExisted: false, 201));
        (await ExecuteAsync("SELECT count(*) FROM without_key WHERE name IN ('nobody', 'One')")).Should().Be(2L);
        (await read.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("InvalidKey");
    }

    [Fact]
    public async Task UpdateAndUpsert_ByIdAndByOtherColumns_ChangeTheRow()
    {
        await CreateAsync("""{"name":"One"}""");
        await ExecuteAsync("CREATE UNIQUE INDEX by_name ON leads(name)");

        var updated = await Connector.UpdateAsync(new UpdateRecordRequest("leads", RecordKey.ById(Key.ToString()), Json("""{"employees":5}""")), CancellationToken.None);
        var upserted = await Connector.UpsertAsync(new UpsertRecordRequest("leads", RecordKey.ByColumns(new KeyValuePair<string, JsonElement>("name", Json("\"One\""))), Json("""{"employees":6}""")), CancellationToken.None);
        var made = await Connector.UpsertAsync(new UpsertRecordRequest("leads", RecordKey.ById("0a1b2c3d-0000-5000-8000-000000000002"), Json("""{"name":"Two"}""")), CancellationToken.None);
        var missing = async () => await Connector.UpdateAsync(new UpdateRecordRequest("leads", RecordKey.ById("0a1b2c3d-0000-5000-8000-000000000009"), Json("{}")), CancellationToken.None);

        (updated.Created, upserted.Created, made.Created).Should().Be((false, false, true));
        (await missing.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("RecordNotFound");
        Convert.ToInt64(await ExecuteAsync("SELECT employees FROM leads WHERE name = 'One'"), System.Globalization.CultureInfo.InvariantCulture).Should().Be(6);
        (await Connector.GetAsync(new GetRecordRequest("leads", RecordKey.ById("0a1b2c3d-0000-5000-8000-000000000009"), ["name"]), CancellationToken.None)).Should().BeNull();
    }

    [Fact]
    public async Task Metadata_OfATable_SaysWhatItsColumnsAre()
    {
        var crm = Connectors.FindMetadata("db")!;

        (await crm.TestAsync(CancellationToken.None)).Should().NotBeEmpty();
        (await crm.EntitiesAsync(CancellationToken.None)).Select(table => table.Name).Should().Contain("leads");
        (await crm.FieldsAsync("leads", CancellationToken.None)).Select(column => $"{column.Name} {column.Type} {column.Requirement} {column.CanCreate}").Should().Equal(
            $"flowlite_key Id None False", "name Text Required True", "employees WholeNumber None True", "hot YesNo None True", "at DateTime None True", $"extra {TextType} None True");
    }

    protected abstract string TextType { get; }

    protected Task<CreatedRecord> CreateAsync(string fields, string table = "leads") =>
        Connector.CreateAsync(new CreateRecordRequest("db", table, Json(fields), Key, "create", null), CancellationToken.None).AsTask();

    private static JsonElement Json(string json) => JsonElement.Parse(json);
}

public sealed class SqliteConnectorTests : SqlConnectorTests, IAsyncLifetime
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("flowlite-sql-").FullName, "crm.db");

    public Task InitializeAsync() => ExecuteAsync(Table("text", "datetime"));

    public Task DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Test_WhileAnotherProcessHoldsTheWriteLock_IsAnOutageThoughTheFileCanBeRead()
    {
        await using var other = new SqliteConnection($"Data Source={_file}");
        await other.OpenAsync();
        await using var begin = other.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        await begin.ExecuteNonQueryAsync();
        var test = async () => await Connectors.FindMetadata("db")!.TestAsync(CancellationToken.None);

        var failure = (await test.Should().ThrowAsync<ActivityException>()).Which;
        (failure.Code, failure.Retryable).Should().Be(("ConnectionFailed", true));
        begin.CommandText = "ROLLBACK";
        await begin.ExecuteNonQueryAsync();
        await test.Should().NotThrowAsync();
    }

    protected override string TextType => "Text";

    protected override ConnectionSettings Settings(params (string Name, string Value)[] more) =>
        new("sqlite", [new("File", _file), .. more.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value))]);

    protected override async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_file}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }
}
