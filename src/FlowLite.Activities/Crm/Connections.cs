using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>The connections that definitions refer to by name; they hold no secret themselves.</summary>
/// <param name="find">Null: there is no connection of that name.</param>
public sealed class Connections(Func<string, ICrmConnector?> find)
{
    /// <exception cref="ActivityException"><c>ConnectionNotFound</c></exception>
    public ICrmConnector Get(string name) =>
        find(name) ?? throw new ActivityException("ConnectionNotFound", $"There is no connection '{name}'. Add it, or choose another one in the activity's settings.");
}
