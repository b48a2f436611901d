using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Journal;

/// <summary>The statements of the writing lane on its connection. A new one is made when the connection broke.</summary>
internal sealed class JournalWriter : IDisposable
{
    private readonly Dictionary<string, long> _definitions = [];
    private readonly Dictionary<string, long> _versions = [];

    public JournalWriter(string path, TimeSpan busyTimeout)
    {
        Database = new SqliteDatabase(path, busyTimeout);
        Mail = new MailWriter(this);
        try
        {
            JournalSchema.Schema.Apply(Database, path);
        }
        catch
        {
            Database.Dispose();
            throw;
        }
    }

    public SqliteDatabase Database { get; }

    public MailWriter Mail { get; }

    public void Begin() => Database.Prepare("BEGIN IMMEDIATE").Execute();

    public void Commit() => Database.Prepare("COMMIT").Execute();

    public void Rollback()
    {
        // They may have got their numbers in what is undone now.
        _definitions.Clear();
        _versions.Clear();
        // Some errors have ended the transaction already.
        if (Database.InTransaction)
        {
            Database.Execute("ROLLBACK");
        }
    }

    /// <exception cref="RunFenceException">The run doesn't end at the append's first event; nothing was written.</exception>
    /// <exception cref="RunRefusedException">The run may not start now; nothing was written.</exception>
    public void Append(RunAppend append)
    {
        if (append.Activation != RunActivation.Always && IsRefused(append))
        {
            throw new RunRefusedException(append.Summary.DefinitionId, append.Activation);
        }

        if ((append.FirstSeq == 0 ? InsertRun(append) : UpdateRun(append)) == 0)
        {
            throw new RunFenceException(append.RunId, append.FirstSeq);
        }

        if (append.FirstSeq == 0 && append.Summary.ParentRunId is { } parent)
        {
            Database.Prepare("UPDATE runs SET parent_run_id = ?1 WHERE run_id = ?2").Bind(1, parent).Bind(2, append.RunId).Execute();
        }

        if (append.NamesRun || append.Summary is { Name: not null } or { CorrelationId: not null })
        {
            // A statement of its own: most runs set neither.
            Database.Prepare("UPDATE runs SET name = ?1, correlation_id = ?2 WHERE run_id = ?3")
                .Bind(1, append.Summary.Name).Bind(2, append.Summary.CorrelationId).Bind(3, append.RunId).Execute();
        }

        if (append.Count > 0)
        {
            Database.Prepare("INSERT INTO batches(run_id, first_seq, count, events) VALUES(?1, ?2, ?3, ?4)")
                .Bind(1, append.RunId).Bind(2, append.FirstSeq).Bind(3, append.Count).Bind(4, append.Events.Span).Execute();
        }

        foreach (var value in append.Values)
        {
            // Room first, what goes there after it: bound as a value it would be copied twice on its way.
            if (Database.Prepare("INSERT INTO stored_values(hash, utf8) VALUES(?1, zeroblob(?2)) ON CONFLICT DO NOTHING")
                .Bind(1, Convert.FromHexString(value.Hash)).Bind(2, value.Utf8.Length).Execute() > 0)
            {
                Database.WriteBlob("stored_values", "utf8", value.Utf8.Span);
            }

            Database.Prepare("INSERT INTO value_uses(hash, run_id) VALUES(?1, ?2) ON CONFLICT DO NOTHING")
                .Bind(1, Convert.FromHexString(value.Hash)).Bind(2, append.RunId).Execute();
        }

        if (append.Snapshot is { } snapshot)
        {
            Database.Prepare("INSERT OR REPLACE INTO snapshots(run_id, seq, data) VALUES(?1, ?2, ?3)")
                .Bind(1, append.RunId).Bind(2, append.FirstSeq + append.Count).Bind(3, snapshot.Span).Execute();
        }

        ChangeTimers(append);
        if (append.Mail.Count > 0)
        {
            append.Woken = Mail.Send(append.RunId, append.Mail);
        }

        if (append.ClearMailbox)
        {
            Mail.Clear(append.RunId, keepsCancel: append.Summary.Status == RunStatus.Quarantined);
        }
    }

    private bool IsRefused(RunAppend append)
    {
        var ofTheFlow = "definition = (SELECT id FROM definitions WHERE name = ?3)";
        var correlated = "coalesce(correlation_id, client_tracking_id) IS NOT NULL AND coalesce(correlation_id, client_tracking_id) = ?5";
        var which = append.Activation switch
        {
            RunActivation.Singleton => ofTheFlow,
            RunActivation.Correlation => correlated,
            _ => $"{correlated} AND {ofTheFlow}",
        };
        var query = Database.Prepare($"SELECT 1 FROM runs WHERE {which} AND status IN (?1, ?2) AND run_id <> ?4 LIMIT 1")
            .Bind(1, (int)RunStatus.Running).Bind(2, (int)RunStatus.Suspended);
        if (append.Activation != RunActivation.Correlation)
        {
            query.Bind(3, append.Summary.DefinitionId);
        }

        query.Bind(4, append.RunId);
        if (append.Activation != RunActivation.Singleton)
        {
            query.Bind(5, append.Summary.Correlation);
        }

        var found = query.Step();
        query.Reset();
        return found;
    }

    /// <summary>Removes a run with its journal, its timers and the large values that only it refers to. False: there is none such.</summary>
    public bool Delete(Guid runId)
    {
        if (Database.Prepare("DELETE FROM runs WHERE run_id = ?1").Bind(1, runId).Execute() == 0)
        {
            return false;
        }

        Database.Prepare("""
            DELETE FROM stored_values WHERE hash IN (SELECT u.hash FROM value_uses u WHERE u.run_id = ?1
                AND NOT EXISTS (SELECT 1 FROM value_uses o WHERE o.hash = u.hash AND o.run_id <> ?1))
            """).Bind(1, runId).Execute();
        foreach (var table in new[] { "value_uses", "batches", "snapshots", "timers", "bookmarks", "signals" })
        {
            Database.Prepare($"DELETE FROM {table} WHERE run_id = ?1").Bind(1, runId).Execute();
        }

        return true;
    }

    public void AddToInbox(InboxEntry entry) =>
        Database.Prepare("""
            INSERT INTO inbox(id, received_at, definition, trigger_name, reason_code, reason_message, method, path_and_query, headers, body)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING
            """)
            .Bind(1, entry.Id).Bind(2, entry.ReceivedAt).Bind(3, Number("definitions", _definitions, entry.DefinitionId))
            .Bind(4, entry.TriggerName).Bind(5, entry.ReasonCode).Bind(6, entry.ReasonMessage)
            .Bind(7, entry.Method).Bind(8, entry.PathAndQuery).Bind(9, entry.Headers.GetRawText()).Bind(10, entry.Body.Span)
            .Execute();

    public long OpenEpoch() => Insert(Database.Prepare("INSERT INTO epochs DEFAULT VALUES RETURNING epoch"));

    public void CloseEpoch(long epoch) =>
        Database.Prepare("UPDATE epochs SET clean = 1 WHERE epoch = ?1").Bind(1, epoch).Execute();

    public void Dispose() => Database.Dispose();

    private int InsertRun(RunAppend append)
    {
        var run = append.Summary;
        return Database.Prepare("""
            INSERT INTO runs(run_id, seq, definition, version, status, started_at, updated_at, finished_at,
                root_run_id, resubmit_of, client_tracking_id, error_code, error_message, incidents)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO NOTHING
            """)
            .Bind(1, append.RunId).Bind(2, append.Count)
            .Bind(3, Number("definitions", _definitions, run.DefinitionId)).Bind(4, Number("versions", _versions, run.VersionId))
            .Bind(5, (int)run.Status).Bind(6, run.StartedAt).Bind(7, run.UpdatedAt).Bind(8, run.FinishedAt)
            .Bind(9, run.RootRunId == append.RunId ? null : run.RootRunId).Bind(10, run.ResubmitOf)
            .Bind(11, run.ClientTrackingId).Bind(12, run.ErrorCode).Bind(13, run.ErrorMessage).Bind(14, run.IncidentCount)
            .Execute();
    }

    // What RunStarted pinned never changes, so it isn't written again.
    private int UpdateRun(RunAppend append)
    {
        var run = append.Summary;
        return Database.Prepare("""
            UPDATE runs SET seq = ?1, status = ?2, updated_at = ?3, finished_at = ?4, error_code = ?5, error_message = ?6, incidents = ?7
            WHERE run_id = ?8 AND seq = ?9
            """)
            .Bind(1, append.FirstSeq + append.Count).Bind(2, (int)run.Status).Bind(3, run.UpdatedAt).Bind(4, run.FinishedAt)
            .Bind(5, run.ErrorCode).Bind(6, run.ErrorMessage).Bind(7, run.IncidentCount)
            .Bind(8, append.RunId).Bind(9, append.FirstSeq).Execute();
    }

    private void ChangeTimers(RunAppend append)
    {
        foreach (var timer in append.TimersSet)
        {
            Database.Prepare("INSERT OR REPLACE INTO timers(run_id, instance, due, gate) VALUES(?1, ?2, ?3, ?4)")
                .Bind(1, append.RunId).Bind(2, timer.Instance).Bind(3, timer.Due).Bind(4, timer.Gate).Execute();
        }

        foreach (var instance in append.TimersCleared)
        {
            Database.Prepare("DELETE FROM timers WHERE run_id = ?1 AND instance = ?2").Bind(1, append.RunId).Bind(2, instance).Execute();
        }

        if (append.ClearAllTimers)
        {
            Database.Prepare("DELETE FROM timers WHERE run_id = ?1").Bind(1, append.RunId).Execute();
        }
    }

    /// <summary>The number that stands for a name in rows; a name gets its number on first use.</summary>
    private long Number(string table, Dictionary<string, long> known, string name)
    {
        if (!known.TryGetValue(name, out var number))
        {
            var query = Database.Prepare($"SELECT id FROM {table} WHERE name = ?1").Bind(1, name);
            if (query.Step())
            {
                number = query.Long(0);
                query.Reset();
            }
            else
            {
                number = Insert(Database.Prepare($"INSERT INTO {table}(name) VALUES(?1) RETURNING id").Bind(1, name));
            }

            known.Add(name, number);
        }

        return number;
    }

    private static long Insert(SqliteStatement returning)
    {
        returning.Step();
        var number = returning.Long(0);
        // RETURNING has done its work by the first row; it is stepped to its end so that no error goes unseen.
        returning.Execute();
        return number;
    }
}
