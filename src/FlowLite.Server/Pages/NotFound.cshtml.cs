using FlowLite.Server.Auth;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>What a browser gets at an address at which there is nothing.</summary>
public sealed class NotFoundModel : PageModel
{
    private const string Page404 = "/not-found";

    // What is asked for there is asked for by programs, which have error bodies of their own.
    private static readonly PathString[] Programs = ["/api", "/elsa", "/crm", "/workflows", "/openapi", "/session", "/health"];

    public string Address { get; private set; } = "";

    public bool IsSignedIn { get; private set; }

    public async Task OnGetAsync()
    {
        Address = HttpContext.Items[Page404] as string ?? HttpContext.Request.Path;
        IsSignedIn = (await HttpContext.AuthenticateAsync(SessionCookie.Scheme)).Succeeded;
        Response.StatusCode = StatusCodes.Status404NotFound;
    }

    /// <summary>Gives the page in the place of a 404 without a body, or of a 401 for what isn't there. To stand before the routing.</summary>
    internal static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var isMissing = context.Response.StatusCode == StatusCodes.Status404NotFound
            || (context.Response.StatusCode == StatusCodes.Status401Unauthorized && context.GetEndpoint() is null);
        if (!isMissing || context.Response is not { HasStarted: false, ContentType: null, ContentLength: null } || !IsForAPage(context.Request))
        {
            return;
        }

        context.Response.Clear();
        context.Items[Page404] = context.Request.Path.Value;
        context.SetEndpoint(null);
        context.Request.RouteValues.Clear();
        context.Request.Path = Page404;
        await next(context);
    }

    private static bool IsForAPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && !Array.Exists(Programs, path => request.Path.StartsWithSegments(path));
}
