using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace FlowLite.Server.Auth;

/// <summary>
/// The browser's session with the pages. It opens no API: the pages' scripts change it for short-lived bearer tokens, so no
/// other site can make a browser act on the flows. Like the tokens it ends with the password that it was given for; and when one signs out,
/// whoever has a copy of it.
/// </summary>
public sealed class SessionCookie(IDataProtectionProvider protection, AdminAccount admin, EndedSessions ended) : IPostConfigureOptions<CookieAuthenticationOptions>
{
    public const string Scheme = "Session";
    public const string Policy = "Session";

    /// <summary>Without any page open; an open one keeps it alive.</summary>
    internal static readonly TimeSpan Idle = TimeSpan.FromHours(12);

    public void PostConfigure(string? name, CookieAuthenticationOptions options)
    {
        if (name != Scheme)
        {
            return;
        }

        options.Cookie.Name = "flowlite-session";
        options.Cookie.HttpOnly = true;
        // Lax, so that a link to a run in a mail finds the reader signed in. Nothing changes by a GET.
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = Idle;
        options.SlidingExpiration = true;
        options.LoginPath = "/login";
        options.ReturnUrlParameter = "returnUrl";
        options.TicketDataFormat = new TicketDataFormat(protection.CreateProtector("FlowLite.Session", admin.Stamp));
        options.Events.OnValidatePrincipal = context =>
        {
            if (!EndedSessions.IsOfSession(context.Principal) || ended.Contains(context.Principal))
            {
                context.RejectPrincipal();
            }

            return Task.CompletedTask;
        };
        // The login page says itself where to go on; this one would write the address into the header as it came.
        options.Events.OnRedirectToReturnUrl = _ => Task.CompletedTask;
        options.Events.OnRedirectToLogin = context =>
        {
            // Scripts can't follow a redirect to a form.
            if (context.Request.Path.StartsWithSegments("/session") || context.Request.Path.StartsWithSegments("/openapi"))
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            }
            else
            {
                context.Response.Redirect(context.RedirectUri);
            }

            return Task.CompletedTask;
        };
    }
}
