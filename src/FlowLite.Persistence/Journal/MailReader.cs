using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Journal;

/// <summary>Bookmarks and mailboxes, as readers see them.</summary>
internal sealed class MailReader(SqliteDatabase database)
{
    public List<StoredSignal> Of(Guid runId)
    {
        var signals = new List<StoredSignal>();
        var query = database.Prepare("SELECT id, instance, kind, key, payload, awaits_response FROM signals WHERE run_id = ?1 ORDER BY id").Bind(1, runId);
        while (query.Step())
        {
            signals.Add(new StoredSignal(query.Long(0), query.Guid(1), query.Text(2), query.Text(3), Json(query, 4), query.Long(5) != 0));
        }

        return signals;
    }

    public List<WokenRun> Signalled()
    {
        var runs = new List<WokenRun>();
        var query = database.Prepare("""
            SELECT DISTINCT s.run_id, d.name FROM signals s JOIN runs r ON r.run_id = s.run_id JOIN definitions d ON d.id = r.definition
            """);
        while (query.Step())
        {
            runs.Add(new WokenRun(query.Text(1), query.Guid(0), null));
        }

        return runs;
    }

    public List<WaitingBookmark> Find(string kind, string? key, string? correlationId, int limit, Guid? runId, WaitingBookmark? after)
    {
        var found = new List<WaitingBookmark>();
        // What is asked for stands in the index's order: a page is read from where the one before ended.
        var query = database.Prepare($"""
            SELECT d.name, b.run_id, b.instance, b.kind, b.key, b.correlation_id, b.payload, b.secure
            FROM bookmarks b JOIN runs r ON r.run_id = b.run_id JOIN definitions d ON d.id = r.definition
            WHERE b.kind = ?1 {(key is null ? "" : "AND b.key = ?2")} {(runId is null ? "" : "AND b.run_id = ?5")} {(after is null ? "" : "AND (b.run_id, b.instance, b.key) > (?6, ?7, ?8)")} AND (?3 IS NULL OR b.correlation_id = ?3)
                AND NOT EXISTS (SELECT 1 FROM signals s WHERE s.run_id = b.run_id AND s.instance = b.instance AND s.kind = b.kind AND s.key = b.key)
            ORDER BY b.run_id, b.instance, b.key LIMIT ?4
            """).Bind(1, kind).Bind(3, correlationId).Bind(4, limit);
        if (key is not null)
        {
            query.Bind(2, key);
        }

        if (runId is { } id)
        {
            query.Bind(5, id);
        }

        if (after is not null)
        {
            query.Bind(6, after.RunId).Bind(7, after.Instance).Bind(8, after.Bookmark.Key);
        }

        while (query.Step())
        {
            found.Add(new WaitingBookmark(query.Text(0), query.Guid(1), query.Guid(2),
                new Bookmark(query.Text(3), query.Text(4)) { CorrelationId = query.TextOrNull(5), Payload = Json(query, 6), IsSecure = query.Long(7) != 0 }));
        }

        return found;
    }

    private static JsonElement? Json(SqliteStatement row, int column) =>
        row.TextOrNull(column) is { } text ? JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 512 }) : null;
}
