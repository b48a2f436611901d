using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace FlowLite.Engine.Runs;

/// <summary>Where runs are kept: SQLite in the server, memory in replays.</summary>
public interface IRunStore
{
    /// <summary>
    /// Appends events and their projections in one transaction; completes once they are durable.
    /// Calls for one run are applied in the order in which they were made.
    /// </summary>
    /// <exception cref="RunFenceException">The run has an event with that number already: another owner wrote.</exception>
    /// <exception cref="RunRefusedException">The new run may not start now (<see cref="RunAppend.Activation"/>).</exception>
    /// <exception cref="StoreUnavailableException">The store can't write now; nothing of the append was kept.</exception>
    ValueTask AppendAsync(RunAppend append);

    /// <summary>The snapshot, if there is one, and the events after it; null for an unknown run.</summary>
    ValueTask<StoredRun?> LoadAsync(Guid runId, bool wholeJournal = false);

    /// <summary>
    /// A part of a run's journal, with its row as it stood then: the batches from the event <paramref name="from"/> on, as many as
    /// make a megabyte and one at least. Null for an unknown run.
    /// </summary>
    ValueTask<JournalPart?> ReadJournalAsync(Guid runId, long from);

    /// <summary>
    /// Runs with status Running in the order of their ids, those in <paramref name="except"/> left out. What they resume from
    /// comes along for as many of them as the store likes: read together they cost a fraction of what they cost one by one.
    /// </summary>
    /// <param name="children">Only those that other runs started.</param>
    ValueTask<IReadOnlyList<ReadyRun>> ListReadyAsync(string definitionId, IReadOnlySet<Guid> except, int limit, bool children = false);

    /// <summary>
    /// The first in a flow's line, in which its runs stand that no other run started: the oldest that is Suspended, since it has begun;
    /// without one the oldest that is Running. Null: nobody stands in it. Those in <paramref name="except"/> are passed over.
    /// </summary>
    ValueTask<RunSummary?> FirstInLineAsync(string definitionId, IReadOnlySet<Guid> except);

    /// <summary>How many runs are Running, by definition id.</summary>
    ValueTask<IReadOnlyDictionary<string, long>> CountReadyAsync();

    /// <summary>A page of the runs with timers due at or before <paramref name="now"/>, earliest first, each run once in a page.</summary>
    /// <param name="after">The last one of the page before; null: the first page.</param>
    ValueTask<IReadOnlyList<DueRun>> ListDueAsync(DateTimeOffset now, int limit, DueRun? after = null);

    /// <summary>When the next timer after <paramref name="now"/> is due; null when there is none.</summary>
    ValueTask<DateTimeOffset?> NextTimerAsync(DateTimeOffset now);

    /// <summary>The runs that wait at a gate in the order of their ids, which is that of their arrival; those in <paramref name="except"/> left out.</summary>
    ValueTask<IReadOnlyList<(string DefinitionId, Guid RunId)>> ListAtGateAsync(string gate, IReadOnlySet<Guid> except, int limit);

    /// <summary>How many runs wait, by gate.</summary>
    ValueTask<IReadOnlyDictionary<string, long>> CountAtGatesAsync();

    /// <summary>
    /// Sends mail that no run's event goes with, in one transaction; completes once it is durable. A signal goes to the mailbox of each
    /// activity that waits for it and has none of its kind and key yet; the runs that had nothing else to do are Running then.
    /// </summary>
    /// <returns>Who was woken or started.</returns>
    /// <exception cref="StoreUnavailableException">Nothing of it was kept.</exception>
    ValueTask<IReadOnlyList<WokenRun>> SendAsync(IReadOnlyList<MailItem> mail);

    /// <summary>A run's mailbox, in the order in which the signals came.</summary>
    ValueTask<IReadOnlyList<StoredSignal>> ListSignalsAsync(Guid runId);

    /// <summary>Runs with signals in their mailboxes.</summary>
    ValueTask<IReadOnlyList<WokenRun>> ListSignalledAsync();

    /// <summary>A page of those who wait for something, in the order of the runs' ids; null: whatever it is. Those whose signal is on its way are left out.</summary>
    /// <param name="runId">Only those of this run.</param>
    /// <param name="after">The last one of the page before; null: the first page.</param>
    ValueTask<IReadOnlyList<WaitingBookmark>> FindBookmarksAsync(string kind, string? key, string? correlationId, int limit, Guid? runId = null, WaitingBookmark? after = null);

    /// <summary>A page of a flow's runs, newest first; null status: all. <paramref name="before"/>: the last id of the page before.</summary>
    ValueTask<IReadOnlyList<RunSummary>> ListRunsAsync(string? definitionId, RunStatus? status, Guid? before, int limit);

    ValueTask<RunSummary?> FindRunAsync(Guid runId);

    /// <summary>A page of all runs that fit. In the order of their ids it is read from an index; other orders look at every run that fits.</summary>
    ValueTask<RunPage> QueryRunsAsync(RunQuery query);

    /// <summary>
    /// Removes all that is kept of these runs, in one transaction; completes once that is durable. Whoever still has one of them
    /// in hand can't append to it any more.
    /// </summary>
    /// <returns>How many of them there were.</returns>
    ValueTask<int> DeleteRunsAsync(IReadOnlyCollection<Guid> runIds);

    /// <summary>Opens a new life of the server: its number, and the numbers of those lives that ended in order.</summary>
    ValueTask<(long Epoch, IReadOnlySet<long> CleanEpochs)> OpenEpochAsync();

    ValueTask CloseEpochAsync(long epoch);

    /// <summary>Keeps a request that no run took; completes once it is durable.</summary>
    ValueTask AddToInboxAsync(InboxEntry entry);

    /// <summary>Newest first, without their bodies. <paramref name="before"/>: the last id of the page before.</summary>
    ValueTask<IReadOnlyList<InboxEntry>> ListInboxAsync(string? definitionId, Guid? before, int limit);

    /// <summary>One entry with its body; null when there is none such.</summary>
    ValueTask<InboxEntry?> FindInboxAsync(Guid id);
}

/// <summary>One append: events <c>[FirstSeq, FirstSeq + Count)</c> and what they change in the projections.</summary>
public sealed class RunAppend
{
    public required Guid RunId { get; init; }
    public required long FirstSeq { get; init; }
    public required int Count { get; init; }
    /// <summary>A JSON array of <see cref="Count"/> events, UTF-8.</summary>
    public required ReadOnlyMemory<byte> Events { get; init; }
    /// <summary>The run's row after these events; inserted when <see cref="FirstSeq"/> is 0, else updated.</summary>
    public required RunSummary Summary { get; init; }
    /// <summary>Its events set the run's name or correlation id, or take it away.</summary>
    public bool NamesRun { get; init; }
    /// <summary>Of a new run: when it may start.</summary>
    public RunActivation Activation { get; init; }
    public IReadOnlyList<RunTimer> TimersSet { get; init; } = [];
    /// <summary>Instances whose timer is gone.</summary>
    public IReadOnlyList<Guid> TimersCleared { get; init; } = [];
    /// <summary>Every timer of the run is gone (it ended).</summary>
    public bool ClearAllTimers { get; init; }
    /// <summary>What else it does, in order, once its events are stored.</summary>
    public IReadOnlyList<MailItem> Mail { get; init; } = [];
    /// <summary>The run's bookmarks and what is in its mailbox are gone (it ended). While it is quarantined it can be cancelled: that stays.</summary>
    public bool ClearMailbox { get; init; }
    /// <summary>Whom its mail woke or started: the store says it before the append completes, also with an error if it may have been durable all the same.</summary>
    public IReadOnlyList<WokenRun> Woken { get; set; } = [];
    /// <summary>The state after these events, to be stored in place of the run's earlier snapshot.</summary>
    public ReadOnlyMemory<byte>? Snapshot { get; init; }
    /// <summary>Large values that the events refer to, stored once by hash.</summary>
    public IReadOnlyList<StoredValue> Values { get; init; } = [];
}

/// <param name="Gate">The gate that the instance waits at; null: for the time only.</param>
public sealed record RunTimer(Guid Instance, DateTimeOffset Due, string? Gate = null);

public sealed record DueRun(string DefinitionId, Guid RunId, DateTimeOffset Due);

/// <param name="Hash">Lower-case hex SHA-256 of <paramref name="Utf8"/>.</param>
/// <param name="Utf8">The value's JSON text.</param>
public sealed record StoredValue(string Hash, ReadOnlyMemory<byte> Utf8)
{
    /// <summary>A value as it stands, unless somebody has written its letters as six characters each, or it is too deep for the writer.</summary>
    internal static StoredValue Of(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        var text = raw.IndexOf("\\u"u8) < 0 && RunJournal.IsShallow(raw) ? ValueText.Of(value) : RunJournal.TextOf(value);
        return new StoredValue(Convert.ToHexStringLower(SHA256.HashData(text.Span)), text);
    }
}

/// <param name="Stored">What <see cref="IRunStore.LoadAsync"/> would have given; null: it has to be asked.</param>
public sealed record ReadyRun(Guid RunId, StoredRun? Stored);

/// <param name="SnapshotSeq">How many events the snapshot covers; 0 without one.</param>
/// <param name="Batches">The journal's batches after the snapshot in order, each a JSON array of events.</param>
/// <param name="Values">The large values that the batches and the snapshot refer to, by hash.</param>
/// <param name="Signals">Its mailbox.</param>
public sealed record StoredRun(
    RunSummary Summary,
    long SnapshotSeq,
    ReadOnlyMemory<byte>? Snapshot,
    IReadOnlyList<ReadOnlyMemory<byte>> Batches,
    Func<string, ReadOnlyMemory<byte>> Values,
    IReadOnlyList<StoredSignal> Signals)
{
    /// <summary>Bytes of the large values that the run has used.</summary>
    public long ValueBytes { get; init; }
}

/// <param name="Seq">How many events the run's whole journal has.</param>
/// <param name="Batches">Each a JSON array of events; none: it has no event <c>from</c>.</param>
/// <param name="Next">The number of the event after them.</param>
/// <param name="Values">The large values that the batches refer to, by hash.</param>
public sealed record JournalPart(RunSummary Summary, long Seq, IReadOnlyList<ReadOnlyMemory<byte>> Batches, long Next, Func<string, ReadOnlyMemory<byte>> Values)
{
    /// <summary>Bytes of batches in one part, before the last of them.</summary>
    public const int Bytes = 1024 * 1024;
}

/// <summary>A run's row in lists. Shapes in the API are made from it.</summary>
public sealed record RunSummary
{
    public required Guid RunId { get; init; }
    public required string DefinitionId { get; init; }
    public required string VersionId { get; init; }
    public required Guid RootRunId { get; init; }
    public Guid? ResubmitOf { get; init; }
    public string? ClientTrackingId { get; init; }
    /// <summary>The run that started it; null: none did.</summary>
    public Guid? ParentRunId { get; init; }
    /// <summary>What the run calls itself (SetName).</summary>
    public string? Name { get; init; }
    /// <summary>What it has in common with other runs (Correlate).</summary>
    public string? CorrelationId { get; init; }
    /// <summary>That, or what its caller gave it.</summary>
    public string? Correlation => CorrelationId ?? ClientTrackingId;
    public required RunStatus Status { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    /// <summary>The last incident's code and message.</summary>
    public string? ErrorCode { get; init; }
    public string? ErrorMessage { get; init; }
    public int IncidentCount { get; init; }
}

/// <summary>A request that its sender may send, correctly signed where that is asked for, but that no run took. Signature, credentials and cookies are stripped before it gets here.</summary>
public sealed record InboxEntry
{
    public required Guid Id { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
    public required string DefinitionId { get; init; }
    public required string TriggerName { get; init; }
    public required string ReasonCode { get; init; }
    public required string ReasonMessage { get; init; }
    public required string Method { get; init; }
    /// <summary>Relative path and query, without the signature.</summary>
    public required string PathAndQuery { get; init; }
    public required JsonElement Headers { get; init; }
    /// <summary>The body's bytes exactly as received; empty in lists.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
    /// <summary>How many bytes the body has, in lists too.</summary>
    public required int BodySize { get; init; }
}

public enum RunStatus
{
    /// <summary>Can go on now: under way, or waiting for a slot.</summary>
    Running,
    /// <summary>Waits for a timer, a signal or a person; holds no slot.</summary>
    Suspended,
    Succeeded,
    Faulted,
    Cancelled,
    /// <summary>Was under way in too many crashes; left for a person.</summary>
    Quarantined,
}

public sealed class RunFenceException(Guid runId, long seq)
    : Exception($"Run {runId} has an event {seq} already: another owner has written to it.");

public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
