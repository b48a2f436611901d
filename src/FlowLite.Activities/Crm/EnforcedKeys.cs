using System.Collections.Concurrent;
using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>
/// Whether a CRM enforces the key column that a connection names, table by table, as the CRM itself describes the column. A name in
/// the settings alone makes no create idempotent (law 6).
/// </summary>
/// <param name="column">Null: the connection names none.</param>
/// <param name="withoutKey">What creates are where the column isn't enforced.</param>
/// <param name="what">What the column has to be, for the administrator: <c>property flowlite_key that requires unique values</c></param>
/// <param name="isEnforced">Whether a column that is described like this is enforced.</param>
internal sealed class EnforcedKeys(string? column, Effect withoutKey, string what, Func<JsonElement, bool> isEnforced)
{
    private readonly ConcurrentDictionary<string, State> _byTable = new(StringComparer.OrdinalIgnoreCase);

    private enum State
    {
        Enforced,
        NotUnique,
        Missing,

        /// <summary>The CRM doesn't describe the table: the settings are believed.</summary>
        NotSaid,
    }

    /// <summary>Idempotent also where nothing is known yet; <see cref="CheckAsync"/> comes before a create.</summary>
    public Effect EffectOf(string table) => column is null || StateOf(table) is State.NotUnique or State.Missing ? withoutKey : Effect.Idempotent;

    /// <summary>The column that a create carries its key in; null: the table has none.</summary>
    public string? Carried(string table) => StateOf(table) == State.Missing ? null : column;

    /// <summary>The column that a repeat is told by; null: there is none.</summary>
    public string? Enforced(string table) => StateOf(table) is State.NotUnique or State.Missing ? null : column;

    /// <param name="columns">As the CRM describes them; null: it doesn't.</param>
    public void Learn(string table, IReadOnlyList<JsonElement>? columns)
    {
        if (column is null)
        {
            return;
        }

        var found = columns?.FirstOrDefault(described => string.Equals(CrmJson.Text(described, "name"), column, StringComparison.OrdinalIgnoreCase));
        _byTable[table] = found switch
        {
            null => State.NotSaid,
            { ValueKind: JsonValueKind.Undefined } => State.Missing,
            { } described => isEnforced(described) ? State.Enforced : State.NotUnique,
        };
    }

    /// <inheritdoc cref="ICrmConnector.CheckKeyAsync"/>
    /// <param name="describe">Asks for the table's columns.</param>
    public async ValueTask<string?> CheckAsync(string table, bool anew, Func<ValueTask<IReadOnlyList<JsonElement>>> describe)
    {
        if (column is not null && (anew || StateOf(table) is null))
        {
            try
            {
                Learn(table, await describe());
            }
            catch (ActivityException e) when (!e.Retryable && e.Details is { } details && CrmJson.Number(details, "status") is 400 or 403 or 404)
            {
                // There is no such table, or it is not the connection's to read.
                Learn(table, null);
            }
        }

        return Enforced(table) is null && column is not null
            ? $"'{table}' has no {what}, so the CRM would not tell a repeat: records there are made {(withoutKey == Effect.AtMostOnce ? "at most once" : "at least once")}."
            : null;
    }

    private State? StateOf(string table) => _byTable.TryGetValue(table, out var state) ? state : null;
}
