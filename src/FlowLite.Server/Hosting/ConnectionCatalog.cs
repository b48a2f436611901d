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
            return section.Exists() ? Read(section, section["Url"] ?? "") : null;
        }

        if (section["Url"] is { Length: > 0 } url)
        {
            return Read(section, url);
        }

        return own.Loopback is { } address
            ? Read(section, new Uri(address, CrmPath).AbsoluteUri) with { TrustsCertificate = own.IsOwn }
            : null;
    }

    private ConnectionSettings Read(IConfigurationSection section, string url)
    {
        var isEmbedded = section.Key == Embedded;
        return new ConnectionSettings
        {
            Kind = section["Kind"] ?? ConnectionSettings.Dataverse,
            Url = url,
            TokenUrl = section["TokenUrl"] ?? (isEmbedded ? url.TrimEnd('/') + TokenPath : ""),
            ClientId = section["ClientId"] ?? (isEmbedded ? crm.Value.ClientId : ""),
            ClientSecret = section["ClientSecret"] ?? (isEmbedded ? crm.Value.ClientSecret : ""),
            Scope = section["Scope"],
            Entities = section["Entities"],
        };
    }
}
