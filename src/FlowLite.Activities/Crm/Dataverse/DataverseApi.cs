using System.Security.Cryptography.X509Certificates;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>Calls of one connection's Web API v9.2, signed in; a token that is refused is renewed once.</summary>
internal sealed class DataverseApi : IDisposable
{
    private readonly CrmHttp _http;
    private readonly AccessTokens _tokens;

    public DataverseApi(string connection, DataverseSettings settings, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time)
    {
        Who = $"The CRM of connection '{connection}'";
        Root = $"{settings.Url.TrimEnd('/')}/api/data/v9.2/";
        var mask = new SecretMask(settings.Secrets);
        _http = new CrmHttp(settings.Url, trustsCertificate, time, mask);
        _tokens = new AccessTokens(connection, settings.Credentials, _http, mask, time);
    }

    /// <summary>For messages: <c>The CRM of connection 'embedded'</c></summary>
    public string Who { get; }

    /// <summary>With a slash at the end.</summary>
    public string Root { get; }

    /// <param name="headers">Conditions and preferences, beside those of each call.</param>
    /// <param name="longestBody">How much of a success's body is read, in bytes; 0: none.</param>
    /// <exception cref="ActivityException">No token, or no answer.</exception>
    public async ValueTask<CrmAnswer> SendAsync(
        HttpMethod method, string url, ReadOnlyMemory<byte>? body, DataverseHeaders headers, int longestBody, CancellationToken cancellationToken)
    {
        var token = await _tokens.GetAsync(rejected: null, cancellationToken);
        var answer = await SendAsync(method, url, body, headers, token, longestBody, cancellationToken);
        if (answer.Status != 401)
        {
            return answer;
        }

        // Revoked before its time: once more with a new one.
        token = await _tokens.GetAsync(rejected: token, cancellationToken);
        return await SendAsync(method, url, body, headers, token, longestBody, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<CrmAnswer> SendAsync(
        HttpMethod method, string url, ReadOnlyMemory<byte>? body, DataverseHeaders headers, AccessToken token, int longestBody, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Authorization = token.Header;
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.TryAddWithoutValidation("OData-MaxVersion", "4.0");
        request.Headers.TryAddWithoutValidation("OData-Version", "4.0");
        Add(request, "If-None-Match", headers.IfNoneMatch);
        Add(request, "If-Match", headers.IfMatch);
        Add(request, "Prefer", headers.Prefer);
        Add(request, "MSCRM.SuppressDuplicateDetection", headers.DetectDuplicates ? "false" : null);
        if (body is { } bytes)
        {
            request.Content = RecordBody.Content(bytes);
        }

        return await _http.SendAsync(request, Who, longestBody, cancellationToken);
    }

    private static void Add(HttpRequestMessage request, string name, string? value)
    {
        if (value is not null)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}

/// <summary>The headers by which calls differ; null: left out.</summary>
internal readonly record struct DataverseHeaders(string? IfNoneMatch = null, string? IfMatch = null, string? Prefer = null, bool DetectDuplicates = false);
