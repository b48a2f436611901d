using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Journal;

/// <summary>The queries of the inbox on a reader's connection.</summary>
internal sealed class InboxReader(SqliteDatabase database)
{
    // A body's length is in its row's header: the bytes themselves are not read.
    private const string InboxColumns = """
        i.id, i.received_at, d.name, i.trigger_name, i.reason_code, i.reason_message, i.method, i.path_and_query, i.headers, length(i.body)
        """;

    public List<InboxEntry> List(string? definitionId, Guid? before, int limit)
    {
        const string select = $"SELECT {InboxColumns}, x'' FROM inbox i CROSS JOIN definitions d ON d.id = i.definition";
        var query = database.Prepare(definitionId is null
                ? $"{select} WHERE i.id < ?1 ORDER BY i.id DESC LIMIT ?2"
                : $"{select} WHERE i.definition = (SELECT id FROM definitions WHERE name = ?3) AND i.id < ?1 ORDER BY i.id DESC LIMIT ?2")
            .Bind(1, JournalReader.Before(before)).Bind(2, limit);
        if (definitionId is not null)
        {
            query.Bind(3, definitionId);
        }

        var entries = new List<InboxEntry>();
        while (query.Step())
        {
            entries.Add(Entry(query));
        }

        return entries;
    }

    public InboxEntry? Find(Guid id)
    {
        var query = database.Prepare($"SELECT {InboxColumns}, i.body FROM inbox i JOIN definitions d ON d.id = i.definition WHERE i.id = ?1").Bind(1, id);
        if (!query.Step())
        {
            return null;
        }

        var entry = Entry(query);
        query.Reset();
        return entry;
    }

    private static InboxEntry Entry(SqliteStatement row) => new()
    {
        Id = row.Guid(0),
        ReceivedAt = row.Time(1),
        DefinitionId = row.Text(2),
        TriggerName = row.Text(3),
        ReasonCode = row.Text(4),
        ReasonMessage = row.Text(5),
        Method = row.Text(6),
        PathAndQuery = row.Text(7),
        Headers = JsonElement.Parse(row.Text(8)),
        BodySize = (int)row.Long(9),
        Body = row.Blob(10),
    };
}
