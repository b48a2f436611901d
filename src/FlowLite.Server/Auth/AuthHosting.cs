using FlowLite.Server.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace FlowLite.Server.Auth;

/// <summary>Nothing is open unless it says so itself.</summary>
public static class AuthHosting
{
    public const string Scheme = BearerTokenDefaults.AuthenticationScheme;

    public static IServiceCollection AddFlowLiteAuth(this IServiceCollection services)
    {
        services.AddSingleton<AdminAccount>();
        services.AddSingleton<SignInGuard>();
        services.AddSingleton<EndedSessions>();
        services.AddSingleton<AccessTokens>();
        services.AddAuthentication(Scheme).AddBearerToken(Scheme).AddCookie(SessionCookie.Scheme);
        services.AddSingleton<IPostConfigureOptions<BearerTokenOptions>, TokenProtectors>();
        services.AddSingleton<IPostConfigureOptions<CookieAuthenticationOptions>, SessionCookie>();
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder(Scheme).RequireAuthenticatedUser().Build())
            .AddPolicy(SessionCookie.Policy, session => session.AddAuthenticationSchemes(SessionCookie.Scheme).RequireAuthenticatedUser());
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, Challenge>();
        return services;
    }

    /// <summary>Whether the caller is the administrator, for endpoints that decide on their own.</summary>
    public static async ValueTask<bool> IsAdminAsync(HttpContext context) => (await context.AuthenticateAsync(Scheme)).Succeeded;

    /// <summary>Tokens end with the password that they were given for, and with the session.</summary>
    private sealed class TokenProtectors(IDataProtectionProvider protection, AdminAccount admin, EndedSessions ended) : IPostConfigureOptions<BearerTokenOptions>
    {
        public void PostConfigure(string? name, BearerTokenOptions options)
        {
            options.BearerTokenProtector = new LiveTickets(new TicketDataFormat(protection.CreateProtector("FlowLite.AccessToken", admin.Stamp)), ended);
            options.RefreshTokenProtector = new TicketDataFormat(protection.CreateProtector("FlowLite.RefreshToken", admin.Stamp));
            var before = options.Events.OnMessageReceived;
            options.Events.OnMessageReceived = async context =>
            {
                await before(context);
                // A scheme's name has no case; the framework's handler takes only "Bearer".
                var header = context.HttpContext.Request.Headers.Authorization.ToString();
                context.Token ??= header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;
            };
        }
    }

    /// <summary>Takes no ticket of a session that was signed out of.</summary>
    private sealed class LiveTickets(TicketDataFormat tickets, EndedSessions ended) : ISecureDataFormat<AuthenticationTicket>
    {
        public string Protect(AuthenticationTicket data) => tickets.Protect(data);

        public string Protect(AuthenticationTicket data, string? purpose) => tickets.Protect(data, purpose);

        public AuthenticationTicket? Unprotect(string? protectedText) => Live(tickets.Unprotect(protectedText));

        public AuthenticationTicket? Unprotect(string? protectedText, string? purpose) => Live(tickets.Unprotect(protectedText, purpose));

        private AuthenticationTicket? Live(AuthenticationTicket? ticket) => ended.Contains(ticket?.Principal) ? null : ticket;
    }

    /// <summary>A 401 in the words of the surface: Elsa's has no body, Flow's says what is missing.</summary>
    private sealed class Challenge : IAuthorizationMiddlewareResultHandler
    {
        private readonly AuthorizationMiddlewareResultHandler _default = new();

        public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
        {
            await _default.HandleAsync(next, context, policy, authorizeResult);
            if (authorizeResult.Challenged && context.Request.Path.StartsWithSegments("/api"))
            {
                await FlowErrors.WriteAsync(
                    context, StatusCodes.Status401Unauthorized, "AuthenticationFailed", "Sign in: send the access token as 'Authorization: Bearer …'.");
            }
        }
    }
}
