using FlowLite.Engine.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Triggers;

/// <summary>The real store, which can't be written while it is told so.</summary>
internal sealed class BrokenRunStore(IRunStore store) : IRunStore, IDisposable
{
    private int _held, _reads;

    public bool Breaks { get; set; }
    /// <summary>Appends are stored when this lets them.</summary>
    public Func<RunAppend, Task> Holds { get; set; } = static _ => Task.CompletedTask;
    /// <summary>Appends that were kept waiting.</summary>
    public int Held => Volatile.Read(ref _held);
    /// <summary>Journals that were read.</summary>
    public int Reads => Volatile.Read(ref _reads);

    public static void Replace(IServiceCollection services)
    {
        var real = services.Last(s => s.ServiceType == typeof(IRunStore)).ImplementationFactory!;
        services.AddSingleton<IRunStore>(provider => new BrokenRunStore((IRunStore)real(provider)));
    }

    public static BrokenRunStore Of(IServiceProvider services) => (BrokenRunStore)services.GetRequiredService<IRunStore>();

    public async ValueTask AppendAsync(RunAppend append)
    {
        var held = Holds(append);
        if (!held.IsCompleted)
        {
            Interlocked.Increment(ref _held);
        }

        await held;
        await (Breaks ? throw Unavailable() : store.AppendAsync(append));
    }

    public ValueTask AddToInboxAsync(InboxEntry entry) => Breaks ? throw Unavailable() : store.AddToInboxAsync(entry);

    public ValueTask<StoredRun?> LoadAsync(Guid runId, bool wholeJournal = false) => store.LoadAsync(runId, wholeJournal);

    public async ValueTask<JournalPart?> ReadJournalAsync(Guid runId, long from)
    {
        var part = await store.ReadJournalAsync(runId, from);
        Interlocked.Increment(ref _reads);
        return part;
    }

    public ValueTask<IReadOnlyList<ReadyRun>> ListReadyAsync(string definitionId, IReadOnlySet<Guid> except, int limit, bool children = false) => store.ListReadyAsync(definitionId, except, limit, children);

    public ValueTask<RunSummary?> FirstInLineAsync(string definitionId, IReadOnlySet<Guid> except) => store.FirstInLineAsync(definitionId, except);

    public ValueTask<IReadOnlyDictionary<string, long>> CountReadyAsync() => store.CountReadyAsync();

    public ValueTask<IReadOnlyList<DueRun>> ListDueAsync(DateTimeOffset now, int limit, DueRun? after = null) => store.ListDueAsync(now, limit, after);

    public ValueTask<DateTimeOffset?> NextTimerAsync(DateTimeOffset now) => store.NextTimerAsync(now);

    public ValueTask<IReadOnlyList<(string DefinitionId, Guid RunId)>> ListAtGateAsync(string gate, IReadOnlySet<Guid> except, int limit) => store.ListAtGateAsync(gate, except, limit);

    public ValueTask<IReadOnlyDictionary<string, long>> CountAtGatesAsync() => store.CountAtGatesAsync();

    public ValueTask<IReadOnlyList<WokenRun>> SendAsync(IReadOnlyList<MailItem> mail) => Breaks ? throw Unavailable() : store.SendAsync(mail);

    public ValueTask<IReadOnlyList<StoredSignal>> ListSignalsAsync(Guid runId) => store.ListSignalsAsync(runId);

    public ValueTask<IReadOnlyList<WokenRun>> ListSignalledAsync() => store.ListSignalledAsync();

    public ValueTask<IReadOnlyList<WaitingBookmark>> FindBookmarksAsync(string kind, string? key, string? correlationId, int limit, Guid? runId = null, WaitingBookmark? after = null) =>
        store.FindBookmarksAsync(kind, key, correlationId, limit, runId, after);

    public ValueTask<IReadOnlyList<RunSummary>> ListRunsAsync(string? definitionId, RunStatus? status, Guid? before, int limit) => store.ListRunsAsync(definitionId, status, before, limit);

    public ValueTask<RunSummary?> FindRunAsync(Guid runId) => store.FindRunAsync(runId);

    public ValueTask<(long Epoch, IReadOnlySet<long> CleanEpochs)> OpenEpochAsync() => store.OpenEpochAsync();

    public ValueTask CloseEpochAsync(long epoch) => store.CloseEpochAsync(epoch);

    public ValueTask<IReadOnlyList<InboxEntry>> ListInboxAsync(string? definitionId, Guid? before, int limit) => store.ListInboxAsync(definitionId, before, limit);

    public ValueTask<RunPage> QueryRunsAsync(RunQuery query) => store.QueryRunsAsync(query);

    public ValueTask<int> DeleteRunsAsync(IReadOnlyCollection<Guid> runIds) => Breaks ? throw Unavailable() : store.DeleteRunsAsync(runIds);

    public ValueTask<InboxEntry?> FindInboxAsync(Guid id) => store.FindInboxAsync(id);

    private static StoreUnavailableException Unavailable() => new("The disk is full.");

    public void Dispose() => (store as IDisposable)?.Dispose();
}
