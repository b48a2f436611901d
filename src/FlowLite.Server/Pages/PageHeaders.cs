using Microsoft.AspNetCore.Mvc.Filters;

namespace FlowLite.Server.Pages;

/// <summary>What browsers are told to keep to on every page: no other origin, no script that isn't a file of this server.</summary>
internal sealed class PageHeaders : IAlwaysRunResultFilter
{
    private const string Everywhere =
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    // WebAssembly has to be compiled; MudBlazor and Monaco set styles, Monaco's fonts are data and its workers start from a blob.
    // The package's only inline scripts set up hot keys, in the editor and in the list of runs; browsers name a hash that is missing.
    private const string HotKeys = "'sha256-snlP1jz0gjwc5cTz9ErZcliXuCK63+Mmf68RRCeptgc=' 'sha256-vu6sQrKXQHR4Yn3FMMihA/9TxxfIXnCxKwvLrTPJ5ts='";

    private const string WithStudio =
        Everywhere + $"; script-src 'self' 'wasm-unsafe-eval' {HotKeys}; style-src 'self' 'unsafe-inline'; font-src 'self' data:; worker-src 'self' blob:";

    public void OnResultExecuting(ResultExecutingContext context)
    {
        var headers = context.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = context.Controller is StudioPageModel { IsInstalled: true } ? WithStudio : Everywhere;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        // What it shows is the administrator's, and an old page would hold an old session.
        headers.CacheControl = "no-store";
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }
}
