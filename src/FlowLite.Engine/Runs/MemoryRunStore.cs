namespace FlowLite.Engine.Runs;

/// <summary>Runs in memory: for replays, which must leave nothing behind, and for tests. Nothing of it survives the process.</summary>
public sealed class MemoryRunStore : IRunStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<Guid, Entry> _runs = [];
    private readonly SortedDictionary<Guid, InboxEntry> _inbox = [];
    private readonly Dictionary<string, byte[]> _values = [];
    private readonly MemoryMail _mail = new();
    private readonly HashSet<long> _cleanEpochs = [];
    private long _epoch;

    public ValueTask AppendAsync(RunAppend append)
    {
        lock (_gate)
        {
            if (IsRefused(append))
            {
                return ValueTask.FromException(new RunRefusedException(append.Summary.DefinitionId, append.Activation));
            }

            if (!TryAppend(append))
            {
                return ValueTask.FromException(new RunFenceException(append.RunId, append.FirstSeq));
            }

            append.Woken = Send(append.RunId, append.Mail);
            if (append.ClearMailbox)
            {
                _mail.Clear(append.RunId, keepsCancel: append.Summary.Status == RunStatus.Quarantined);
            }
        }

        return ValueTask.CompletedTask;
    }

    private bool IsRefused(RunAppend append) => append.Activation != RunActivation.Always && !_runs.ContainsKey(append.RunId)
        && _runs.Values.Select(r => r.Summary).Any(r => r.Status is RunStatus.Running or RunStatus.Suspended
            && (append.Activation == RunActivation.Correlation || r.DefinitionId == append.Summary.DefinitionId)
            && (append.Activation == RunActivation.Singleton || (r.Correlation is { } correlation && correlation == append.Summary.Correlation)));

    private bool TryAppend(RunAppend append)
    {
        var entry = _runs.GetValueOrDefault(append.RunId);
        if ((entry?.Seq ?? 0) != append.FirstSeq || (entry is null) != (append.FirstSeq == 0))
        {
            return false;
        }

        if (entry is null)
        {
            _runs.Add(append.RunId, entry = new Entry());
        }

        entry.Apply(append);
        foreach (var value in append.Values)
        {
            _values.TryAdd(value.Hash, value.Utf8.ToArray());
        }

        return true;
    }

    private List<WokenRun> Send(Guid? sender, IReadOnlyList<MailItem> mail)
    {
        if (mail.Count == 0)
        {
            return [];
        }

        var woken = new List<WokenRun>();
        foreach (var item in mail)
        {
            if (item is RunBorn { Append: var birth, Refused: var refused })
            {
                if (IsRefused(birth))
                {
                    woken.AddRange(refused is null ? [] : _mail.Send(sender, new SignalSent(refused), Signalled));
                }
                else if (TryAppend(birth))
                {
                    woken.Add(new WokenRun(birth.Summary.DefinitionId, birth.RunId, null, IsNew: true, birth.Summary.ParentRunId is not null));
                    // One that has nothing to do is over already, and tells who waits for it.
                    woken.AddRange(Send(birth.RunId, birth.Mail));
                }
            }
            else
            {
                woken.AddRange(_mail.Send(sender, item, Signalled));
            }
        }

        return woken;
    }

    // Null: it is over, or gone. One that had nothing to do has something now.
    private string? Signalled(Guid runId)
    {
        if (!_runs.TryGetValue(runId, out var entry) || RunRepairs.IsOver(entry.Summary.Status))
        {
            return null;
        }

        entry.Wake();
        return entry.Summary.DefinitionId;
    }

    public ValueTask<IReadOnlyList<WokenRun>> SendAsync(IReadOnlyList<MailItem> mail)
    {
        lock (_gate)
        {
            return new(Send(null, mail));
        }
    }

    public ValueTask<IReadOnlyList<StoredSignal>> ListSignalsAsync(Guid runId)
    {
        lock (_gate)
        {
            return new(_mail.Of(runId));
        }
    }

    public ValueTask<IReadOnlyList<WokenRun>> ListSignalledAsync()
    {
        lock (_gate)
        {
            return new([.. _mail.Signalled.Select(runId => new WokenRun(_runs[runId].Summary.DefinitionId, runId, null))]);
        }
    }

    public ValueTask<IReadOnlyList<WaitingBookmark>> FindBookmarksAsync(string kind, string? key, string? correlationId, int limit, Guid? runId = null, WaitingBookmark? after = null)
    {
        lock (_gate)
        {
            return new([.. _mail.Page(kind, key, correlationId, runId, after).Take(limit).Select(b => new WaitingBookmark(_runs[b.RunId].Summary.DefinitionId, b.RunId, b.Instance, b.Bookmark))]);
        }
    }

    public ValueTask<StoredRun?> LoadAsync(Guid runId, bool wholeJournal = false)
    {
        lock (_gate)
        {
            return new(_runs.GetValueOrDefault(runId)?.Load(wholeJournal, Value, _mail.Of(runId)));
        }
    }

    public ValueTask<JournalPart?> ReadJournalAsync(Guid runId, long from)
    {
        lock (_gate)
        {
            return new(_runs.GetValueOrDefault(runId)?.Read(from, Value));
        }
    }

    public ValueTask<IReadOnlyList<ReadyRun>> ListReadyAsync(string definitionId, IReadOnlySet<Guid> except, int limit, bool children = false)
    {
        lock (_gate)
        {
            return new([.. _runs
                .Where(r => r.Value.Summary.DefinitionId == definitionId && r.Value.Summary.Status == RunStatus.Running && !except.Contains(r.Key))
                .Where(r => !children || r.Value.Summary.ParentRunId is not null)
                .Select(r => new ReadyRun(r.Key, r.Value.Load(wholeJournal: false, Value, _mail.Of(r.Key))))
                .Take(limit)]);
        }
    }

    public ValueTask<RunSummary?> FirstInLineAsync(string definitionId, IReadOnlySet<Guid> except)
    {
        lock (_gate)
        {
            return new(_runs.Values
                .Select(r => r.Summary)
                .Where(r => r.DefinitionId == definitionId && r.ParentRunId is null && r.Status is (RunStatus.Running or RunStatus.Suspended) && !except.Contains(r.RunId))
                .OrderByDescending(r => r.Status)
                .FirstOrDefault());
        }
    }

    public ValueTask<IReadOnlyDictionary<string, long>> CountReadyAsync()
    {
        lock (_gate)
        {
            return new(_runs.Values
                .Where(r => r.Summary.Status == RunStatus.Running)
                .GroupBy(r => r.Summary.DefinitionId)
                .ToDictionary(g => g.Key, g => g.LongCount()));
        }
    }

    public ValueTask<IReadOnlyList<DueRun>> ListDueAsync(DateTimeOffset now, int limit, DueRun? after = null)
    {
        lock (_gate)
        {
            return new([.. _runs.Values
                .Where(r => r.Timers.Count > 0)
                .Select(r => new DueRun(r.Summary.DefinitionId, r.Summary.RunId, r.Timers.Values.Min(t => t.Due)))
                .Where(r => r.Due <= now && (after is null || (r.Due, r.RunId).CompareTo((after.Due, after.RunId)) > 0))
                .OrderBy(r => (r.Due, r.RunId))
                .Take(limit)]);
        }
    }

    public ValueTask<DateTimeOffset?> NextTimerAsync(DateTimeOffset now)
    {
        lock (_gate)
        {
            return new(_runs.Values.SelectMany(r => r.Timers.Values.Select(t => t.Due)).Where(due => due > now).Min(due => (DateTimeOffset?)due));
        }
    }

    public ValueTask<IReadOnlyList<(string DefinitionId, Guid RunId)>> ListAtGateAsync(string gate, IReadOnlySet<Guid> except, int limit)
    {
        lock (_gate)
        {
            return new([.. _runs
                .Where(r => r.Value.Timers.Values.Any(t => t.Gate == gate) && !except.Contains(r.Key))
                .Select(r => (r.Value.Summary.DefinitionId, r.Key))
                .Take(limit)]);
        }
    }

    public ValueTask<IReadOnlyDictionary<string, long>> CountAtGatesAsync()
    {
        lock (_gate)
        {
            return new(_runs.Values
                .SelectMany(r => r.Timers.Values.Select(t => t.Gate).OfType<string>().Distinct())
                .GroupBy(gate => gate)
                .ToDictionary(g => g.Key, g => g.LongCount()));
        }
    }

    public ValueTask<IReadOnlyList<RunSummary>> ListRunsAsync(string? definitionId, RunStatus? status, Guid? before, int limit)
    {
        lock (_gate)
        {
            return new([.. _runs.Values
                .Select(r => r.Summary)
                .Where(r => (definitionId is null || r.DefinitionId == definitionId) && (status is null || r.Status == status))
                .Where(r => before is null || r.RunId < before)
                .Reverse()
                .Take(limit)]);
        }
    }

    public ValueTask<RunSummary?> FindRunAsync(Guid runId)
    {
        lock (_gate)
        {
            return new(_runs.GetValueOrDefault(runId)?.Summary);
        }
    }

    public ValueTask<RunPage> QueryRunsAsync(RunQuery query)
    {
        lock (_gate)
        {
            return new(MemoryRunQuery.Page(_runs.Values.Select(r => r.Summary), query));
        }
    }

    public ValueTask<int> DeleteRunsAsync(IReadOnlyCollection<Guid> runIds)
    {
        lock (_gate)
        {
            // Values stay: others may refer to them, and the process ends soon enough.
            foreach (var runId in runIds)
            {
                _mail.Clear(runId);
            }

            return new(runIds.Count(_runs.Remove));
        }
    }

    public ValueTask<(long Epoch, IReadOnlySet<long> CleanEpochs)> OpenEpochAsync()
    {
        lock (_gate)
        {
            return new((++_epoch, _cleanEpochs.ToHashSet()));
        }
    }

    public ValueTask CloseEpochAsync(long epoch)
    {
        lock (_gate)
        {
            _cleanEpochs.Add(epoch);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask AddToInboxAsync(InboxEntry entry)
    {
        lock (_gate)
        {
            _inbox.TryAdd(entry.Id, entry with { Headers = entry.Headers.Clone(), Body = entry.Body.ToArray() });
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<InboxEntry>> ListInboxAsync(string? definitionId, Guid? before, int limit)
    {
        lock (_gate)
        {
            return new([.. _inbox.Values
                .Where(e => (definitionId is null || e.DefinitionId == definitionId) && (before is null || e.Id < before))
                .Reverse()
                .Take(limit)
                .Select(e => e with { Body = ReadOnlyMemory<byte>.Empty })]);
        }
    }

    public ValueTask<InboxEntry?> FindInboxAsync(Guid id)
    {
        lock (_gate)
        {
            return new(_inbox.GetValueOrDefault(id));
        }
    }

    private ReadOnlyMemory<byte> Value(string hash)
    {
        lock (_gate)
        {
            return _values[hash];
        }
    }

    // Bytes are copied: their owner may use them for something else once the append has completed.
    private sealed class Entry
    {
        private readonly List<(long FirstSeq, ReadOnlyMemory<byte> Events)> _batches = [];
        private (long Seq, ReadOnlyMemory<byte>? Data) _snapshot;

        public RunSummary Summary { get; private set; } = null!;
        public long Seq { get; private set; }
        public Dictionary<Guid, RunTimer> Timers { get; } = [];

        public void Apply(RunAppend append)
        {
            if (append.Count > 0)
            {
                _batches.Add((append.FirstSeq, append.Events.ToArray()));
            }

            Seq = append.FirstSeq + append.Count;
            Summary = append.Summary;
            if (append.Snapshot is { } snapshot)
            {
                _snapshot = (Seq, snapshot.ToArray());
            }

            foreach (var timer in append.TimersSet)
            {
                Timers[timer.Instance] = timer;
            }

            foreach (var instance in append.TimersCleared)
            {
                Timers.Remove(instance);
            }

            if (append.ClearAllTimers)
            {
                Timers.Clear();
            }
        }

        public void Wake()
        {
            if (Summary.Status == RunStatus.Suspended)
            {
                Summary = Summary with { Status = RunStatus.Running };
            }
        }

        public JournalPart Read(long from, Func<string, ReadOnlyMemory<byte>> values) =>
            new(Summary, Seq, [.. _batches.Where(b => b.FirstSeq >= from).Select(b => b.Events)], Seq, values);

        public StoredRun Load(bool wholeJournal, Func<string, ReadOnlyMemory<byte>> values, IReadOnlyList<StoredSignal> signals)
        {
            var (seq, snapshot) = wholeJournal ? default : _snapshot;
            return new StoredRun(Summary, seq, snapshot, [.. _batches.Where(b => b.FirstSeq >= seq).Select(b => b.Events)], values, signals);
        }
    }
}
