using System.Collections.Immutable;
using System.Security.Cryptography;
using FlowLite.Persistence.Catalogue;
using Microsoft.AspNetCore.DataProtection;

namespace FlowLite.Server.Crm;

/// <summary>The stored connections, in memory with their secrets in clear: every record that a flow makes asks for one.</summary>
public sealed class StoredConnections
{
    private readonly ConnectionStore _store;
    private readonly IDataProtector _protector;
    private readonly Lock _lock = new();
    private ImmutableDictionary<string, Entry> _byName;

    public StoredConnections(ConnectionStore store, IDataProtectionProvider provider)
    {
        _store = store;
        _protector = provider.CreateProtector("FlowLite.Connections");
        _byName = store.List().ToImmutableDictionary(connection => connection.Name, Open, StringComparer.OrdinalIgnoreCase);
    }

    public IEnumerable<StoredConnection> All => _byName.Values.Select(entry => entry.Connection);

    /// <summary>Another one after each change.</summary>
    public object Version => _byName;

    /// <summary>By name, whatever the case; null: there is none.</summary>
    public StoredConnection? Find(string name) => _byName.GetValueOrDefault(name)?.Connection;

    /// <summary>Settings and secrets, in clear. A secret of another key ring is left out: it has to be given again.</summary>
    public IReadOnlyDictionary<string, string> Values(StoredConnection connection) =>
        _byName.GetValueOrDefault(connection.Name) is { } entry && entry.Connection == connection ? entry.Values : Open(connection).Values;

    public string Protect(string secret) => _protector.Protect(secret);

    public void Save(StoredConnection connection)
    {
        lock (_lock)
        {
            _store.Save(connection);
            _byName = Without(connection.Id).Add(connection.Name, Open(connection));
        }
    }

    public void Delete(StoredConnection connection)
    {
        lock (_lock)
        {
            _store.Delete(connection.Id);
            _byName = Without(connection.Id);
        }
    }

    private ImmutableDictionary<string, Entry> Without(string id) =>
        _byName.RemoveRange(_byName.Where(named => named.Value.Connection.Id == id).Select(named => named.Key));

    private Entry Open(StoredConnection connection)
    {
        var values = new Dictionary<string, string>(connection.Settings, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, secret) in connection.Secrets)
        {
            try
            {
                values[name] = _protector.Unprotect(secret);
            }
            catch (CryptographicException)
            {
                // The key ring is another one.
            }
        }

        return new Entry(connection, values);
    }

    private sealed record Entry(StoredConnection Connection, IReadOnlyDictionary<string, string> Values);
}
