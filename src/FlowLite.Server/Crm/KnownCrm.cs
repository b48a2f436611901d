using System.Security.Cryptography;
using System.Text;
using FlowLite.Activities.Crm;

namespace FlowLite.Server.Crm;

/// <summary>What a connection's CRM has said of its tables.</summary>
/// <param name="Mark">Of the connection's settings then (<see cref="MarkOf"/>): what was said to others is not its word.</param>
/// <param name="Entities">All tables.</param>
/// <param name="Fields">Columns by the table's logical name, of those tables that flows are offered forms for.</param>
public sealed record KnownCrm(
    string Connection, string? Mark, DateTimeOffset AskedAt, IReadOnlyList<CrmEntityInfo> Entities, IReadOnlyDictionary<string, IReadOnlyList<CrmField>> Fields)
{
    /// <summary>By its logical or its set name, whatever the case, but rather by just that name; null: there is no such table.</summary>
    public CrmEntityInfo? Find(string entity) =>
        Entities.FirstOrDefault(table => table.Name == entity || table.SetName == entity)
        ?? Entities.FirstOrDefault(table => Same(table.Name, entity) || Same(table.SetName, entity));

    /// <summary>The same, with its columns as far as they are known.</summary>
    public KnownTable? Table(string entity) =>
        Find(entity) is { } table ? new KnownTable(Same(table.Name, entity) ? table.Name : table.SetName, Fields.GetValueOrDefault(table.Name)) : null;

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>The same for settings through which the same CRM is seen in the same way. Secrets have no part in it, as it is kept in a file.</summary>
    public static string MarkOf(ConnectionSettings settings)
    {
        var said = new StringBuilder(settings.Kind);
        foreach (var field in ConnectorKind.Find(settings.Kind)?.Fields.Where(field => field is { IsSecret: false, IsOfCalls: false }) ?? [])
        {
            said.Append('\n').Append(field.Name).Append('=').Append(settings[field.Name]);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(said.ToString())));
    }
}
