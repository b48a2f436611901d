using FlowLite.Engine.Runs;
using Microsoft.Extensions.Logging;

namespace FlowLite.Persistence.Journal;

/// <summary>The journal of runs in one SQLite file: one lane writes it, short readers read beside it.</summary>
internal sealed class SqliteRunStore : IRunStore, IDisposable
{
    private readonly Checkpointer _checkpointer;
    private readonly ReaderPool _readers;

    /// <param name="busyTimeout">How long a write waits for another process that writes (a backup, a shell). Default 5 s.</param>
    /// <exception cref="InvalidOperationException">A newer FlowLite has written the file.</exception>
    /// <exception cref="Sqlite.SqliteError">The file can't be opened.</exception>
    public SqliteRunStore(string path, ILogger logger, TimeSpan? busyTimeout = null)
    {
        var timeout = busyTimeout ?? TimeSpan.FromSeconds(5);
        Checkpointer? checkpointer = null;
        Lane = new WriterLane(path, timeout, pages => Volatile.Read(ref checkpointer)?.PagesWritten(pages), logger);
        Volatile.Write(ref checkpointer, new Checkpointer(path, timeout, Lane.WantCheckpoint, logger));
        _checkpointer = checkpointer;
        _readers = new ReaderPool(path, timeout);
    }

    internal WriterLane Lane { get; }

    public ValueTask AppendAsync(RunAppend append) => Lane.Enqueue(new AppendWork(append));

    public ValueTask<StoredRun?> LoadAsync(Guid runId, bool wholeJournal = false) =>
        new(_readers.Read(r => r.Load(runId, wholeJournal, Value)));

    public ValueTask<JournalPart?> ReadJournalAsync(Guid runId, long from) =>
        new(_readers.Read(r => r.Journal(runId, from, Value)));

    public ValueTask<IReadOnlyList<ReadyRun>> ListReadyAsync(string definitionId, IReadOnlySet<Guid> except, int limit, bool children = false) =>
        new(_readers.Read(r => r.ListReady(definitionId, except, limit, children, Value)));

    public ValueTask<RunSummary?> FirstInLineAsync(string definitionId, IReadOnlySet<Guid> except) =>
        new(_readers.Read(r => r.FirstInLine(definitionId, except)));

    public ValueTask<IReadOnlyDictionary<string, long>> CountReadyAsync() => new(_readers.Read(r => r.CountReady()));

    public ValueTask<IReadOnlyList<DueRun>> ListDueAsync(DateTimeOffset now, int limit, DueRun? after = null) =>
        new(_readers.Read(r => r.ListDue(now, limit, after)));

    public ValueTask<DateTimeOffset?> NextTimerAsync(DateTimeOffset now) => new(_readers.Read(r => r.NextTimer(now)));

    public ValueTask<IReadOnlyList<(string DefinitionId, Guid RunId)>> ListAtGateAsync(string gate, IReadOnlySet<Guid> except, int limit) =>
        new(_readers.Read(r => r.ListAtGate(gate, except, limit)));

    public ValueTask<IReadOnlyDictionary<string, long>> CountAtGatesAsync() => new(_readers.Read(r => r.CountAtGates()));

    public async ValueTask<IReadOnlyList<WokenRun>> SendAsync(IReadOnlyList<MailItem> mail)
    {
        IReadOnlyList<WokenRun> woken = [];
        // Tried again after a commit that seemed to fail, it wakes nobody a second time.
        await Lane.Enqueue(new OtherWork(w => woken = [.. woken.Union(w.Mail.Send(null, mail))]));
        return woken;
    }

    public ValueTask<IReadOnlyList<StoredSignal>> ListSignalsAsync(Guid runId) => new(_readers.Read(r => r.Mail.Of(runId)));

    public ValueTask<IReadOnlyList<WokenRun>> ListSignalledAsync() => new(_readers.Read(r => r.Mail.Signalled()));

    public ValueTask<IReadOnlyList<WaitingBookmark>> FindBookmarksAsync(string kind, string? key, string? correlationId, int limit, Guid? runId = null, WaitingBookmark? after = null) =>
        new(_readers.Read(r => r.Mail.Find(kind, key, correlationId, limit, runId, after)));

    public ValueTask<IReadOnlyList<RunSummary>> ListRunsAsync(string? definitionId, RunStatus? status, Guid? before, int limit) =>
        new(_readers.Read(r => r.ListRuns(definitionId, status, before, limit)));

    public ValueTask<RunSummary?> FindRunAsync(Guid runId) => new(_readers.Read(r => r.Find(runId)));

    public ValueTask<RunPage> QueryRunsAsync(RunQuery query) => new(_readers.Read(r => r.Query(query)));

    public async ValueTask<int> DeleteRunsAsync(IReadOnlyCollection<Guid> runIds)
    {
        var deleted = 0;
        await Lane.Enqueue(new OtherWork(w => deleted = runIds.Count(w.Delete)));
        return deleted;
    }

    public async ValueTask<(long Epoch, IReadOnlySet<long> CleanEpochs)> OpenEpochAsync()
    {
        var epoch = 0L;
        await Lane.Enqueue(new OtherWork(w => epoch = w.OpenEpoch()));
        return (epoch, _readers.Read(r => r.CleanEpochs()));
    }

    public ValueTask CloseEpochAsync(long epoch) => Lane.Enqueue(new OtherWork(w => w.CloseEpoch(epoch)));

    public ValueTask AddToInboxAsync(InboxEntry entry) => Lane.Enqueue(new OtherWork(w => w.AddToInbox(entry), entry.Body.Length));

    public ValueTask<IReadOnlyList<InboxEntry>> ListInboxAsync(string? definitionId, Guid? before, int limit) =>
        new(_readers.Read(r => r.Inbox.List(definitionId, before, limit)));

    public ValueTask<InboxEntry?> FindInboxAsync(Guid id) => new(_readers.Read(r => r.Inbox.Find(id)));

    public void Dispose()
    {
        _readers.Dispose();
        // The checkpointer outlives the lane's last commits only as a listener that has stopped; the lane closes last and empties the log.
        _checkpointer.Dispose();
        Lane.Dispose();
    }

    private ReadOnlyMemory<byte> Value(string hash) => _readers.Read(r => r.Value(hash));
}
