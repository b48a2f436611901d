namespace FlowLite.Persistence.Sqlite;

/// <summary>
/// A file's schema as scripts, one for each version of it; a file remembers in <c>user_version</c> how many it has had.
/// A released script is never changed: another one is added (docs/adr/0002).
/// </summary>
internal sealed class SqliteSchema(string pragmas, params string[] scripts)
{
    /// <summary>Sets the connection up and brings the file to this version.</summary>
    /// <exception cref="InvalidOperationException">A newer FlowLite has written the file.</exception>
    /// <exception cref="SqliteError">The file can't be read or written.</exception>
    public void Apply(SqliteDatabase database, string path)
    {
        database.Execute(pragmas);
        if (Version(database, path) == scripts.Length)
        {
            return;
        }

        database.Execute("BEGIN IMMEDIATE");
        try
        {
            // Asked again: another process may have been faster.
            for (var version = Version(database, path); version < scripts.Length; version++)
            {
                database.Execute(scripts[version]);
                database.Execute($"PRAGMA user_version = {version + 1}");
            }

            database.Execute("COMMIT");
        }
        catch
        {
            if (database.InTransaction)
            {
                database.Execute("ROLLBACK");
            }

            throw;
        }
    }

    private long Version(SqliteDatabase database, string path)
    {
        var query = database.Prepare("PRAGMA user_version");
        query.Step();
        var version = query.Long(0);
        query.Reset();
        return version <= scripts.Length
            ? version
            : throw new InvalidOperationException(
                $"{path} has schema version {version}; this FlowLite knows versions up to {scripts.Length}. Start the newer FlowLite that wrote it, or restore a backup.");
    }
}
