using FlowLite.Engine.Runs;
using SQLitePCL;

namespace FlowLite.Persistence.Sqlite;

/// <summary>What SQLite said no to. <paramref name="code"/> is its extended result code.</summary>
internal sealed class SqliteError(int code, string message) : Exception($"SQLite {code}: {message}")
{
    /// <summary>The statement was wrong; every other code means that the file can't be used now (full, busy, I/O error, corrupt…).</summary>
    public bool IsCallersFault => IsCallersFaultCode(code);

    /// <summary>The connection is good for another try: nothing is wrong with it but a full disk or another writer.</summary>
    public bool ConnectionIsSound => IsCallersFault || (code & 0xFF) is raw.SQLITE_FULL or raw.SQLITE_BUSY;

    public static bool IsCallersFaultCode(int code) => (code & 0xFF)
        is raw.SQLITE_ERROR or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_MISUSE or raw.SQLITE_RANGE or raw.SQLITE_TOOBIG;

    public static StoreUnavailableException Unavailable(Exception error) =>
        new($"The store can't be used now: {error.Message}", error);
}
