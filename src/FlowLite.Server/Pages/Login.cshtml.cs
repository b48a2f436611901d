using FlowLite.Server.Auth;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>Signs in with the administrator's password. The framework checks the form's antiforgery token.</summary>
[RequestSizeLimit(16 * 1024)]
public sealed class LoginModel(AdminAccount admin, SignInGuard guard, EndedSessions ended, ILogger<AdminAccount> logger) : PageModel
{
    /// <summary>Where to go on; anything but a path of this server is ignored.</summary>
    [BindProperty(SupportsGet = true)]
    public string? ReturnUrl { get; set; }

    [BindProperty]
    public string? UserName { get; set; }

    [BindProperty]
    public string? Password { get; set; }

    public string? Problem { get; private set; }

    public async Task<IActionResult> OnGetAsync() =>
        (await HttpContext.AuthenticateAsync(SessionCookie.Scheme)).Succeeded ? GoOn() : Page();

    public async Task<IActionResult> OnPostAsync()
    {
        var address = HttpContext.Connection.RemoteIpAddress;
        switch (await guard.TryAsync(address, () => admin.Verify(UserName ?? "", Password ?? ""), HttpContext.RequestAborted))
        {
            case null:
                Response.Headers.RetryAfter = "60";
                return Refuse(StatusCodes.Status429TooManyRequests, "Too many attempts to sign in. Try again in a minute.");
            case false:
                Log.SignInFailed(logger, address?.ToString() ?? "?");
                return Refuse(StatusCodes.Status400BadRequest, "The user name or the password is wrong.");
            default:
                await HttpContext.SignInAsync(SessionCookie.Scheme, EndedSessions.New());
                return GoOn();
        }
    }

    public async Task<IActionResult> OnPostOutAsync()
    {
        if ((await HttpContext.AuthenticateAsync(SessionCookie.Scheme)).Principal is { } session)
        {
            ended.Add(session, SessionCookie.Idle);
        }

        await HttpContext.SignOutAsync(SessionCookie.Scheme);
        return RedirectToPage();
    }

    private LocalRedirectResult GoOn() => LocalRedirect(Url.IsLocalUrl(ReturnUrl) ? Escaped(ReturnUrl) : PagesHosting.Flows);

    // A header takes ASCII only.
    private static string Escaped(string path) => string.Concat(path.EnumerateRunes().Select(rune => rune.IsAscii ? rune.ToString() : Uri.EscapeDataString(rune.ToString())));

    private PageResult Refuse(int status, string problem)
    {
        Problem = problem;
        Response.StatusCode = status;
        return Page();
    }
}
