using System.Net;

namespace FlowLite.Activities.Http.Client;

/// <summary>Where the requests of flows may go, and how much of an answer is read.</summary>
public sealed record OutboundSettings
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(100);

    /// <summary>Addresses, networks (<c>10.0.0.0/8</c>) and host names (<c>api.contoso.com</c>, <c>*.contoso.com</c>). Empty: everything that isn't denied.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>The same forms; what stands here goes before <see cref="Allow"/>.</summary>
    public IReadOnlyList<string> Deny { get; init; } = [];

    /// <summary>The proxy's address, <c>none</c>, or null for the machine's own.</summary>
    public string? Proxy { get; init; }

    /// <summary>Bytes of an answer's content, decompressed.</summary>
    public int MaxResponseSize { get; init; } = 10 * 1024 * 1024;

    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>What is wrong with them; null: nothing.</summary>
    public string? Problem() => this switch
    {
        { MaxResponseSize: < 1024 or > 100 * 1024 * 1024 } => $"MaxResponseSize is {MaxResponseSize}. It has to be 1024 to 104857600 bytes.",
        _ when Timeout < TimeSpan.FromSeconds(1) || Timeout > TimeSpan.FromMinutes(10) => $"Timeout is {Timeout}. It has to be a second to ten minutes, such as 00:01:40.",
        { Proxy: not (null or "none") } when !(Uri.TryCreate(Proxy, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https" or "socks5") =>
            $"Proxy is '{Proxy}'. It has to be an address such as http://proxy.contoso.com:8080, or none.",
        _ => Allow.Concat(Deny).Where(place => !OutboundRules.IsPlace(place)).Select(place => $"'{place}' is no address, network or host name.").FirstOrDefault(),
    };
}

/// <summary>
/// Decides by name and by address. Link-local addresses and the known addresses of clouds' metadata services are denied unless they
/// are allowed by address: a flow that is tricked into calling them would hand out the machine's own credentials.
/// </summary>
public sealed class OutboundRules
{
    private static readonly IPNetwork[] DeniedByDefault =
    [
        // "This network": the kernel takes it for the machine itself (RFC 1122, 3.2.1.3).
        IPNetwork.Parse("0.0.0.0/8"),
        // Link-local (RFC 3927, RFC 4291), where AWS, Azure, Google Cloud and others have their metadata services.
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("fe80::/10"),
        // Metadata of AWS over IPv6, of Alibaba Cloud, of Azure's fabric, of Oracle Cloud.
        IPNetwork.Parse("fd00:ec2::254/128"),
        IPNetwork.Parse("100.100.100.200/32"),
        IPNetwork.Parse("168.63.129.16/32"),
        IPNetwork.Parse("192.0.0.192/32"),
    ];

    private readonly Places _allow, _deny;

    /// <exception cref="FormatException">A place is none.</exception>
    public OutboundRules(OutboundSettings settings) => (_allow, _deny) = (new Places(settings.Allow), new Places(settings.Deny));

    /// <summary>By the name alone, or by the address where the name is one. Names may still lead to addresses that are denied.</summary>
    public bool MayCall(string host) => IPAddress.TryParse(host.Trim('[', ']'), out var address)
        ? MayConnect(host, address)
        : !_deny.HasName(host) && (_allow.IsEmpty || _allow.HasName(host) || _allow.HasNetworks);

    /// <param name="host">The name that led to the address.</param>
    public bool MayConnect(string host, IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (_deny.HasName(host) || _deny.HasAddress(address))
        {
            return false;
        }

        return _allow.HasAddress(address)
            || ((_allow.IsEmpty || _allow.HasName(host)) && !DeniedByDefault.Any(network => network.Contains(address)) && !address.Equals(IPAddress.IPv6Any));
    }

    internal static bool IsPlace(string place) =>
        IPAddress.TryParse(place, out _) || IPNetwork.TryParse(place, out _) || Uri.CheckHostName(Bare(place)) == UriHostNameType.Dns;

    private static string Bare(string name) => name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;

    private sealed class Places
    {
        private readonly List<IPNetwork> _networks = [];
        private readonly List<string> _names = [];

        public Places(IEnumerable<string> places)
        {
            foreach (var place in places)
            {
                if (IPAddress.TryParse(place, out var address))
                {
                    _networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
                }
                else if (IPNetwork.TryParse(place, out var network))
                {
                    _networks.Add(network);
                }
                else
                {
                    _names.Add(IsPlace(place) ? place : throw new FormatException($"'{place}' is no address, network or host name."));
                }
            }
        }

        public bool IsEmpty => _networks.Count + _names.Count == 0;

        public bool HasNetworks => _networks.Count > 0;

        public bool HasAddress(IPAddress address) => _networks.Exists(network => network.Contains(address));

        public bool HasName(string host)
        {
            var name = host.TrimEnd('.');
            return _names.Exists(known => known.StartsWith("*.", StringComparison.Ordinal)
                ? name.EndsWith(known[1..], StringComparison.OrdinalIgnoreCase)
                : name.Equals(known, StringComparison.OrdinalIgnoreCase));
        }
    }
}
