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
    /// <summary>By its logical or its set name, whatever the case; null: there is no such table.</summary>
    public CrmEntityInfo? Find(string entity) => Entities.FirstOrDefault(table =>
        string.Equals(table.Name, entity, StringComparison.OrdinalIgnoreCase) || string.Equals(table.SetName, entity, StringComparison.OrdinalIgnoreCase));

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
