using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using FlowLite.Activities.Crm;
using FlowLite.Crm;
using FlowLite.Server.Crm;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace FlowLite.Server.Hosting;

/// <summary>
/// Connections by name: those that are stored, and <c>FlowLite:Connections:{name}</c>, which wins field by field. <c>embedded</c>
/// is the server's own CRM as far as nothing else is configured for it.
/// </summary>
public sealed class ConnectionCatalog(IConfiguration configuration, OwnAddress own, IOptions<CrmOptions> crm, StoredConnections stored)
{
    public const string Embedded = "embedded";
    public const string CrmPath = "crm";
    private const string DefaultKind = "dataverse";
    private const string TokenPath = "/oauth2/v2.0/token";

    private Known? _known;

    /// <summary>Sorted.</summary>
    public IReadOnlyList<string> Names =>
        [.. configuration.GetSection($"{FlowLiteOptions.Section}:Connections").GetChildren().Select(section => section.Key)
            .Concat(stored.All.Select(connection => connection.Name))
            .Append(Embedded).DistinctBy(name => name.ToUpperInvariant()).Order(StringComparer.Ordinal)];

    /// <summary>Null: there is none of that name, or the server doesn't listen yet and so has no address.</summary>
    public ConnectionSettings? Find(string name)
    {
        // Every record that a flow makes asks, and reading configuration takes longer than the rest of that call's own work.
        var known = _known;
        if (known is null || known.Configuration.HasChanged || known.Stored != stored.Version)
        {
            // The marks first: what changes while it is read is read again.
            _known = known = new Known(configuration.GetReloadToken(), stored.Version, new(StringComparer.Ordinal));
        }

        if (!known.ByName.TryGetValue(name, out var settings) && (settings = Read(name)) is not null)
        {
            known.ByName[name] = settings;
        }

        return settings;
    }

    private ConnectionSettings? Read(string name)
    {
        var section = Section(name);
        if (name != Embedded)
        {
            return stored.Find(name) is { } kept ? Merge(name, kept.Kind, stored.Values(kept))
                : section.Exists() ? Configured(name) : null;
        }

        if (section["Url"] is { Length: > 0 } url)
        {
            return ReadEmbedded(section, url);
        }

        return own.Loopback is { } address
            ? ReadEmbedded(section, new Uri(address, CrmPath).AbsoluteUri, own.IsOwn)
            : null;
    }

    /// <summary>Whether there is one of that name, usable or not.</summary>
    public bool Exists(string name) => name == Embedded || IsConfigured(name) || stored.Find(name) is not null;

    /// <summary>Whether configuration says something of it.</summary>
    public bool IsConfigured(string name) => Section(name).Exists();

    /// <summary>The fields that configuration sets, <c>Kind</c> among them.</summary>
    public IReadOnlyList<string> Overridden(string name) =>
        [.. Section(name).GetChildren().Where(value => !string.IsNullOrEmpty(value.Value)).Select(value => value.Key)];

    /// <summary>What configuration alone makes of it.</summary>
    public ConnectionSettings Configured(string name) => Merge(name, DefaultKind, []);

    /// <summary>What a connection with these values would be, with configuration on top.</summary>
    public ConnectionSettings Merge(string name, string kind, IEnumerable<KeyValuePair<string, string>> values)
    {
        var section = Section(name);
        var merged = values.ToDictionary(value => value.Key, value => (string?)value.Value, StringComparer.OrdinalIgnoreCase);
        foreach (var value in section.GetChildren().Where(value => !string.IsNullOrEmpty(value.Value)))
        {
            merged[value.Key] = value.Value;
        }

        return new ConnectionSettings(section["Kind"] ?? kind, merged);
    }

    private IConfigurationSection Section(string name) => configuration.GetSection($"{FlowLiteOptions.Section}:Connections:{name}");

    private ConnectionSettings ReadEmbedded(IConfigurationSection section, string url, Func<X509Certificate?, bool>? trusts = null)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Url"] = url,
            ["TokenUrl"] = url.TrimEnd('/') + TokenPath,
            ["ClientId"] = crm.Value.ClientId,
            ["ClientSecret"] = crm.Value.ClientSecret,
        };
        foreach (var value in section.GetChildren().Where(value => !string.IsNullOrEmpty(value.Value)))
        {
            values[value.Key] = value.Value;
        }

        return new ConnectionSettings(section["Kind"] ?? DefaultKind, values) { TrustsCertificate = trusts };
    }

    /// <param name="Configuration">Tells that it was loaded again.</param>
    /// <param name="Stored">Which state of the stored connections it was read from.</param>
    private sealed record Known(IChangeToken Configuration, object Stored, ConcurrentDictionary<string, ConnectionSettings> ByName);
}
