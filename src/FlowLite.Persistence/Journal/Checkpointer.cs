using FlowLite.Persistence.Sqlite;
using Microsoft.Extensions.Logging;

namespace FlowLite.Persistence.Journal;

/// <summary>
/// Moves the write-ahead log to the database beside the commit path, each time that the log has grown by some megabytes.
/// While commits go on it never gets all of it, so the log would grow without end; when it has become long, the
/// lane is asked to move the little that is left, after which SQLite writes the log from its start again.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    private const int PagesBetween = 2_000; // 16 MB
    private const int LongLog = 8_000; // 64 MB

    private readonly string _path;
    private readonly TimeSpan _busyTimeout;
    private readonly Action _laneCheckpoint;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _wanted = new(0);
    private int _pages;
    private volatile bool _stopped;

    /// <param name="laneCheckpoint">Asks the lane.</param>
    public Checkpointer(string path, TimeSpan busyTimeout, Action laneCheckpoint, ILogger logger)
    {
        _path = path;
        _busyTimeout = busyTimeout;
        _laneCheckpoint = laneCheckpoint;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "journal checkpoints" };
        _thread.Start();
    }

    /// <summary>Called by the lane after each commit.</summary>
    public void PagesWritten(int pages)
    {
        _pages += pages;
        if (_pages >= PagesBetween && _wanted.CurrentCount == 0)
        {
            _pages = 0;
            _wanted.Release();
        }
    }

    public void Dispose()
    {
        _stopped = true;
        _wanted.Release();
        _thread.Join();
    }

    private void Run()
    {
        SqliteDatabase? database = null;
        for (_wanted.Wait(); !_stopped; _wanted.Wait())
        {
            try
            {
                database ??= Open();
                if (database.Checkpoint().Log > LongLog)
                {
                    _laneCheckpoint();
                }
            }
            catch (SqliteError e)
            {
                Log.CheckpointFailed(_logger, e);
                database?.Dispose();
                database = null;
            }
        }

        database?.Dispose();
    }

    private SqliteDatabase Open()
    {
        var database = new SqliteDatabase(_path, _busyTimeout);
        // A connection that has read nothing doesn't know yet that the file has a log, and finds nothing to do.
        database.Execute("PRAGMA user_version");
        return database;
    }
}
