using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlowLite.Activities.Crm.Dataverse;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Http;

/// <summary>
/// Client-credentials tokens (RFC 6749, 4.4) of one connection: kept until shortly before they expire, asked for by one call
/// at a time however many wait for it.
/// </summary>
internal sealed class AccessTokens(string connection, ClientCredentials credentials, CrmHttp http, SecretMask mask, TimeProvider time)
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LifetimeWhenUnsaid = TimeSpan.FromMinutes(10);
    private readonly Lock _lock = new();
    private AccessToken? _current;
    private Task<AccessToken>? _renewal;

    /// <param name="rejected">A token that the CRM did not take: another one is wanted.</param>
    /// <exception cref="ActivityException"><c>TokenRefused</c>; <c>TokenEndpointFailed</c>, <c>ConnectionFailed</c>, <c>Timeout</c>: to be tried again.</exception>
    public ValueTask<AccessToken> GetAsync(AccessToken? rejected, CancellationToken cancellationToken)
    {
        var token = Volatile.Read(ref _current);
        return IsGood(token, rejected) ? new ValueTask<AccessToken>(token!) : new ValueTask<AccessToken>(Renew(rejected).WaitAsync(cancellationToken));
    }

    private bool IsGood(AccessToken? token, AccessToken? rejected) =>
        token is not null && token != rejected && time.GetUtcNow() < token.RenewAt;

    private Task<AccessToken> Renew(AccessToken? rejected)
    {
        lock (_lock)
        {
            // Whoever was here before may have renewed it.
            return IsGood(_current, rejected) ? Task.FromResult(_current!) : _renewal ??= RenewAsync();
        }
    }

    private async Task<AccessToken> RenewAsync()
    {
        // It has to be noted as under way before it can end.
        await Task.Yield();
        try
        {
            var token = await RequestAsync();
            mask.Token = token.Header.Parameter;
            Volatile.Write(ref _current, token);
            return token;
        }
        finally
        {
            lock (_lock)
            {
                _renewal = null;
            }
        }
    }

    private async Task<AccessToken> RequestAsync()
    {
        var form = new List<KeyValuePair<string, string>>
        {
            new("grant_type", "client_credentials"),
            new("client_id", credentials.ClientId),
        };
        if (credentials.Certificate is { } certificate)
        {
            form.Add(new("client_assertion_type", ClientAssertion.Type));
            form.Add(new("client_assertion", ClientAssertion.Create(certificate, credentials.ClientId, credentials.TokenUrl, time.GetUtcNow())));
        }
        else
        {
            form.Add(new("client_secret", credentials.ClientSecret));
        }

        if (credentials.Scope is { Length: > 0 } scope)
        {
            form.Add(new("scope", scope));
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, credentials.TokenUrl) { Content = new FormUrlEncodedContent(form) };
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        var what = $"The token endpoint of connection '{connection}'";
        var answer = await AskAsync(request, what);
        if (answer.Status == 200)
        {
            return Read(answer.Body!) ?? throw new ActivityException("TokenEndpointFailed", $"{what} answered without a token. Check the connection's token URL.") { Retryable = true };
        }

        var retryable = CrmRefusal.IsTransient(answer.Status);
        throw new ActivityException(
            retryable ? "TokenEndpointFailed" : "TokenRefused",
            $"{what} answered HTTP {answer.Status}{DataverseErrors.Said(answer)}." + (retryable ? "" : " Check the connection's token URL, client id, scope, and client secret or certificate."))
        {
            Retryable = retryable,
            RetryAfter = answer.RetryAfter,
            Details = DataverseErrors.Details(answer, retryable ? FailureOwner.Crm : FailureOwner.Administrator),
        };
    }

    private async ValueTask<CrmAnswer> AskAsync(HttpRequestMessage request, string what)
    {
        try
        {
            return await http.SendAsync(request, what, CrmHttp.LongestFailure, CancellationToken.None);
        }
        catch (ActivityException e) when (e.OutcomeUnknown)
        {
            // Without a token nothing was asked of the CRM.
            throw new ActivityException(e.Code, e.Message) { Retryable = e.Retryable };
        }
    }

    private AccessToken? Read(string body)
    {
        try
        {
            var json = JsonElement.Parse(body);
            if (json.GetProperty("access_token").GetString() is not { Length: > 0 } token || !AuthenticationHeaderValue.TryParse($"Bearer {token}", out var header))
            {
                return null;
            }

            var lifetime = json.TryGetProperty("expires_in", out var expires) ? Seconds(expires) : LifetimeWhenUnsaid;
            var margin = lifetime / 5 < RenewBefore ? lifetime / 5 : RenewBefore;
            return new AccessToken(header, time.GetUtcNow() + lifetime - margin);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    // A number, or its text as in Azure AD's first version.
    private static TimeSpan Seconds(JsonElement expires) =>
        double.TryParse(InputValues.Text(expires), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 31_536_000
            ? TimeSpan.FromSeconds(seconds)
            : LifetimeWhenUnsaid;
}

/// <param name="TokenUrl">Of the authorization server: <c>https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token</c></param>
/// <param name="ClientSecret">Not used with a certificate.</param>
/// <param name="Scope">Left out of the request when null.</param>
internal sealed record ClientCredentials(string TokenUrl, string ClientId, string ClientSecret, string? Scope, X509Certificate2? Certificate = null);

/// <param name="Header">As it is sent, made once.</param>
internal sealed record AccessToken(AuthenticationHeaderValue Header, DateTimeOffset RenewAt);
