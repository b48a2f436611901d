using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Journal;

/// <summary>The queries on one read-only connection; each call of <see cref="ReaderPool.Read"/> sees one state of the journal.</summary>
internal sealed class JournalReader(string path, TimeSpan busyTimeout) : IDisposable
{
    private const string RunColumns = """
        r.run_id, d.name, v.name, r.root_run_id, r.resubmit_of, r.client_tracking_id, r.status, r.started_at, r.updated_at,
        r.finished_at, r.error_code, r.error_message, r.incidents, r.name, r.correlation_id, r.parent_run_id
        """;

    /// <summary>Bytes of journals that come along with a list of ready runs.</summary>
    private const int ReadyBytes = 16 * 1024 * 1024;

    private static readonly RunStatus[] Statuses = Enum.GetValues<RunStatus>();

    // Longer than an id and no byte less.
    private static readonly byte[] _afterEveryId = [.. Enumerable.Repeat(byte.MaxValue, 17)];

    private readonly SqliteDatabase _database = new(path, busyTimeout, readOnly: true);
    private MailReader? _mail;
    private InboxReader? _inbox;

    public MailReader Mail => _mail ??= new MailReader(_database);

    public InboxReader Inbox => _inbox ??= new InboxReader(_database);

    public void Begin() => _database.Prepare("BEGIN").Execute();

    public void End() => _database.Prepare("COMMIT").Execute();

    public StoredRun? Load(Guid runId, bool wholeJournal, Func<string, ReadOnlyMemory<byte>> values) =>
        Find(runId) is { } run ? Load(run, hasSnapshot: !wholeJournal, hasMail: true, values) : null;

    private StoredRun Load(RunSummary run, bool hasSnapshot, bool hasMail, Func<string, ReadOnlyMemory<byte>> values)
    {
        var (seq, snapshot) = hasSnapshot ? Snapshot(run.RunId) : default;
        var batches = new List<ReadOnlyMemory<byte>>();
        var query = _database.Prepare("SELECT events FROM batches WHERE run_id = ?1 AND first_seq >= ?2 ORDER BY first_seq")
            .Bind(1, run.RunId).Bind(2, seq);
        while (query.Step())
        {
            batches.Add(query.Blob(0));
        }

        var hasValues = (snapshot is { } state && RunJournal.MayRefer(state.Span)) || batches.Exists(batch => RunJournal.MayRefer(batch.Span));
        return new StoredRun(run, seq, snapshot, batches, values, hasMail ? Mail.Of(run.RunId) : []) { ValueBytes = hasValues ? ValueBytes(run.RunId) : 0 };
    }

    private long ValueBytes(Guid runId)
    {
        var query = _database.Prepare("SELECT coalesce(sum(length(v.utf8)), 0) FROM value_uses u JOIN stored_values v ON v.hash = u.hash WHERE u.run_id = ?1").Bind(1, runId);
        query.Step();
        var bytes = query.Long(0);
        query.Reset();
        return bytes;
    }

    public JournalPart? Journal(Guid runId, long from, Func<string, ReadOnlyMemory<byte>> values)
    {
        if (Find(runId) is not { } summary)
        {
            return null;
        }

        var seq = _database.Prepare("SELECT seq FROM runs WHERE run_id = ?1").Bind(1, runId);
        seq.Step();
        var all = seq.Long(0);
        seq.Reset();

        var batches = new List<ReadOnlyMemory<byte>>();
        var (next, bytes) = (from, 0L);
        var query = _database.Prepare("SELECT events, first_seq + count FROM batches WHERE run_id = ?1 AND first_seq >= ?2 ORDER BY first_seq")
            .Bind(1, runId).Bind(2, from);
        while (bytes < JournalPart.Bytes && query.Step())
        {
            batches.Add(query.Blob(0));
            next = query.Long(1);
            bytes += batches[^1].Length;
        }

        query.Reset();
        return new JournalPart(summary, all, batches, next, values);
    }

    /// <exception cref="KeyNotFoundException">No value with that hash was stored.</exception>
    public byte[] Value(string hash)
    {
        var query = _database.Prepare("SELECT utf8 FROM stored_values WHERE hash = ?1").Bind(1, Convert.FromHexString(hash));
        if (!query.Step())
        {
            throw new KeyNotFoundException($"The journal has no value with hash {hash}.");
        }

        var value = query.Blob(0);
        query.Reset();
        return value;
    }

    public RunSummary? Find(Guid runId)
    {
        var query = _database.Prepare($"""
            SELECT {RunColumns} FROM runs r JOIN definitions d ON d.id = r.definition JOIN versions v ON v.id = r.version
            WHERE r.run_id = ?1
            """).Bind(1, runId);
        if (!query.Step())
        {
            return null;
        }

        var run = Run(query);
        query.Reset();
        return run;
    }

    public List<ReadyRun> ListReady(string definitionId, IReadOnlySet<Guid> except, int limit, bool children, Func<string, ReadOnlyMemory<byte>> values)
    {
        var left = ReadyBytes;
        var ready = new List<ReadyRun>();
        // Most have neither a snapshot nor mail: the list says so, instead of two queries for each.
        var query = _database.Prepare($"""
            SELECT {RunColumns}, EXISTS (SELECT 1 FROM snapshots s WHERE s.run_id = r.run_id), EXISTS (SELECT 1 FROM signals m WHERE m.run_id = r.run_id)
            FROM runs r JOIN definitions d ON d.id = r.definition JOIN versions v ON v.id = r.version
            WHERE r.definition = (SELECT id FROM definitions WHERE name = ?1) AND r.status = ?2
                {(children ? "AND r.parent_run_id IS NOT NULL" : "")} ORDER BY r.run_id
            """).Bind(1, definitionId).Bind(2, (int)RunStatus.Running);
        while (ready.Count < limit && query.Step())
        {
            var runId = query.Guid(0);
            if (!except.Contains(runId))
            {
                var stored = left > 0 ? Load(Run(query), hasSnapshot: query.Long(16) != 0, hasMail: query.Long(17) != 0, values) : null;
                left -= stored?.Batches.Sum(batch => batch.Length) + (stored?.Snapshot?.Length ?? 0) ?? 0;
                ready.Add(new ReadyRun(runId, stored));
            }
        }

        query.Reset();
        return ready;
    }

    // Children are few, and what waits in the line is left unread behind its first.
    public RunSummary? FirstInLine(string definitionId, IReadOnlySet<Guid> except)
    {
        foreach (var status in (ReadOnlySpan<RunStatus>)[RunStatus.Suspended, RunStatus.Running])
        {
            var query = _database.Prepare("""
                SELECT run_id FROM runs WHERE definition = (SELECT id FROM definitions WHERE name = ?1) AND status = ?2 AND parent_run_id IS NULL ORDER BY run_id
                """).Bind(1, definitionId).Bind(2, (int)status);
            Guid? first = null;
            while (first is null && query.Step())
            {
                first = except.Contains(query.Guid(0)) ? null : query.Guid(0);
            }

            query.Reset();
            if (first is { } runId)
            {
                return Find(runId);
            }
        }

        return null;
    }

    public Dictionary<string, long> CountReady()
    {
        var counts = new Dictionary<string, long>();
        var query = _database.Prepare("""
            SELECT d.name, (SELECT count(*) FROM runs r WHERE r.definition = d.id AND r.status = ?1) FROM definitions d
            """).Bind(1, (int)RunStatus.Running);
        while (query.Step())
        {
            if (query.Long(1) > 0)
            {
                counts.Add(query.Text(0), query.Long(1));
            }
        }

        return counts;
    }

    // Read in the index's order and made distinct here: grouping in SQL would read every due timer for each page.
    public List<DueRun> ListDue(DateTimeOffset now, int limit, DueRun? after)
    {
        var due = new List<DueRun>();
        var seen = new HashSet<Guid>();
        var query = _database.Prepare("""
            SELECT t.run_id, d.name, t.due FROM timers t CROSS JOIN runs r ON r.run_id = t.run_id JOIN definitions d ON d.id = r.definition
            WHERE t.due <= ?1 AND (t.due, t.run_id) > (?2, ?3) ORDER BY t.due, t.run_id
            """).Bind(1, now).Bind(2, after?.Due.UtcTicks ?? -1).Bind(3, after?.RunId ?? System.Guid.Empty);
        while (due.Count < limit && query.Step())
        {
            if (seen.Add(query.Guid(0)))
            {
                due.Add(new DueRun(query.Text(1), query.Guid(0), query.Time(2)));
            }
        }

        query.Reset();
        return due;
    }

    public DateTimeOffset? NextTimer(DateTimeOffset now)
    {
        var query = _database.Prepare("SELECT min(due) FROM timers WHERE due > ?1").Bind(1, now);
        query.Step();
        var next = query.TimeOrNull(0);
        query.Reset();
        return next;
    }

    public List<(string DefinitionId, Guid RunId)> ListAtGate(string gate, IReadOnlySet<Guid> except, int limit)
    {
        var waiting = new List<(string, Guid)>();
        var seen = new HashSet<Guid>(except);
        var query = _database.Prepare("""
            SELECT t.run_id, d.name FROM timers t CROSS JOIN runs r ON r.run_id = t.run_id JOIN definitions d ON d.id = r.definition
            WHERE t.gate = ?1 ORDER BY t.run_id
            """).Bind(1, gate);
        while (waiting.Count < limit && query.Step())
        {
            if (seen.Add(query.Guid(0)))
            {
                waiting.Add((query.Text(1), query.Guid(0)));
            }
        }

        query.Reset();
        return waiting;
    }

    public Dictionary<string, long> CountAtGates()
    {
        var counts = new Dictionary<string, long>();
        var query = _database.Prepare("SELECT gate, count(DISTINCT run_id) FROM timers WHERE gate IS NOT NULL GROUP BY gate");
        while (query.Step())
        {
            counts.Add(query.Text(0), query.Long(1));
        }

        return counts;
    }

    /// <summary>
    /// The index yields the newest runs of one flow in one status; a list of more than that is merged from those, so that
    /// no list reads more than a page for each of them, however many runs there are.
    /// </summary>
    public List<RunSummary> ListRuns(string? definitionId, RunStatus? status, Guid? before, int limit)
    {
        IEnumerable<Guid> ids;
        if (definitionId is null && status is null)
        {
            ids = RunIds("SELECT run_id FROM runs WHERE run_id < ?1 ORDER BY run_id DESC LIMIT ?2", 0, 0, before, limit);
        }
        else
        {
            var found = new List<Guid>();
            foreach (var definition in Definitions(definitionId))
            {
                foreach (var s in status is { } one ? [one] : Statuses)
                {
                    found.AddRange(RunIds("""
                        SELECT run_id FROM runs WHERE definition = ?3 AND status = ?4 AND run_id < ?1 ORDER BY run_id DESC LIMIT ?2
                        """, definition, s, before, limit));
                }
            }

            ids = found.OrderDescending().Take(limit);
        }

        return [.. ids.Select(id => Find(id)!)];
    }

    public RunPage Query(RunQuery query)
    {
        var sql = new RunQuerySql(query);
        var total = sql.Count(_database);
        return new RunPage(total == 0 ? [] : [.. sql.Ids(_database).Select(id => Find(id)!)], total);
    }

    public HashSet<long> CleanEpochs()
    {
        var epochs = new HashSet<long>();
        var query = _database.Prepare("SELECT epoch FROM epochs WHERE clean = 1");
        while (query.Step())
        {
            epochs.Add(query.Long(0));
        }

        return epochs;
    }

    public void Dispose() => _database.Dispose();

    private (long Seq, ReadOnlyMemory<byte>? Data) Snapshot(Guid runId)
    {
        var query = _database.Prepare("SELECT seq, data FROM snapshots WHERE run_id = ?1").Bind(1, runId);
        if (!query.Step())
        {
            return default;
        }

        var snapshot = (query.Long(0), (ReadOnlyMemory<byte>?)query.Blob(1));
        query.Reset();
        return snapshot;
    }

    private List<long> Definitions(string? name)
    {
        var ids = new List<long>();
        var query = _database.Prepare("SELECT id FROM definitions WHERE ?1 IS NULL OR name = ?1").Bind(1, name);
        while (query.Step())
        {
            ids.Add(query.Long(0));
        }

        return ids;
    }

    private List<Guid> RunIds(string sql, long definition, RunStatus status, Guid? before, int limit)
    {
        var query = _database.Prepare(sql).Bind(1, Before(before)).Bind(2, limit);
        if (definition != 0)
        {
            query.Bind(3, definition).Bind(4, (int)status);
        }

        var ids = new List<Guid>();
        while (query.Step())
        {
            ids.Add(query.Guid(0));
        }

        return ids;
    }

    internal static byte[] Before(Guid? id) => id?.ToByteArray(bigEndian: true) ?? _afterEveryId;

    private static RunSummary Run(SqliteStatement row)
    {
        var runId = row.Guid(0);
        return new RunSummary
        {
            RunId = runId,
            DefinitionId = row.Text(1),
            VersionId = row.Text(2),
            RootRunId = row.GuidOrNull(3) ?? runId,
            ResubmitOf = row.GuidOrNull(4),
            ClientTrackingId = row.TextOrNull(5),
            Status = (RunStatus)row.Long(6),
            StartedAt = row.Time(7),
            UpdatedAt = row.Time(8),
            FinishedAt = row.TimeOrNull(9),
            ErrorCode = row.TextOrNull(10),
            ErrorMessage = row.TextOrNull(11),
            IncidentCount = (int)row.Long(12),
            Name = row.TextOrNull(13),
            CorrelationId = row.TextOrNull(14),
            ParentRunId = row.GuidOrNull(15),
        };
    }
}
