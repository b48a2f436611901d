using System.Threading.Channels;
using FlowLite.Crm.Model;
using Microsoft.Data.Sqlite;

namespace FlowLite.Crm.Storage;

/// <summary>
/// The only writer of the file. It takes what waits, applies it in one transaction and answers after the commit:
/// many callers share one fsync, and a caller that was answered is on the disk.
/// </summary>
internal sealed class WriterLane : IAsyncDisposable
{
    private const int MaxBatch = 512;
    private const int MaxWaiting = 10_000;

    private readonly Channel<Item> _queue = Channel.CreateBounded<Item>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly SqliteConnection _connection;
    private readonly Dictionary<CrmEntity, TableWriter> _tables;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _saveVersion;
    private readonly SqliteCommand _commit;
    private readonly TimeProvider _time;
    private readonly Task _loop;
    private long _version;

    /// <param name="connection">A connection with its schema applied; the lane owns it from here on.</param>
    public WriterLane(SqliteConnection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        _tables = CrmModel.Entities.ToDictionary(entity => entity, entity => new TableWriter(connection, entity));
        _version = CrmSql.ScalarInt64(connection, "SELECT version FROM crm_counter");
        _begin = Prepare("BEGIN IMMEDIATE");
        _saveVersion = Prepare("UPDATE crm_counter SET version = $version", "$version");
        _commit = Prepare("COMMIT");
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Queues one write; the result comes after its commit.</summary>
    /// <exception cref="CrmStorageException">The file could not be written.</exception>
    public async Task<CrmWriteResult> WriteAsync(CrmWrite write, CancellationToken cancellation)
    {
        var item = new Item(write);
        try
        {
            await _queue.Writer.WriteAsync(item, cancellation);
        }
        catch (ChannelClosedException exception)
        {
            throw new CrmStorageException("The CRM is stopping.", exception);
        }

        // Once queued the write happens whether or not the caller still listens.
        return await item.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        foreach (var table in _tables.Values)
        {
            table.Dispose();
        }

        await _begin.DisposeAsync();
        await _saveVersion.DisposeAsync();
        await _commit.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private SqliteCommand Prepare(string sql, string? parameter = null)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        if (parameter is not null)
        {
            command.Parameters.AddWithValue(parameter, DBNull.Value);
        }

        command.Prepare();
        return command;
    }

    private async Task RunAsync()
    {
        var batch = new List<Item>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            Commit(batch);
            batch.Clear();
        }
    }

    private void Commit(List<Item> batch)
    {
        try
        {
            _begin.ExecuteNonQuery();
            foreach (var item in batch)
            {
                Apply(item);
            }

            _saveVersion.Parameters[0].Value = _version;
            _saveVersion.ExecuteNonQuery();
            _commit.ExecuteNonQuery();
        }
        catch (Exception exception)
        {
            Abandon(batch, exception);
            return;
        }

        foreach (var item in batch)
        {
            if (item.Failure is { } failure)
            {
                item.Done.SetException(failure);
            }
            else
            {
                item.Done.SetResult(item.Result);
            }
        }
    }

    private void Apply(Item item)
    {
        try
        {
            var now = _time.GetUtcNow().ToUnixTimeSeconds() * 1000;
            item.Result = _tables[item.Write.Entity].Apply(item.Write, ++_version, now);
        }
        catch (Exception exception) when (!BreaksTransaction(exception))
        {
            // A failed statement has undone itself; its neighbours in the batch are untouched.
            item.Failure = exception;
        }
    }

    /// <summary>Whether SQLite may have rolled the whole transaction back (https://sqlite.org/lang_transaction.html, "Response To Errors").</summary>
    private static bool BreaksTransaction(Exception exception) =>
        exception is SqliteException { SqliteErrorCode: not SQLitePCL.raw.SQLITE_CONSTRAINT and not SQLitePCL.raw.SQLITE_TOOBIG };

    private void Abandon(List<Item> batch, Exception exception)
    {
        try
        {
            CrmSql.Execute(_connection, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite had rolled back by itself, or BEGIN failed: there is no transaction left.
        }

        foreach (var item in batch)
        {
            item.Done.SetException(new CrmStorageException("The CRM's database could not be written.", exception));
        }
    }

    private sealed class Item(CrmWrite write)
    {
        public CrmWrite Write { get; } = write;

        public TaskCompletionSource<CrmWriteResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CrmWriteResult Result { get; set; }

        public Exception? Failure { get; set; }
    }
}
