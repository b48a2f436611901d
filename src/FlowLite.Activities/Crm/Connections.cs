using FlowLite.Activities.Crm.Gates;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>What is known of a connection's table by its logical or its set name, whatever the case, without asking the CRM; null: nothing.</summary>
public delegate KnownTable? KnownTables(string connection, string entity);

/// <param name="Name">The name that it was asked for by, as the CRM spells it.</param>
/// <param name="Columns">Null: they are not known.</param>
public sealed record KnownTable(string Name, IReadOnlyList<CrmField>? Columns);

/// <summary>The connections that definitions refer to by name; they hold no secret themselves.</summary>
/// <param name="find">Null: there is no connection of that name.</param>
/// <param name="tables">What is known of tables; null: nothing of any.</param>
/// <param name="gates">What is before the connections; null: nothing, as in a replay.</param>
public sealed class Connections(Func<string, ICrmConnector?> find, ConnectionGates? gates = null, KnownTables? tables = null)
{
    /// <summary>A table, as far as its CRM has told of it; null: it has not.</summary>
    public KnownTable? TableOf(string name, string entity) => tables?.Invoke(name, entity);

    /// <exception cref="ActivityException"><c>ConnectionNotFound</c></exception>
    public ICrmConnector Get(string name) =>
        find(name) ?? throw new ActivityException("ConnectionNotFound", $"There is no connection '{name}'. Add it, or choose another one in the activity's settings.");

    /// <summary>A call of an activity, through the connection's gate: at most so many at once, and none while its CRM is down.</summary>
    /// <exception cref="ActivityException"><c>ConnectionNotFound</c>; what the call fails with; or one with a wait for the gate.</exception>
    public async ValueTask<T> CallAsync<T>(string name, ActivityContext context, Func<ICrmConnector, ValueTask<T>> call)
    {
        var connector = Get(name);
        if (gates is null)
        {
            return await call(connector);
        }

        var gate = gates.Of(name);
        var pass = await gate.EnterAsync(context.RunId, context.CancellationToken);
        try
        {
            var result = await call(connector);
            gate.Leave(pass, null);
            return result;
        }
        catch (ActivityException e)
        {
            gate.Leave(pass, e);
            throw;
        }
        catch
        {
            gate.Leave(pass);
            throw;
        }
    }
}
