using System.Runtime.InteropServices;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;
using Microsoft.Extensions.Logging;

namespace FlowLite.Persistence.Journal;

/// <summary>
/// The one thread that writes the journal. It takes what has queued up while it committed, commits that in one
/// transaction and completes the waiters: the busier the server, the more share one fsync. Who comes alone doesn't wait for company.
/// </summary>
internal sealed class WriterLane : IDisposable
{
    private const int BatchItems = 512;
    private const int WaitersPerThread = 8;
    private const int BatchBytes = 8 * 1024 * 1024;
    /// <summary>So much at once pushes everything else out of the page cache anyway, and would keep it full.</summary>
    private const int LargeBytes = 4 * 1024 * 1024;
    /// <summary>So many that came during the last commit show that more are on their way.</summary>
    private const int Busy = 4;
    /// <summary>Of so many nobody waits for more.</summary>
    private const int Company = 16;
    /// <summary>A third of what a commit takes on a fast disk.</summary>
    private const uint LingerMicroseconds = 60;

    private readonly string _path;
    private readonly TimeSpan _busyTimeout;
    private readonly Action<int> _pagesWritten;
    private readonly ILogger _logger;
    private readonly Queue<LaneWork> _queue = new();
    private readonly List<LaneWork> _batch = new(BatchItems);
    private readonly Thread _thread;
    private JournalWriter? _writer;
    private volatile bool _checkpointWanted;
    private bool _wasBusy;
    private bool _canSleepBriefly = OperatingSystem.IsLinux();
    private bool _closed;

    /// <exception cref="InvalidOperationException">A newer FlowLite has written the file.</exception>
    /// <exception cref="SqliteError">The file can't be opened.</exception>
    public WriterLane(string path, TimeSpan busyTimeout, Action<int> pagesWritten, ILogger logger)
    {
        _path = path;
        _busyTimeout = busyTimeout;
        _pagesWritten = pagesWritten;
        _logger = logger;
        _writer = new JournalWriter(path, busyTimeout);
        _thread = new Thread(Run) { IsBackground = true, Name = "journal" };
        _thread.Start();
    }

    public ValueTask Enqueue(LaneWork work)
    {
        lock (_queue)
        {
            if (_closed)
            {
                return ValueTask.FromException(new StoreUnavailableException("The store is closed."));
            }

            _queue.Enqueue(work);
            if (_queue.Count == 1)
            {
                Monitor.Pulse(_queue);
            }
        }

        return new ValueTask(work.Task);
    }

    /// <summary>
    /// The lane itself moves the rest of the log to the database before its next batch: while nobody writes, the log can be
    /// emptied and started over. To be called when little is left to move.
    /// </summary>
    public void WantCheckpoint() => _checkpointWanted = true;

    /// <summary>Writes what is queued, moves the log to the database and closes the file.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _closed = true;
            Monitor.Pulse(_queue);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (TakeBatch())
        {
            if (_checkpointWanted)
            {
                _checkpointWanted = false;
                Checkpoint("PASSIVE");
            }

            Commit();
            if (_batch.Exists(static work => work.Bytes >= LargeBytes))
            {
                TidyUp("PRAGMA shrink_memory");
            }
        }

        Checkpoint("TRUNCATE");
        _writer?.Dispose();
    }

    private bool TakeBatch()
    {
        _batch.Clear();
        bool isShort;
        lock (_queue)
        {
            while (_queue.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                Monitor.Wait(_queue);
            }

            isShort = _wasBusy && _queue.Count < Company && !_closed;
            _wasBusy = _queue.Count >= Busy;
        }

        if (isShort)
        {
            AwaitCompany();
        }

        lock (_queue)
        {
            for (var bytes = 0; _batch.Count < BatchItems && bytes < BatchBytes && _queue.TryDequeue(out var work);)
            {
                _batch.Add(work);
                bytes += work.Bytes;
            }

            return true;
        }
    }

    /// <summary>
    /// A moment's sleep makes one commit, with its fsync and its pages, of two, and leaves the core to those who are about to append
    /// (docs/adr/0005). The runtime's timers and monitors know nothing below a millisecond.
    /// </summary>
    private void AwaitCompany()
    {
        if (!_canSleepBriefly)
        {
            return;
        }

        try
        {
            _ = Sleep(LingerMicroseconds);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _canSleepBriefly = false;
        }
    }

    [DllImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sleep(uint microseconds);

    private void Commit()
    {
        try
        {
            Transact(Begin(), _batch);
        }
        catch (NoTransactionException e)
        {
            Refuse(e.InnerException!, 0);
        }
        catch (Exception e)
        {
            Recover(e);
            CommitOneByOne(e);
        }

        Finish();
    }

    /// <summary>
    /// Tells the waiters, several to a thread: what they do next is short, and waking a thread for each of them would cost
    /// more than that.
    /// </summary>
    private void Finish()
    {
        try
        {
            FinishOnThreads();
        }
        catch (OutOfMemoryException)
        {
            // Who has been told already doesn't mind.
            _batch.ForEach(static work => work.Finish());
        }
    }

    private void FinishOnThreads()
    {
        for (var from = 0; from < _batch.Count; from += WaitersPerThread)
        {
            var some = _batch.GetRange(from, Math.Min(WaitersPerThread, _batch.Count - from));
            ThreadPool.UnsafeQueueUserWorkItem(static some => some.ForEach(work => work.Finish()), some, preferLocal: false);
        }
    }

    /// <summary>After a failed batch: what is well gets in, what made it fail fails alone.</summary>
    private void CommitOneByOne(Exception error)
    {
        if (_batch.Count > 1)
        {
            Log.BatchFailed(_logger, error, _batch.Count);
        }

        for (var i = 0; i < _batch.Count; i++)
        {
            var work = _batch[i];
            work.Error = null;
            try
            {
                Transact(Begin(), [work]);
            }
            catch (NoTransactionException e)
            {
                // The others would each wait for the same lock, or fail to open the same file.
                Refuse(e.InnerException!, i);
                return;
            }
            catch (Exception e)
            {
                Recover(e);
                Log.JournalUnavailable(_logger, e, 1);
                work.Error = e is SqliteError { IsCallersFault: false } ? SqliteError.Unavailable(e) : e;
            }
        }
    }

    private void Refuse(Exception error, int from)
    {
        Log.JournalUnavailable(_logger, error, _batch.Count - from);
        for (var i = from; i < _batch.Count; i++)
        {
            _batch[i].Error = SqliteError.Unavailable(error);
        }
    }

    private JournalWriter Begin()
    {
        try
        {
            _writer ??= new JournalWriter(_path, _busyTimeout);
            _writer.Begin();
            return _writer;
        }
        catch (Exception e)
        {
            Recover(e);
            throw new NoTransactionException(e);
        }
    }

    private void Transact(JournalWriter writer, List<LaneWork> batch)
    {
        foreach (var work in batch)
        {
            try
            {
                work.Write(writer);
            }
            catch (Exception e) when (e is RunFenceException or RunRefusedException)
            {
                work.Error = e;
            }
        }

        writer.Commit();
        _pagesWritten(writer.Database.TakePagesWritten());
    }

    /// <summary>Undoes the transaction; when the connection is in doubt, it goes too, and the next batch opens another.</summary>
    private void Recover(Exception error)
    {
        if (_writer is null)
        {
            return;
        }

        var sound = error is not SqliteError { ConnectionIsSound: false };
        try
        {
            _writer.Rollback();
        }
        catch (SqliteError)
        {
            sound = false;
        }

        if (!sound)
        {
            _writer.Dispose();
            _writer = null;
        }
    }

    private void Checkpoint(string mode) => TidyUp($"PRAGMA wal_checkpoint({mode})");

    /// <summary>Nobody waits for it, and nothing is lost when it fails.</summary>
    private void TidyUp(string pragma)
    {
        try
        {
            _writer?.Database.Execute(pragma);
        }
        catch (SqliteError e)
        {
            Log.TidyingFailed(_logger, e, pragma);
        }
    }

    /// <summary>No transaction could be begun.</summary>
    private sealed class NoTransactionException(Exception inner) : Exception(null, inner);
}
