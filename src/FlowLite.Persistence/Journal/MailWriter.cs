using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Journal;

/// <summary>
/// Bookmarks and mailboxes, as the writing lane changes them. Who waits for a signal is looked up in the transaction that sends it, so a
/// bookmark that was committed before is never missed.
/// </summary>
internal sealed class MailWriter(JournalWriter journal)
{
    private SqliteDatabase Database => journal.Database;

    /// <param name="sender">The run whose append it belongs to; null: it comes from outside.</param>
    /// <returns>Who was woken or started.</returns>
    public IReadOnlyList<WokenRun> Send(Guid? sender, IReadOnlyList<MailItem> mail)
    {
        var woken = new List<WokenRun>();
        foreach (var item in mail)
        {
            switch (item)
            {
                case BookmarkSet set:
                    Set(sender!.Value, set.Instance, set.Bookmark);
                    break;
                case BookmarkCleared cleared:
                    Database.Prepare("DELETE FROM bookmarks WHERE run_id = ?1 AND instance = ?2 AND kind = ?3 AND key = ?4")
                        .Bind(1, sender!.Value).Bind(2, cleared.Instance).Bind(3, cleared.Kind).Bind(4, cleared.Key).Execute();
                    break;
                case SignalTaken taken:
                    Database.Prepare("DELETE FROM signals WHERE id = ?1").Bind(1, taken.Id).Execute();
                    break;
                case SignalSent { Signal: var signal }:
                    Send(signal, woken);
                    break;
                case CancelSent cancel:
                    Send(cancel, woken);
                    break;
                case RunBorn birth:
                    Start(birth, woken);
                    break;
            }
        }

        return woken;
    }

    /// <summary>Nothing waits in the run any more.</summary>
    public void Clear(Guid runId, bool keepsCancel)
    {
        Database.Prepare("DELETE FROM bookmarks WHERE run_id = ?1").Bind(1, runId).Execute();
        Database.Prepare("DELETE FROM signals WHERE run_id = ?1 AND NOT (?2 AND kind = ?3)").Bind(1, runId).Bind(2, keepsCancel ? 1 : 0).Bind(3, BookmarkKind.Cancel).Execute();
    }

    private void Set(Guid runId, Guid instance, Bookmark bookmark) =>
        Database.Prepare("INSERT OR REPLACE INTO bookmarks(run_id, instance, kind, key, correlation_id, payload, secure) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .Bind(1, runId).Bind(2, instance).Bind(3, bookmark.Kind).Bind(4, bookmark.Key).Bind(5, bookmark.CorrelationId).Bind(6, Text(bookmark.Payload)).Bind(7, bookmark.IsSecure ? 1 : 0)
            .Execute();

    private void Send(Signal signal, List<WokenRun> woken)
    {
        // A bookmark whose signal is on its way is spoken for.
        var query = Database.Prepare("""
            INSERT INTO signals(run_id, instance, kind, key, payload, awaits_response)
            SELECT b.run_id, b.instance, b.kind, b.key, CASE WHEN b.secure THEN coalesce(?8, ?6) ELSE ?6 END, ?7 FROM bookmarks b
            WHERE b.kind = ?1 AND b.key = ?2 AND (?3 IS NULL OR b.correlation_id = ?3)
                AND (?4 IS NULL OR b.run_id = ?4) AND (?5 IS NULL OR b.instance = ?5)
                AND NOT EXISTS (SELECT 1 FROM signals s WHERE s.run_id = b.run_id AND s.instance = b.instance AND s.kind = b.kind AND s.key = b.key)
            RETURNING run_id, instance
            """)
            .Bind(1, signal.Kind).Bind(2, signal.Key).Bind(3, signal.CorrelationId).Bind(4, signal.RunId).Bind(5, signal.Instance)
            .Bind(6, Text(signal.Payload)).Bind(7, signal.AwaitsResponse ? 1 : 0).Bind(8, Text(signal.SealedPayload));
        var waiting = new List<(Guid RunId, Guid Instance)>();
        while (query.Step())
        {
            waiting.Add((query.Guid(0), query.Guid(1)));
        }

        woken.AddRange(waiting.Select(w => new WokenRun(Wake(w.RunId), w.RunId, w.Instance)));
    }

    private void Send(CancelSent cancel, List<WokenRun> woken)
    {
        var sent = Database.Prepare("""
            INSERT INTO signals(run_id, instance, kind, key, awaits_response)
            SELECT r.run_id, zeroblob(16), ?2, ?3, 0 FROM runs r
            WHERE r.run_id = ?1 AND r.status IN (?4, ?5, ?6) AND NOT EXISTS (SELECT 1 FROM signals s WHERE s.run_id = r.run_id AND s.kind = ?2)
            """)
            .Bind(1, cancel.RunId).Bind(2, BookmarkKind.Cancel).Bind(3, cancel.Reason).Bind(4, (int)RunStatus.Running).Bind(5, (int)RunStatus.Suspended).Bind(6, (int)RunStatus.Quarantined);
        if (sent.Execute() > 0)
        {
            woken.Add(new WokenRun(Wake(cancel.RunId), cancel.RunId, null));
        }
    }

    private void Start(RunBorn birth, List<WokenRun> woken)
    {
        try
        {
            journal.Append(birth.Append);
            woken.Add(new WokenRun(birth.Append.Summary.DefinitionId, birth.Append.RunId, null, IsNew: true, birth.Append.Summary.ParentRunId is not null));
            // One that has nothing to do is over already, and tells who waits for it.
            woken.AddRange(birth.Append.Woken);
        }
        catch (RunRefusedException)
        {
            if (birth.Refused is { } refused)
            {
                Send(refused, woken);
            }
        }
        catch (RunFenceException)
        {
            // It is there already.
        }
    }

    /// <summary>A run that had nothing to do has something now, and is found among those that have. Gives its definition.</summary>
    private string Wake(Guid runId)
    {
        Database.Prepare("UPDATE runs SET status = ?1 WHERE run_id = ?2 AND status = ?3")
            .Bind(1, (int)RunStatus.Running).Bind(2, runId).Bind(3, (int)RunStatus.Suspended).Execute();
        var query = Database.Prepare("SELECT d.name FROM runs r JOIN definitions d ON d.id = r.definition WHERE r.run_id = ?1").Bind(1, runId);
        query.Step();
        var definition = query.Text(0);
        query.Reset();
        return definition;
    }

    private static string? Text(JsonElement? value) => value?.GetRawText();
}
