using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Activities.Crm.Fitting;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Support;
using Microsoft.Data.Sqlite;
using Npgsql;

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

public sealed class PostgresConnectorTests(Postgres postgres) : SqlConnectorTests, IClassFixture<Postgres>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await ExecuteAsync("DROP TABLE IF EXISTS leads; DROP TABLE IF EXISTS without_key");
        await ExecuteAsync(Table("uuid", "timestamptz"));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task SignIn_WithAWrongPassword_IsForTheAdministrator()
    {
        using var connectors = new CrmConnectors(_ => Connection("wrong", postgres.Port), TimeProvider.System);

        var test = async () => await connectors.FindMetadata("db")!.TestAsync(CancellationToken.None);

        var failure = (await test.Should().ThrowAsync<ActivityException>()).Which;
        (failure.Code, failure.Retryable).Should().Be(("SignInRefused", false));
        failure.Message.Should().Contain("28P01").And.NotContain("wrong");
    }

    [Fact]
    public async Task Database_ThatIsNotThere_IsForTheAdministrator()
    {
        using var connectors = new CrmConnectors(_ => Connection("pg-secret", postgres.Port, ("Database", "nonsense")), TimeProvider.System);

        var test = async () => await connectors.FindMetadata("db")!.TestAsync(CancellationToken.None);

        var failure = (await test.Should().ThrowAsync<ActivityException>()).Which;
        (failure.Code, failure.Retryable, failure.Details!.Value.GetProperty("actBy").GetString()).Should().Be(("3D000", false, "administrator"));
    }

    [Fact]
    public async Task Create_OnAServerThatOnlyReads_IsTriedAgainAndSurelyWroteNothing()
    {
        await ExecuteAsync("DROP ROLE IF EXISTS standby; CREATE ROLE standby LOGIN SUPERUSER PASSWORD 'pg-secret'; ALTER ROLE standby SET default_transaction_read_only = on");
        using var connectors = new CrmConnectors(_ => Connection("pg-secret", postgres.Port, ("User", "standby"), ("KeyColumn", "flowlite_key")), TimeProvider.System);

        var create = async () => await connectors.Find("db")!.CreateAsync(new CreateRecordRequest("db", "leads", JsonElement.Parse("""{"name":"One"}"""), Key, "create", null), CancellationToken.None);

        var failure = (await create.Should().ThrowAsync<ActivityException>()).Which;
        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("ConnectionFailed", true, false));
        failure.Message.Should().Contain("read-only");
    }

    [Fact]
    public async Task Metadata_OfWhatTheDatabaseSetsItself_OffersItToNobodyAndCountsCharacters()
    {
        await ExecuteAsync("""
            CREATE TABLE without_key(flowlite_key uuid UNIQUE, id int GENERATED ALWAYS AS IDENTITY, given int GENERATED BY DEFAULT AS IDENTITY, name varchar(3),
              twice text GENERATED ALWAYS AS (name || name) STORED, tags text[], raw jsonb)
            """);

        var columns = await Connectors.FindMetadata("db")!.FieldsAsync("without_key", CancellationToken.None);
        var fitted = FieldFitting.Fit(JsonElement.Parse("""{"NAME":"😀😀😀x","raw":{"a":"b\u0000"}}"""), columns, new FitPolicies(null, null));
        await Connectors.Find("db")!.CreateAsync(new CreateRecordRequest("db", "without_key", fitted.Fields, Key, "create", null), CancellationToken.None);

        columns.Where(column => column.CanCreate).Select(column => $"{column.Name} {column.Type}").Should().Equal("given WholeNumber", "name Text", "tags Verbatim", "raw Verbatim");
        (await ExecuteAsync("SELECT name || (raw ->> 'a') FROM without_key")).Should().Be("😀😀😀b");
    }

    [Fact]
    public async Task Create_OfTypesThatOnlyTheDatabaseKnows_TakesWhatTheFormGives()
    {
        await ExecuteAsync("""
            CREATE TYPE mood AS ENUM ('sad', 'so-so', 'happy');
            CREATE DOMAIN address AS inet;
            CREATE DOMAIN feeling AS mood;
            CREATE TABLE odd(flowlite_key uuid UNIQUE, raw jsonb, plain json, text_of jsonb, tags text[], grid int[], own text[], flags bit(3), bits varbit(8), host inet, called address,
              other uuid, now mood, later feeling, span interval, at time, day tstzrange, blob bytea, spot point, net cidr, nothing inet, none jsonb)
            """);

        var columns = await Connectors.FindMetadata("db")!.FieldsAsync("odd", CancellationToken.None);
        var fitted = FieldFitting.Fit(JsonElement.Parse("""
            {"raw":{"a":[1,"b"]},"plain":"{\"c\":2}","text_of":"\"x\"","tags":["a","b"],"grid":"[[1,2],[3,4]]","own":"{p,q}","flags":"101","bits":"1","host":"10.0.0.1","called":"::1",
             "other":"019a0000-0000-7000-8000-000000000006","now":"HAPPY","later":"so-so","span":"2 days","at":"08:30","day":"[2026-01-01,2026-02-01)","blob":"\\x0102","spot":"(1,2)","net":"10.0.0.0/8",
             "nothing":"","none":""}
            """), columns, new FitPolicies(null, null));
        await Connectors.Find("db")!.CreateAsync(new CreateRecordRequest("db", "odd", fitted.Fields, Key, "create", null), CancellationToken.None);

        columns.Where(column => column.CanCreate).Should().OnlyContain(column => column.Type == CrmFieldType.Verbatim || column.Type == CrmFieldType.Choice);
        columns.Single(column => column.Name == "later").Options.Select(option => option.Label).Should().Equal("sad", "so-so", "happy");
        (await ExecuteAsync("""
            SELECT concat_ws(' ', raw -> 'a' ->> 1, plain ->> 'c', text_of #>> '{}', tags[2], grid[2][1], own[2], flags, bits, host, called, other, now, later, span, at, upper(day) IS NOT NULL, length(blob), spot[1], net,
              nothing IS NULL, none IS NULL) FROM odd
            """)).Should().Be("b 2 x b 3 q 101 1 10.0.0.1 ::1 019a0000-0000-7000-8000-000000000006 happy so-so 2 days 08:30:00 t 2 2 10.0.0.0/8 t t");
    }

    [Fact]
    public async Task Create_OfListsAndOfJsonInATextWithANul_WritesThemAsTheirColumnsTakeThem()
    {
        await ExecuteAsync("CREATE TABLE lists(flowlite_key uuid UNIQUE, tags text[], grid int[], raw jsonb, plain text)");

        await CreateAsync("""{"tags":["a","b \"q\", {c}\\","NULL",null],"grid":[[1,2],[3,4]],"raw":"{\"a\":\"x\\u0000y\"}","plain":["a",1]}""", "lists");

        (await ExecuteAsync("SELECT tags[2] || tags[3] || cardinality(tags) || grid[2][1] || (raw ->> 'a') || plain FROM lists")).Should().Be("""b "q", {c}\NULL43xy["a",1]""");
    }

    [Fact]
    public async Task Server_ThatIsNotThere_IsTriedAgain()
    {
        using var connectors = new CrmConnectors(_ => Connection("pg-secret", 9), TimeProvider.System);

        var test = async () => await connectors.FindMetadata("db")!.TestAsync(CancellationToken.None);

        var failure = (await test.Should().ThrowAsync<ActivityException>()).Which;
        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("ConnectionFailed", true, false));
    }

    [Fact]
    public async Task Encryption_Required_IsUsedWithAnyCertificate()
    {
        using var connectors = new CrmConnectors(_ => Connection("pg-secret", postgres.Port, ("Encryption", "require")), TimeProvider.System);

        await connectors.FindMetadata("db")!.TestAsync(CancellationToken.None);

        // Its connection is still there for the next call.
        (await ExecuteAsync("SELECT bool_or(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'FlowLite'")).Should().Be(true);
    }

    [Fact]
    public async Task Encryption_ThatIsNotSaid_TakesNoCertificateThatTheMachineDoesNotTrust()
    {
        using var connectors = new CrmConnectors(_ => Connection("pg-secret", postgres.Port, ("Host", "localhost"), ("Encryption", "")), TimeProvider.System);

        var test = async () => await connectors.FindMetadata("db")!.TestAsync(CancellationToken.None);

        var failure = (await test.Should().ThrowAsync<ActivityException>()).Which;
        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("ConnectionFailed", true, false));
        failure.Message.Should().Contain("SSL");
    }

    [Fact]
    public async Task Encryption_Verified_TakesACertificateThatTheMachineTrustsForItsHostAlone()
    {
        var folder = Directory.CreateTempSubdirectory("flowlite-pg-tls-").FullName;
        var certificate = Path.Combine(folder, "trusted.pem");
        await File.WriteAllTextAsync(certificate, postgres.Certificate);
        var settings = new Dictionary<string, string> { ["SSL_CERT_FILE"] = certificate, ["FlowLite__AdminPassword"] = TestServer.Password };
        foreach (var (name, host) in new[] { ("named", "localhost"), ("numbered", "127.0.0.1") })
        {
            foreach (var (setting, value) in new[] { ("Kind", "postgresql"), ("Host", host), ("Port", $"{postgres.Port}"), ("Database", "postgres"), ("User", "flowlite"), ("Password", "pg-secret") })
            {
                settings[$"FlowLite__Connections__{name}__{setting}"] = value;
            }
        }

        using (var server = await ChildProcess.StartAsync("FlowLite.Server", folder, settings))
        {
            using var http = new HttpClient { BaseAddress = server.Address };
            using var login = await http.PostAsJsonAsync("/elsa/api/identity/login", new { username = "admin", password = TestServer.Password });
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await login.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString());

            using var named = await http.PostAsync("/api/connections/named/test", null);
            using var numbered = await http.PostAsync("/api/connections/numbered/test", null);

            (await named.Content.ReadAsStringAsync()).Should().Contain("\"succeeded\":true");
            (await numbered.Content.ReadAsStringAsync()).Should().Contain("\"succeeded\":false").And.Contain("SSL");
        }

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("require")]
    [InlineData("verify-full")]
    public async Task Encryption_OfAServerThatHasNone_SendsNothing(string encryption)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var connectors = new CrmConnectors(_ => Connection("pg-secret", ((IPEndPoint)listener.LocalEndpoint).Port, ("Encryption", encryption)), TimeProvider.System);

        var test = connectors.FindMetadata("db")!.TestAsync(CancellationToken.None).AsTask();
        using var client = await listener.AcceptTcpClientAsync();
        var sent = new byte[1024];
        while (await client.GetStream().ReadAsync(sent) is > 0 and var length)
        {
            length.Should().Be(8, "it is asked for encryption and never sent a sign-in");
            await client.GetStream().WriteAsync("N"u8.ToArray());
        }

        (await FluentActions.Awaiting(() => test).Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("ConnectionFailed");
    }

    [Fact]
    public async Task Create_WhoseConnectionIsCutOff_LeavesItsOutcomeOpen()
    {
        await ExecuteAsync("CREATE TABLE without_key(name varchar(20))");
        await using var other = new NpgsqlConnection(postgres.ConnectionString);
        await other.OpenAsync();
        await using var holds = await other.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("LOCK TABLE without_key", other, holds);
        await command.ExecuteNonQueryAsync();

        var create = WithoutKey.CreateAsync(new CreateRecordRequest("without key", "without_key", JsonElement.Parse("{}"), Key, "create", null), CancellationToken.None).AsTask();
        while (!create.IsCompleted)
        {
            await ExecuteAsync("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT%'");
        }

        var failure = (await FluentActions.Awaiting(() => create).Should().ThrowAsync<ActivityException>()).Which;
        (failure.Code, failure.Retryable, failure.OutcomeUnknown).Should().Be(("ConnectionFailed", true, true));
    }

    [Fact]
    public async Task Create_ThatATriggerKeepsOut_IsNotTakenForARowThatExisted()
    {
        await ExecuteAsync("CREATE OR REPLACE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER keep_out BEFORE INSERT ON leads FOR EACH ROW EXECUTE FUNCTION keep_out()");

        var create = () => CreateAsync("""{"name":"One"}""");

        (await create.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("NotWritten");
    }

    protected override string TextType => "Memo";

    protected override ConnectionSettings Settings(params (string Name, string Value)[] more) => Connection("pg-secret", postgres.Port, more);

    protected override Task<object?> ExecuteAsync(string sql) => postgres.ExecuteAsync(sql);

    // One that is named twice has its last value.
    private static ConnectionSettings Connection(string password, int port, params (string Name, string Value)[] more) => new("postgresql",
    [
        new("Host", "127.0.0.1"), new("Port", $"{port}"), new("Database", "postgres"), new("User", "flowlite"), new("Password", password), new("Encryption", more.Any(setting => setting.Name == "Encryption") ? null : "disable"),
        .. more.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value)),
    ]);
}
