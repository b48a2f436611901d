using FlowLite.FunctionalTests.Connectors;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>Rows of a PostgreSQL server with a key column.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class PostgresCrashTests(Postgres postgres) : CrashMatrix, IClassFixture<Postgres>
{
    private protected override async Task<ICrashCrm> StartCrmAsync()
    {
        await postgres.ExecuteAsync("DROP TABLE IF EXISTS leads");
        await postgres.ExecuteAsync("CREATE TABLE leads(flowlite_key uuid PRIMARY KEY, email text NOT NULL, offer text)");
        return new Database(new Uri($"postgres://127.0.0.1:{postgres.Port}"), SettingsOf, async () =>
        {
            await using var connection = new NpgsqlConnection(postgres.ConnectionString);
            await connection.OpenAsync();
            return await Database.EmailsAsync(connection);
        });
    }

    private static Dictionary<string, string> SettingsOf(Uri proxy) => new()
    {
        ["Kind"] = "postgresql",
        ["Host"] = proxy.Host,
        ["Port"] = $"{proxy.Port}",
        ["Database"] = "postgres",
        ["User"] = "flowlite",
        ["Password"] = "pg-secret",
        ["Encryption"] = "disable",
    };
}

/// <summary>Rows of a SQLite file with a key column, in which others write as well.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class SqliteCrashTests : CrashMatrix
{
    // One at a time, and others are in between.
    protected override int Leads => 60;

    private protected override async Task<ICrashCrm> StartCrmAsync()
    {
        var folder = Directory.CreateTempSubdirectory("flowlite-crash-sqlite-").FullName;
        var file = Path.Combine(folder, "crm.db");
        await using (var connection = Open(SqliteOpenMode.ReadWriteCreate))
        {
            await connection.OpenAsync();
            await using var create = connection.CreateCommand();
            create.CommandText = "CREATE TABLE leads(flowlite_key text PRIMARY KEY, email text NOT NULL, offer text)";
            await create.ExecuteNonQueryAsync();
        }

        return new Database(new Uri(file), _ => new() { ["Kind"] = "sqlite", ["File"] = file }, async () =>
        {
            await using var connection = Open(SqliteOpenMode.ReadOnly);
            await connection.OpenAsync();
            return await Database.EmailsAsync(connection);
        }, () => Directory.Delete(folder, recursive: true));

        SqliteConnection Open(SqliteOpenMode mode) => new($"Data Source={file};Mode={mode};Pooling=False");
    }
}

/// <summary>A database that holds leads in a table with a key column.</summary>
internal sealed class Database(Uri address, Func<Uri, Dictionary<string, string>> settings, Func<Task<IReadOnlyList<string>>> emails, Action? dispose = null) : ICrashCrm
{
    public Uri Address => address;

    public (string Entity, IReadOnlyDictionary<string, string> Fields)? Record => ("leads", new Dictionary<string, string>
    {
        ["email"] = "{{ trigger.body.UserDetails.Email }}",
        ["offer"] = "{{ trigger.body.OfferTitle }}",
    });

    public IReadOnlyDictionary<string, string> Connection(Uri proxy) => new Dictionary<string, string>(settings(proxy)) { ["KeyColumn"] = "flowlite_key" };

    public Task<IReadOnlyList<string>> EmailsAsync() => emails();

    public static async Task<IReadOnlyList<string>> EmailsAsync(System.Data.Common.DbConnection connection)
    {
        await using var query = connection.CreateCommand();
        query.CommandText = "SELECT email FROM leads";
        await using var rows = await query.ExecuteReaderAsync();
        var emails = new List<string>();
        while (await rows.ReadAsync())
        {
            emails.Add(rows.GetString(0));
        }

        return emails;
    }

    public ValueTask DisposeAsync()
    {
        dispose?.Invoke();
        return ValueTask.CompletedTask;
    }
}
