using FlowLite.Activities.Crm.Gates;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>The connections that definitions refer to by name; they hold no secret themselves.</summary>
/// <param name="find">Null: there is no connection of that name.</param>
/// <param name="gates">What is before the connections; null: nothing, as in a replay.</param>
public sealed class Connections(Func<string, ICrmConnector?> find, ConnectionGates? gates = null)
{
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
