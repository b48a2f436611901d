using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.Extensions.Options;

namespace FlowLite.Server.Auth;

/// <summary>Makes the administrator's bearer tokens.</summary>
public sealed class AccessTokens(IOptionsMonitor<BearerTokenOptions> monitor, TimeProvider time)
{
    private BearerTokenOptions Options => monitor.Get(AuthHosting.Scheme);

    public string New() => Options.BearerTokenProtector.Protect(Ticket(AdminAccount.Principal(AuthHosting.Scheme), Options.BearerTokenExpiration));

    /// <summary>One that ends with the browser's session, if not before.</summary>
    public string New(ClaimsPrincipal session, TimeSpan lifetime) => Options.BearerTokenProtector.Protect(Ticket(session, lifetime));

    public string NewRefreshToken() => Options.RefreshTokenProtector.Protect(Ticket(AdminAccount.Principal(AuthHosting.Scheme), Options.RefreshTokenExpiration));

    public bool IsRefreshToken(string token) =>
        Options.RefreshTokenProtector.Unprotect(token)?.Properties.ExpiresUtc is { } expires && time.GetUtcNow() < expires;

    private AuthenticationTicket Ticket(ClaimsPrincipal whose, TimeSpan lifetime) =>
        new(whose, new AuthenticationProperties { ExpiresUtc = time.GetUtcNow() + lifetime }, AuthHosting.Scheme);
}
