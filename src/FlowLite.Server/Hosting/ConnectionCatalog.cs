using System.Security.Cryptography.X509Certificates;
using FlowLite.Activities.Crm;
using FlowLite.Crm;
using Microsoft.Extensions.Options;

namespace FlowLite.Server.Hosting;

/// <summary>
/// Connections by name, from <c>FlowLite:Connections:{name}</c>. <c>embedded</c> is the server's own CRM as far as nothing else
/// is configured for it.
/// </summary>
public sealed class ConnectionCatalog(IConfiguration configuration, OwnAddress own, IOptions<CrmOptions> crm)
{
    public const string Embedded = "embedded";
    public const string CrmPath = "crm";
    private const string DefaultKind = "dataverse";
    private const string TokenPath = "/oauth2/v2.0/token";

    /// <summary>Sorted.</summary>
    public IReadOnlyList<string> Names =>
        [.. configuration.GetSection($"{FlowLiteOptions.Section}:Connections").GetChildren().Select(section => section.Key)
            .Append(Embedded).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Null: there is none of that name, or the server doesn't listen yet and so has no address.</summary>
    public ConnectionSettings? Find(string name)
    {
        var section = configuration.GetSection($"{FlowLiteOptions.Section}:Connections:{name}");
        if (name != Embedded)
        {
            return section.Exists() ? Read(section) : null;
        }

        if (section["Url"] is { Length: > 0 } url)
        {
            return ReadEmbedded(section, url);
        }

        return own.Loopback is { } address
            ? ReadEmbedded(section, new Uri(address, CrmPath).AbsoluteUri, own.IsOwn)
            : null;
    }

    private static ConnectionSettings Read(IConfigurationSection section) =>
        new(section["Kind"] ?? DefaultKind, section.GetChildren().Select(value => KeyValuePair.Create(value.Key, value.Value)));

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
}
