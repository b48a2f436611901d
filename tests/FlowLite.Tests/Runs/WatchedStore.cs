using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Where a run's executor dies.</summary>
internal enum CrashPoint
{
    BeforeTheCommit,
    /// <summary>Stored, but the executor never learns of it.</summary>
    AfterTheCommit,
}

/// <summary>
/// A memory store that compares, at each append, the executor's state (its snapshot) with the fold of all the bytes stored so far,
/// and that can fail one append as a crash would.
/// </summary>
internal sealed class WatchedStore(params CompiledWorkflow[] workflows) : RunStoreDecorator(new MemoryRunStore())
{
    private int _crashAt = -1;
    private CrashPoint _point;

    public int Appends { get; private set; }
    public int Compared { get; private set; }

    public void CrashAt(int append, CrashPoint point) => (_crashAt, _point) = (append, point);

    public override async ValueTask AppendAsync(RunAppend append)
    {
        var crash = ++Appends == _crashAt;
        if (crash && _point == CrashPoint.BeforeTheCommit)
        {
            throw new StoreUnavailableException("crash");
        }

        await base.AppendAsync(append);
        await CompareAsync(append);
        if (crash)
        {
            throw new StoreUnavailableException("crash");
        }
    }

    private async Task CompareAsync(RunAppend append)
    {
        if (append.Snapshot is not { } snapshot)
        {
            return;
        }

        var stored = (await LoadAsync(append.RunId, wholeJournal: true))!;
        var workflow = Array.Find(workflows, w => w.Definition.Id == append.Summary.VersionId)!;
        var folded = RunDecider.Fold(workflow, append.RunId, stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)));
        var executors = System.Text.Encoding.UTF8.GetString(snapshot.Span);
        System.Text.Encoding.UTF8.GetString(RunStateJson.Write(folded, [])).Should().Be(executors);
        Compared++;
    }
}

internal abstract class RunStoreDecorator(IRunStore inner) : IRunStore
{
    public virtual ValueTask AppendAsync(RunAppend append) => inner.AppendAsync(append);
    public ValueTask<StoredRun?> LoadAsync(Guid runId, bool wholeJournal = false) => inner.LoadAsync(runId, wholeJournal);
    public ValueTask<JournalPart?> ReadJournalAsync(Guid runId, long from) => inner.ReadJournalAsync(runId, from);
    public ValueTask<IReadOnlyList<ReadyRun>> ListReadyAsync(string definitionId, IReadOnlySet<Guid> except, int limit, bool children = false) => inner.ListReadyAsync(definitionId, except, limit, children);
    public virtual ValueTask<RunSummary?> FirstInLineAsync(string definitionId, IReadOnlySet<Guid> except) => inner.FirstInLineAsync(definitionId, except);
    public ValueTask<IReadOnlyDictionary<string, long>> CountReadyAsync() => inner.CountReadyAsync();
    public ValueTask<IReadOnlyList<DueRun>> ListDueAsync(DateTimeOffset now, int limit, DueRun? after = null) => inner.ListDueAsync(now, limit, after);
    public ValueTask<DateTimeOffset?> NextTimerAsync(DateTimeOffset now) => inner.NextTimerAsync(now);
    public virtual ValueTask<IReadOnlyList<(string DefinitionId, Guid RunId)>> ListAtGateAsync(string gate, IReadOnlySet<Guid> except, int limit) => inner.ListAtGateAsync(gate, except, limit);

    public virtual ValueTask<IReadOnlyDictionary<string, long>> CountAtGatesAsync() => inner.CountAtGatesAsync();

    public ValueTask<IReadOnlyList<WokenRun>> SendAsync(IReadOnlyList<MailItem> mail) => inner.SendAsync(mail);
    public ValueTask<IReadOnlyList<StoredSignal>> ListSignalsAsync(Guid runId) => inner.ListSignalsAsync(runId);
    public ValueTask<IReadOnlyList<WokenRun>> ListSignalledAsync() => inner.ListSignalledAsync();
    public ValueTask<IReadOnlyList<WaitingBookmark>> FindBookmarksAsync(string kind, string? key, string? correlationId, int limit, Guid? runId = null, WaitingBookmark? after = null) =>
        inner.FindBookmarksAsync(kind, key, correlationId, limit, runId, after);
    public ValueTask<IReadOnlyList<RunSummary>> ListRunsAsync(string? definitionId, RunStatus? status, Guid? before, int limit) => inner.ListRunsAsync(definitionId, status, before, limit);
    public ValueTask<RunSummary?> FindRunAsync(Guid runId) => inner.FindRunAsync(runId);
    public ValueTask<InboxEntry?> FindInboxAsync(Guid id) => inner.FindInboxAsync(id);
    public ValueTask<RunPage> QueryRunsAsync(RunQuery query) => inner.QueryRunsAsync(query);
    public ValueTask<int> DeleteRunsAsync(IReadOnlyCollection<Guid> runIds) => inner.DeleteRunsAsync(runIds);
    public ValueTask<(long Epoch, IReadOnlySet<long> CleanEpochs)> OpenEpochAsync() => inner.OpenEpochAsync();
    public ValueTask CloseEpochAsync(long epoch) => inner.CloseEpochAsync(epoch);
    public ValueTask AddToInboxAsync(InboxEntry entry) => inner.AddToInboxAsync(entry);
    public ValueTask<IReadOnlyList<InboxEntry>> ListInboxAsync(string? definitionId, Guid? before, int limit) => inner.ListInboxAsync(definitionId, before, limit);
}
