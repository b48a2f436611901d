using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using FlowLite.Engine;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http.Client;

/// <summary>
/// Sends over the network. The rules are asked when a connection is made, so that neither a redirect nor a name that changes its
/// address gets around them.
/// </summary>
public sealed class HttpSender : IHttpSender, IDisposable
{
    private const int MostRedirects = 10;
    private const int ReadAtOnce = 16 * 1024;
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromDays(7);

    // What goes along to another site: nothing that could be a credential of the first.
    private static readonly HashSet<string> Harmless = new(StringComparer.OrdinalIgnoreCase) { "Accept", "Accept-Language", "User-Agent" };

    private readonly OutboundSettings _settings;
    private readonly OutboundRules _rules;
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;
    private readonly MemoryBudget _memory;

    public HttpSender(OutboundSettings settings, TimeProvider time, LargeBodies largeBodies)
    {
        _memory = largeBodies.Transfers;
        _settings = settings;
        _rules = new OutboundRules(settings);
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = 256,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            ActivityHeadersPropagator = null,
            UseProxy = settings.Proxy != "none",
            Proxy = settings.Proxy == "none" ? null : new OutboundProxy(settings.Proxy is { } proxy ? new WebProxy(proxy) : HttpClient.DefaultProxy),
            ConnectCallback = ConnectAsync,
        });
    }

    public async ValueTask<HttpAnswer> SendAsync(HttpCall call, CancellationToken cancellationToken)
    {
        using var ending = new CancellationTokenSource(_settings.Timeout, _time);
        using var stopping = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), ending);
        var what = $"{call.Method} {call.Url.GetLeftPart(UriPartial.Path)}";
        try
        {
            for (var redirects = 0; ; redirects++)
            {
                if (!_rules.MayCall(call.Url.IdnHost))
                {
                    throw NotAllowed(call.Url);
                }

                using var request = Message(call);
                using var response = await _http.SendAsync(request, ending.Token);
                if (redirects < MostRedirects && Redirect(call, response) is { } next)
                {
                    call = next;
                    continue;
                }

                return await ReadAsync(response, what, ending.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpCallException($"{what} was not answered within {_settings.Timeout.TotalSeconds:0} seconds.", isTimeout: true, wasSent: true);
        }
        catch (Exception e) when (Denied(e) is { } denied)
        {
            throw NotAllowed(call.Url, denied.Address);
        }
        catch (HttpRequestException e)
        {
            var wasSent = e.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError);
            throw new HttpCallException($"{what} failed: {e.Message}", isTimeout: false, wasSent);
        }
        // InvalidDataException: it is not compressed as it says.
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new HttpCallException($"{what} failed: {e.Message}", isTimeout: false, wasSent: true);
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Message(HttpCall call)
    {
        var request = new HttpRequestMessage(new HttpMethod(call.Method), call.Url);
        if (call.Content is { } content)
        {
            request.Content = new ByteArrayContent(content);
            if (call.ContentType is { } type)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            }
        }

        foreach (var (name, value) in call.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    /// <summary>Where an answer leads to, as browsers and .NET follow it (RFC 9110, 15.4); null: it is the answer. Never from https to http.</summary>
    private static HttpCall? Redirect(HttpCall call, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
        {
            return null;
        }

        var url = location.IsAbsoluteUri ? location : new Uri(call.Url, location);
        if (url.Scheme is not ("http" or "https") || (call.Url.Scheme == "https" && url.Scheme == "http"))
        {
            return null;
        }

        var isSameSite = Uri.Compare(call.Url, url, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;
        var next = call with { Url = url, Headers = isSameSite ? call.Headers : [.. call.Headers.Where(h => Harmless.Contains(h.Key))] };
        return (status is 301 or 302 && call.Method == "POST") || (status == 303 && call.Method is not ("GET" or "HEAD"))
            ? next with { Method = "GET", Content = null, ContentType = null }
            : next;
    }

    private async ValueTask<HttpAnswer> ReadAsync(HttpResponseMessage response, string what, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var limit = _settings.MaxResponseSize;
        using var content = new ScratchBuffer();
        MemoryLease? lease = null;
        try
        {
            while (await stream.ReadAsync(content.GetMemory(ReadAtOnce), cancellationToken) is var read and > 0)
            {
                content.Advance(read);
                if (content.Length > limit)
                {
                    throw new ActivityException("ResponseTooLarge", $"{what} was answered with more than {limit} bytes. The server's setting Http:MaxResponseSize allows no more.");
                }

                if (lease is null && content.Length > MemoryBudget.Small)
                {
                    // The rest waits at the other side.
                    lease = await _memory.EnterAsync(Math.Min(response.Content.Headers.ContentLength ?? limit, limit), Timeout.InfiniteTimeSpan, cancellationToken);
                }
            }

            lease?.Shrink(content.Length);
            return new HttpAnswer((int)response.StatusCode, response.ReasonPhrase, Headers(response.Headers), Headers(response.Content.Headers), content.Written.ToArray())
            {
                RetryAfter = RetryAfter(response),
                Memory = lease,
            };
        }
        catch
        {
            lease?.Dispose();
            throw;
        }
    }

    private static List<KeyValuePair<string, string>> Headers(HttpHeaders headers) =>
        [.. headers.NonValidated.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value)))];

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date - _time.GetUtcNow());
        return wait is null ? null : TimeSpan.FromTicks(Math.Clamp(wait.Value.Ticks, 0, LongestRetryAfter.Ticks));
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        // A proxy is the administrator's choice, and knows its own rules.
        var isProxy = context.InitialRequestMessage.RequestUri is { } url && !host.Equals(url.IdnHost, StringComparison.OrdinalIgnoreCase) && !host.Equals(url.Host, StringComparison.OrdinalIgnoreCase);
        var addresses = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = isProxy ? addresses : [.. addresses.Where(address => _rules.MayConnect(host, address))];
        if (allowed.Length == 0 && addresses.Length > 0)
        {
            throw new DeniedException(addresses[0]);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static DeniedException? Denied(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is DeniedException denied)
            {
                return denied;
            }
        }

        return null;
    }

    private static ActivityException NotAllowed(Uri url, IPAddress? address = null) => new("AddressNotAllowed",
        $"Flows may not call {url.Host}{(address is null || url.HostNameType != UriHostNameType.Dns ? "" : $" (it is {address})")}. The server's settings Http:Allow and Http:Deny say where they may.");

    private sealed class DeniedException(IPAddress address) : Exception
    {
        public IPAddress Address => address;
    }

    /// <summary>What is on this machine is not called through a proxy.</summary>
    private sealed class OutboundProxy(IWebProxy proxy) : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => proxy.Credentials;
            set => proxy.Credentials = value;
        }

        public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : proxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || proxy.IsBypassed(host);
    }
}
