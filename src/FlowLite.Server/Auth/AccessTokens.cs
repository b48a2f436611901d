using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.Extensions.Options;

namespace FlowLite.Server.Auth;

/// <summary>Makes the administrator's bearer tokens.</summary>
public sealed class AccessTokens(IOptionsMonitor<BearerTokenOptions> monitor, TimeProvider time)
{
    private BearerTokenOptions Options => monitor.Get(AuthHosting.Scheme);

    public string New() => New(Options.BearerTokenExpiration);

    public string New(TimeSpan lifetime) => Options.BearerTokenProtector.Protect(Ticket(lifetime));

    public string NewRefreshToken() => Options.RefreshTokenProtector.Protect(Ticket(Options.RefreshTokenExpiration));

    public bool IsRefreshToken(string token) =>
        Options.RefreshTokenProtector.Unprotect(token)?.Properties.ExpiresUtc is { } expires && time.GetUtcNow() < expires;

    private AuthenticationTicket Ticket(TimeSpan lifetime) =>
        new(AdminAccount.Principal(AuthHosting.Scheme), new AuthenticationProperties { ExpiresUtc = time.GetUtcNow() + lifetime }, AuthHosting.Scheme);
}
