using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FlowLite.Activities.Crm.Sql;

/// <summary>The kinds of connections to databases.</summary>
internal static class SqlSettings
{
    private static readonly ConnectionField KeyColumn = new(
        "KeyColumn", "Key column", "A column of text or uuid with a unique index in each table that flows fill, such as flowlite_key. With it a row is written once; without it see below.", Required: false);

    private static readonly ConnectionField Entities = new("Entities", "Tables", "The tables to offer forms for, separated by commas; all when empty.", Required: false);

    public static ConnectorKind Postgres { get; } = new(
        "postgresql", "PostgreSQL",
        [
            new("Host", "Host", "The database server's name or address."),
            new("Port", "Port", "5432 when empty.", Required: false, Default: "5432"),
            new("Database", "Database", "The database's name."),
            new("User", "User", "May select, insert and update in the tables that flows fill."),
            new("Password", "Password", "The user's.", Required: false, IsSecret: true),
            new("Encryption", "Encryption", "verify-full: TLS with a certificate that fits the host. require: TLS with any. disable: none, for a server on the same machine.", Default: "verify-full", Options: ["verify-full", "require", "disable"]),
            KeyColumn,
            Delivery.Field,
            Entities,
        ],
        [],
        (name, settings, _) => new SqlConnector(name, settings[KeyColumn.Name], Delivery.WithoutKey(name, settings), OpenPostgres(name, settings), new PostgresDialect()));

    public static ConnectorKind Sqlite { get; } = new(
        "sqlite", "SQLite",
        [
            new("File", "File", "The database file, with its whole path. It has to be there."),
            KeyColumn,
            Delivery.Field,
            Entities,
        ],
        [],
        (name, settings, _) => new SqlConnector(name, settings[KeyColumn.Name], Delivery.WithoutKey(name, settings), OpenSqlite(name, settings), new SqliteDialect()));

    private static NpgsqlDataSource OpenPostgres(string connection, ConnectionSettings settings)
    {
        if (settings["Host"] is not { } host || settings["Database"] is not { } database || settings["User"] is not { } user)
        {
            throw ConnectionSettings.Invalid(connection, "its host, database or user is missing");
        }

        // A path is the folder of a socket on the same machine; several servers of one database stand with commas between.
        if (!host.StartsWith('/') && !host.Split(',').All(one => ConnectionSettings.IsHost(one.Trim())))
        {
            throw ConnectionSettings.Invalid(connection, "its host is no name or address of a server");
        }

        if (!int.TryParse(settings["Port"] ?? "5432", NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > 65535)
        {
            throw ConnectionSettings.Invalid(connection, "its port is no number from 1 to 65535");
        }

        return NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder
        {
            Host = host,
            Port = port,
            Database = database,
            Username = user,
            Password = settings["Password"],
            SslMode = (settings["Encryption"] ?? "verify-full") switch { "disable" => SslMode.Disable, "require" => SslMode.Require, _ => SslMode.VerifyFull },
            ApplicationName = "FlowLite",
            Timeout = 15,
            CommandTimeout = 60,
        });
    }

    private static SqliteDataSource OpenSqlite(string connection, ConnectionSettings settings)
    {
        if (settings["File"] is not { } file || !Path.IsPathFullyQualified(file))
        {
            throw ConnectionSettings.Invalid(connection, "its file is missing or not named with its whole path");
        }

        // Opened anew for each call: a pooled handle would go on with a file that was moved away or replaced.
        return new SqliteDataSource(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 10, Pooling = false }.ConnectionString);
    }

    /// <summary>Microsoft.Data.Sqlite has none of its own.</summary>
    private sealed class SqliteDataSource(string connectionString) : DbDataSource
    {
        public override string ConnectionString => connectionString;

        protected override DbConnection CreateDbConnection() => new SqliteConnection(connectionString);
    }
}
