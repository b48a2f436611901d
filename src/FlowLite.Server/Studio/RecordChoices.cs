using System.Text.Json;
using FlowLite.Server.Hosting;

namespace FlowLite.Server.Studio;

/// <summary>The tables of a connection's CRM: what the activity takes, and what people read. Null: the CRM doesn't say now.</summary>
public delegate ValueTask<IReadOnlyList<(string Name, string DisplayName)>?> EntityNames(string connection, CancellationToken cancellationToken);

/// <summary>Which connections and tables a record can be made in.</summary>
/// <param name="entities">Null: no CRM is asked.</param>
public sealed class RecordChoices(ConnectionCatalog connections, EntityNames? entities)
{
    private const string CreateRecord = "FlowLite.CreateRecord";

    // Every Dynamics CRM has them.
    private static readonly (string Name, string DisplayName)[] Common = [("accounts", "Account"), ("contacts", "Contact"), ("leads", "Lead")];

    /// <summary>A <see cref="StudioOptionsSource"/>.</summary>
    public async ValueTask<IReadOnlyDictionary<string, JsonElement>?> FindAsync(StudioOptionsQuery query, CancellationToken cancellationToken)
    {
        if (query.TypeName != CreateRecord)
        {
            return null;
        }

        var (names, chosen) = query.Property switch
        {
            "Connection" => (connections.Names.Select(name => (name, name)), query.Text("connection")),
            "Entity" => ((await TablesAsync(query.Text("connection") ?? ConnectionCatalog.Embedded, cancellationToken)).Select(table => (table.DisplayName, table.Name)), query.Text("entity")),
            _ => (null, null),
        };
        if (names is null)
        {
            return null;
        }

        // What was chosen before is shown though the CRM doesn't name it: lead is as good as leads.
        var items = names.ToList();
        if (chosen is not null && items.TrueForAll(item => item.Item2 != chosen))
        {
            items.Add((chosen, chosen));
        }

        return new Dictionary<string, JsonElement>([UiSpecifications.Dropdown(items)]);
    }

    private async ValueTask<IReadOnlyList<(string Name, string DisplayName)>> TablesAsync(string connection, CancellationToken cancellationToken) =>
        entities is null ? Common : await entities(connection, cancellationToken) ?? Common;
}
