using System.Text.Json;

namespace FlowLite.Activities.Crm;

/// <summary>What a record is found by: its id, or the values of columns that the CRM enforces as unique (an alternate key).</summary>
public sealed record RecordKey
{
    private RecordKey(string? id, IReadOnlyList<KeyValuePair<string, JsonElement>> columns)
    {
        Id = id;
        Columns = columns;
    }

    /// <summary>Null for an alternate key.</summary>
    public string? Id { get; }

    /// <summary>Empty for an id.</summary>
    public IReadOnlyList<KeyValuePair<string, JsonElement>> Columns { get; }

    public static RecordKey ById(string id) => new(id, []);

    /// <param name="columns">Texts, numbers and booleans.</param>
    public static RecordKey ByColumns(params IReadOnlyList<KeyValuePair<string, JsonElement>> columns) => new(null, columns);
}
