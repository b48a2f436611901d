using FlowLite.Activities.Crm;

namespace FlowLite.Server.Crm;

/// <summary>What a connection's CRM has said of its tables.</summary>
/// <param name="Url">The CRM's, as the connection had it then: what another one said is not this one's.</param>
/// <param name="Entities">All tables.</param>
/// <param name="Fields">Columns by the table's logical name, of those tables that flows are offered forms for.</param>
public sealed record KnownCrm(
    string Connection, string? Url, DateTimeOffset AskedAt, IReadOnlyList<CrmEntityInfo> Entities, IReadOnlyDictionary<string, IReadOnlyList<CrmField>> Fields)
{
    /// <summary>By its logical or its set name, whatever the case; null: there is no such table.</summary>
    public CrmEntityInfo? Find(string entity) => Entities.FirstOrDefault(table =>
        string.Equals(table.Name, entity, StringComparison.OrdinalIgnoreCase) || string.Equals(table.SetName, entity, StringComparison.OrdinalIgnoreCase));
}
