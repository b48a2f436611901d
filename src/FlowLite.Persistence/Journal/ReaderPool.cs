using System.Collections.Concurrent;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Journal;

/// <summary>Read-only connections with their prepared statements. Reads never block the lane, nor it them.</summary>
internal sealed class ReaderPool(string path, TimeSpan busyTimeout) : IDisposable
{
    private const int Kept = 4;

    private readonly ConcurrentBag<JournalReader> _readers = [];
    private volatile bool _closed;

    /// <exception cref="StoreUnavailableException">The file can't be read now.</exception>
    public T Read<T>(Func<JournalReader, T> read)
    {
        if (_closed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }

        JournalReader? reader = null;
        try
        {
            if (!_readers.TryTake(out reader))
            {
                reader = new JournalReader(path, busyTimeout);
            }

            reader.Begin();
            var result = read(reader);
            reader.End();
            if (_readers.Count < Kept && !_closed)
            {
                _readers.Add(reader);
                reader = null;
            }

            return result;
        }
        catch (SqliteError e) when (!e.IsCallersFault)
        {
            throw SqliteError.Unavailable(e);
        }
        finally
        {
            // Not wanted any more, or in the middle of something that failed.
            reader?.Dispose();
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }
}
