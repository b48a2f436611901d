using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace FlowLite.Server.Hosting;

/// <summary>
/// The address at which the server reaches itself, and the certificates that it shows there. Calls to the embedded CRM go
/// over HTTP like those to any other, so that its connector is the one that is used for Dynamics.
/// </summary>
public sealed class OwnAddress(IServiceProvider services)
{
    private static readonly HashSet<string> AnyHost = ["0.0.0.0", "[::]", "*", "+"];

    private readonly ConcurrentDictionary<string, bool> _certificates = new();
    private Uri? _loopback;

    /// <summary>Null until the server listens.</summary>
    public Uri? Loopback => _loopback ??= Find();

    /// <summary>Every address that is listened on, as Kestrel writes them.</summary>
    public IReadOnlyCollection<string> Bound =>
        [.. services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    /// <summary>Kestrel is about to use a certificate for a caller.</summary>
    public void Showing(SslServerAuthenticationOptions options)
    {
        if ((options.ServerCertificateContext?.TargetCertificate ?? options.ServerCertificate) is X509Certificate2 certificate)
        {
            _certificates[certificate.Thumbprint] = true;
        }
    }

    /// <summary>
    /// Accepts exactly the certificates that this process has shown, whoever they are made out to: whoever calls the own
    /// loopback address calls it by another name than callers from outside do.
    /// </summary>
    public bool IsOwn(X509Certificate? certificate) => certificate is X509Certificate2 shown && _certificates.ContainsKey(shown.Thumbprint);

    // Without encryption where that never leaves the machine.
    private Uri? Find() => Bound
        .Select(Parse)
        .OfType<Uri>()
        .OrderBy(url => (url.Scheme == "http", url.IsLoopback) switch
        {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            _ => 3,
        })
        .FirstOrDefault();

    private static Uri? Parse(string bound)
    {
        var address = BindingAddress.Parse(bound);
        if (address.IsUnixPipe || address.IsNamedPipe || address.Port == 0)
        {
            return null;
        }

        var host = AnyHost.Contains(address.Host) ? (address.Scheme == "https" ? "localhost" : "127.0.0.1") : address.Host;
        return new Uri($"{address.Scheme}://{host}:{address.Port}/");
    }
}
