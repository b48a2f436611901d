using SQLitePCL;

namespace FlowLite.Persistence.Sqlite;

/// <summary>
/// One connection with its prepared statements, straight on SQLite's C API: per row ADO.NET's commands cost more than
/// the row does. Used by one thread at a time.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int PagesWritten = 9; // SQLITE_DBSTATUS_CACHE_WRITE

    private readonly sqlite3 _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = [];

    static SqliteDatabase() => Batteries_V2.Init();

    /// <exception cref="SqliteError">The file can't be opened.</exception>
    public SqliteDatabase(string path, TimeSpan busyTimeout, bool readOnly = false)
    {
        var mode = readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE;
        var result = raw.sqlite3_open_v2(path, out _connection, mode | raw.SQLITE_OPEN_NOMUTEX, null);
        if (result != raw.SQLITE_OK)
        {
            var message = raw.sqlite3_errmsg(_connection).utf8_to_string();
            _connection.Dispose();
            throw new SqliteError(result, $"{message}: {path}");
        }

        raw.sqlite3_extended_result_codes(_connection, 1);
        raw.sqlite3_busy_timeout(_connection, (int)busyTimeout.TotalMilliseconds);
    }

    public bool InTransaction => raw.sqlite3_get_autocommit(_connection) == 0;

    /// <summary>The statement for this text, prepared once.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var prepared))
        {
            Check(raw.sqlite3_prepare_v3(_connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
            prepared = new SqliteStatement(_connection, statement);
            _statements.Add(sql, prepared);
        }

        return prepared;
    }

    /// <summary>Runs a script of statements; rows that they return are dropped.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(_connection, sql));

    /// <summary>Fills a blob of the row that was inserted last; it was inserted with as many bytes.</summary>
    public void WriteBlob(string table, string column, ReadOnlySpan<byte> bytes)
    {
        Check(raw.sqlite3_blob_open(_connection, "main", table, column, raw.sqlite3_last_insert_rowid(_connection), 1, out var blob));
        using (blob)
        {
            Check(raw.sqlite3_blob_write(blob, bytes, 0));
        }
    }

    /// <summary>Moves what it can from the write-ahead log to the database without waiting for anybody.</summary>
    /// <returns>Pages in the log, and how many of them are in the database now.</returns>
    public (int Log, int Done) Checkpoint()
    {
        var result = raw.sqlite3_wal_checkpoint_v2(_connection, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var log, out var done);
        // Busy: another checkpoint is under way and does the work.
        if (result != raw.SQLITE_BUSY)
        {
            Check(result);
        }

        return (log, done);
    }

    /// <summary>Pages written to the log since this was last asked.</summary>
    public int TakePagesWritten()
    {
        _ = raw.sqlite3_db_status(_connection, PagesWritten, out var pages, out _, 1);
        return pages;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw new SqliteError(result, raw.sqlite3_errmsg(_connection).utf8_to_string());
        }
    }
}
