using SQLitePCL;

namespace FlowLite.Persistence.Sqlite;

/// <summary>
/// A prepared statement, kept for as long as its connection. Parameters are numbered from 1, columns from 0.
/// Ids are 16 bytes in big-endian order, so that UUIDv7 sort by time; times are UTC ticks.
/// </summary>
internal sealed class SqliteStatement(sqlite3 connection, sqlite3_stmt statement) : IDisposable
{
    public SqliteStatement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, string? value)
    {
        Check(value is null ? raw.sqlite3_bind_null(statement, parameter) : raw.sqlite3_bind_text(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        // An empty span has no address, which SQLite would take for NULL.
        Check(value.IsEmpty ? raw.sqlite3_bind_zeroblob(statement, parameter, 0) : raw.sqlite3_bind_blob(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(parameter, bytes);
    }

    public SqliteStatement Bind(int parameter, Guid? value) => value is { } id ? Bind(parameter, id) : Bind(parameter, (string?)null);

    public SqliteStatement Bind(int parameter, DateTimeOffset? value) =>
        value is { } time ? Bind(parameter, time.UtcTicks) : Bind(parameter, (string?)null);

    /// <summary>True: a row is there. After false the statement is ready for its next use.</summary>
    public bool Step()
    {
        var result = raw.sqlite3_step(statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        // Reset repeats the step's error; the step's own is reported.
        var message = result == raw.SQLITE_DONE ? null : raw.sqlite3_errmsg(connection).utf8_to_string();
        Reset();
        return message is null ? false : throw new SqliteError(result, message);
    }

    /// <summary>Ends a query that is not read to its end.</summary>
    public void Reset() => raw.sqlite3_reset(statement);

    /// <summary>Runs a statement that changes something; returns how many rows it changed.</summary>
    public int Execute()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(connection);
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;
    public long Long(int column) => raw.sqlite3_column_int64(statement, column);
    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();
    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);
    public byte[] Blob(int column) => raw.sqlite3_column_blob(statement, column).ToArray();
    public Guid Guid(int column) => new(raw.sqlite3_column_blob(statement, column), bigEndian: true);
    public Guid? GuidOrNull(int column) => IsNull(column) ? null : Guid(column);
    public DateTimeOffset Time(int column) => new(Long(column), TimeSpan.Zero);
    public DateTimeOffset? TimeOrNull(int column) => IsNull(column) ? null : Time(column);

    public void Dispose() => statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            throw new SqliteError(result, raw.sqlite3_errmsg(connection).utf8_to_string());
        }
    }
}
