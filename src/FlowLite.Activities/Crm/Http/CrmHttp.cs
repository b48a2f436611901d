using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Http;

/// <summary>One call of the CRM or of its token endpoint: sent, awaited within the time, read as far as it matters.</summary>
internal sealed class CrmHttp : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(100);
    /// <summary>What the CRM may ask for at most: the time after which retries end.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromDays(7);
    /// <summary>How much of a failure's body is read, in bytes.</summary>
    public const int LongestFailure = 64 * 1024;

    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;
    private readonly SecretMask _mask;

    /// <param name="url">Where the CRM is; one on this machine is not called through a proxy.</param>
    /// <param name="trustsCertificate">Accepts certificates beside those that the machine trusts; null: none.</param>
    public CrmHttp(string url, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time, SecretMask mask)
    {
        _time = time;
        _mask = mask;
        var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = 256,
            AllowAutoRedirect = false,
            UseCookies = false,
            // Runs are told apart by their journal; a trace header on each call would cost a layer and tell CRMs nothing.
            ActivityHeadersPropagator = null,
            // The embedded CRM is never behind the proxy that the machine uses for the internet.
            UseProxy = !new Uri(url).IsLoopback,
        };
        if (trustsCertificate is { } trusts)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) => errors == SslPolicyErrors.None || trusts(certificate);
        }

        // No HttpClient around it: its own time-out and headers would be set up for each call and are not used.
        _http = new HttpMessageInvoker(handler);
    }

    /// <param name="what">Who is called, for messages: <c>The CRM of connection 'embedded'</c></param>
    /// <param name="longestBody">How much of the body of a 2xx is read, in bytes; 0: it is not wanted.</param>
    /// <exception cref="ActivityException">
    /// <c>Timeout</c>, <c>ConnectionFailed</c>: to be tried again, and of unknown outcome unless there was no connection at all.
    /// </exception>
    public async ValueTask<CrmAnswer> SendAsync(HttpRequestMessage request, string what, int longestBody, CancellationToken cancellationToken)
    {
        using var ending = new CancellationTokenSource(CallTimeout, _time);
        using var stopping = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), ending);
        try
        {
            using var response = await _http.SendAsync(request, ending.Token);
            var status = (int)response.StatusCode;
            var failed = status >= 300;
            var body = failed || longestBody > 0 ? await ReadAsync(response.Content, failed ? LongestFailure : longestBody, ending.Token) : null;
            return new CrmAnswer(
                status,
                failed ? _mask.Apply(body!) : body,
                response.Headers.TryGetValues("OData-EntityId", out var ids) ? ids.First() : null,
                response.Content.Headers.ContentType?.MediaType == "application/json",
                failed ? RetryAfter(response) : null,
                response.Headers);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ActivityException("Timeout", $"{what} did not answer within {CallTimeout.TotalSeconds:0} seconds.") { Retryable = true, OutcomeUnknown = true };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ActivityException("ConnectionFailed", $"{what} could not be reached: {e.Message.TrimEnd('.')}. Check that it runs and that the connection's address is right.")
            {
                Retryable = true,
                OutcomeUnknown = !NeverArrived(e),
            };
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>There was no connection that the request could have gone through.</summary>
    private static bool NeverArrived(Exception e) => e is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    private static async ValueTask<string> ReadAsync(HttpContent content, int longest, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[Math.Min(longest, LongestFailure)];
        var length = 0;
        while (true)
        {
            length += await stream.ReadAtLeastAsync(buffer.AsMemory(length), buffer.Length - length, throwOnEndOfStream: false, cancellationToken);
            if (length < buffer.Length || length == longest)
            {
                return Encoding.UTF8.GetString(buffer.AsSpan(0, length));
            }

            Array.Resize(ref buffer, Math.Min(longest, buffer.Length * 4));
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date - _time.GetUtcNow());
        return wait switch
        {
            null => null,
            { } past when past < TimeSpan.Zero => TimeSpan.Zero,
            { } far when far > LongestRetryAfter => LongestRetryAfter,
            _ => wait,
        };
    }
}

/// <param name="Body">Cut at what the caller wants, at 64 KB for failures, where secrets are masked; null where it was not wanted.</param>
/// <param name="EntityId">The <c>OData-EntityId</c> header.</param>
internal readonly record struct CrmAnswer(int Status, string? Body, string? EntityId, bool IsJson, TimeSpan? RetryAfter, HttpResponseHeaders Headers)
{
    /// <summary>Where the record is that was made, absolute; null: not said.</summary>
    public string? Location => Headers.Location is { IsAbsoluteUri: true } location ? location.AbsoluteUri : null;

    /// <summary>The record's version, as a header.</summary>
    public string? ETag => Header("ETag");

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.First() : null;
}
