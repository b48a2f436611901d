using FlowLite.Crm.Model;
using FlowLite.Crm.Query;
using Microsoft.Data.Sqlite;

namespace FlowLite.Crm.Storage;

/// <summary>The records on disk: one SQLite file in the data directory, one writer, many readers.</summary>
internal sealed class CrmStore : IAsyncDisposable
{
    private readonly FileStream _ownership;
    private readonly WriterLane _lane;
    private readonly ReaderPool _readers;

    /// <exception cref="IOException">The directory cannot be used, or another process has it open.</exception>
    public CrmStore(string dataDirectory, TimeProvider time)
    {
        Directory.CreateDirectory(dataDirectory);
        // Row versions are counted in memory, so two processes on one file would hand out the same ones.
        _ownership = new FileStream(Path.Combine(dataDirectory, "crm.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            var connectionString = new SqliteConnectionStringBuilder
            {
                DataSource = Path.Combine(dataDirectory, "crm.db"),
                Pooling = false,
            }.ToString();
            _lane = new WriterLane(OpenWriter(connectionString), time);
            _readers = new ReaderPool(connectionString);
        }
        catch
        {
            _ownership.Dispose();
            throw;
        }
    }

    /// <summary>Makes one change durable and says what became of it.</summary>
    /// <exception cref="CrmStorageException">The file could not be written.</exception>
    public Task<CrmWriteResult> WriteAsync(CrmWrite write, CancellationToken cancellation) => _lane.WriteAsync(write, cancellation);

    /// <exception cref="CrmStorageException">The file could not be read.</exception>
    public CrmRecord? Find(CrmEntity entity, Guid id) => _readers.Read(connection =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {CrmSql.SelectList(entity)} FROM {entity.SetName} WHERE {CrmSql.Quote(entity.Id.LogicalName)} = $id";
        command.Parameters.AddWithValue("$id", CrmSql.Parameter(id));
        using var reader = command.ExecuteReader();
        return reader.Read() ? CrmSql.ReadRecord(entity, reader) : null;
    });

    /// <summary>One page of a list, with the count of all that match if the query asks for it.</summary>
    /// <exception cref="CrmStorageException">The file could not be read.</exception>
    public CrmPage List(CrmQuery query) => _readers.Read(connection => ListSql.Read(connection, query));

    public async ValueTask DisposeAsync()
    {
        _readers.Dispose();
        await _lane.DisposeAsync();
        await _ownership.DisposeAsync();
    }

    private static SqliteConnection OpenWriter(string connectionString)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            CrmSql.Execute(connection, "PRAGMA journal_mode = WAL");
            CrmSql.Execute(connection, "PRAGMA synchronous = FULL");
            CrmSchema.Apply(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
