using System.Globalization;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>
/// One connector for each connection, made when it is first used and again when its settings have changed.
/// Settings are asked for at each use, so they may come to be known, or change, while the server runs.
/// </summary>
public sealed class CrmConnectors(Func<string, ConnectionSettings?> settings, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (ConnectionSettings Settings, IConnector Connector)> _byName = [];

    /// <summary>Null: there is no connection of that name.</summary>
    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    public ICrmConnector? Find(string name) => Get(name);

    /// <summary>The same connection's tables and columns, asked for anew at each call. Null: there is no connection of that name.</summary>
    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    public ICrmMetadata? FindMetadata(string name) => Get(name);

    /// <summary>How many calls of a connection may be under way at once.</summary>
    public int CallsAtOnce(string name) =>
        int.TryParse(settings(name)?[ConnectorKind.CallsAtOnce.Name], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0
            ? limit
            : ConnectorKind.DefaultCallsAtOnce;

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var (_, connector) in _byName.Values)
            {
                connector.Dispose();
            }

            _byName.Clear();
        }
    }

    private IConnector? Get(string name)
    {
        if (settings(name) is not { } current)
        {
            return null;
        }

        lock (_lock)
        {
            if (_byName.TryGetValue(name, out var known) && known.Settings.Equals(current))
            {
                return known.Connector;
            }

            // The one before is left to the calls that still use it; its idle connections close by themselves.
            var kind = ConnectorKind.Find(current.Kind)
                ?? throw ConnectionSettings.Invalid(name, $"its kind '{current.Kind}' is unknown (known: {string.Join(", ", ConnectorKind.All.Select(k => k.Name))})");
            var connector = kind.Create(name, current, time);
            _byName[name] = (current, connector);
            return connector;
        }
    }
}
