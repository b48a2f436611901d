using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace FlowLite.Crm.Storage;

/// <summary>
/// Open read-only connections, reused. The driver's own pool forgets collations and functions when a connection goes back,
/// so ours keeps them registered.
/// </summary>
internal sealed class ReaderPool(string connectionString) : IDisposable
{
    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private volatile bool _closed;

    /// <summary>Runs <paramref name="read"/> on a connection, inside one transaction: all that it sees is of one moment.</summary>
    /// <exception cref="CrmStorageException">The file could not be read.</exception>
    public T Read<T>(Func<SqliteConnection, T> read)
    {
        SqliteConnection? connection = null;
        try
        {
            connection = _idle.TryTake(out var idle) ? idle : Open();
            CrmSql.Execute(connection, "BEGIN");
            var result = read(connection);
            CrmSql.Execute(connection, "COMMIT");
            Return(connection);
            return result;
        }
        catch (Exception exception)
        {
            // Its state is unknown: closing it ends whatever was open on it.
            connection?.Dispose();
            if (exception is SqliteException)
            {
                throw new CrmStorageException("The CRM's database could not be read.", exception);
            }

            throw;
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_idle.TryTake(out var connection))
        {
            connection.Dispose();
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.CreateCollation(CrmSql.TextCollation, (left, right) => string.Compare(left, right, StringComparison.OrdinalIgnoreCase));
        AddFunction(connection, "contains", (text, part) => text.Contains(part, StringComparison.OrdinalIgnoreCase));
        AddFunction(connection, "startswith", (text, part) => text.StartsWith(part, StringComparison.OrdinalIgnoreCase));
        AddFunction(connection, "endswith", (text, part) => text.EndsWith(part, StringComparison.OrdinalIgnoreCase));
        connection.Open();
        CrmSql.Execute(connection, "PRAGMA query_only = 1");
        return connection;
    }

    private static void AddFunction(SqliteConnection connection, string name, Func<string, string, bool> test) =>
        connection.CreateFunction(CrmSql.TextFunction(name), (string? text, string part) => text is not null && test(text, part), isDeterministic: true);

    private void Return(SqliteConnection connection)
    {
        if (_closed)
        {
            connection.Dispose();
            return;
        }

        _idle.Add(connection);
    }
}
