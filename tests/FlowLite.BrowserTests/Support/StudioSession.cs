using System.Collections.Concurrent;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests.Support;

/// <summary>A person before the pages of a server: signed in, and watching for whatever goes wrong in the browser.</summary>
internal sealed class StudioSession : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _problems = new();

    private StudioSession(TestServer server, IBrowserContext context, IPage page)
    {
        Server = server;
        _context = context;
        Page = page;
        page.SetDefaultTimeout(30_000);
        page.Console += (_, message) => Note(message.Type == "error", $"console: {message.Text}");
        page.PageError += (_, error) => Note(true, $"error on the page: {error}");
        page.Response += (_, response) => Note(response.Status >= 400, $"{response.Status} {response.Request.Method} {response.Url}");
        // A page that is left cuts off what it still asks for.
        page.RequestFailed += (_, request) => Note(request.Failure != "net::ERR_ABORTED", $"failed: {request.Method} {request.Url}: {request.Failure}");
    }

    public TestServer Server { get; }

    public IPage Page { get; }

    /// <summary>Console errors, errors on the page, failed requests and answers from 400 on, so far.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    public static async Task<StudioSession> SignInAsync(TestServer server, Browser browser, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await browser.NewContextAsync(scheme);
        var session = new StudioSession(server, context, await context.NewPageAsync());
        await session.Page.GotoAsync(server.Address + "");
        await session.Page.FillAsync("#password", TestServer.Password);
        await session.Page.ClickAsync("button[type=submit]");
        await session.Page.WaitForURLAsync("**/studio/workflows/definitions");
        return session;
    }

    /// <summary>Beside the test results, to be looked at.</summary>
    public Task ScreenshotAsync(string name) =>
        Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", name + ".png") });

    public Task OpenAsync(string path) => Page.GotoAsync(new Uri(Server.Address, path).AbsoluteUri);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private void Note(bool isProblem, string what)
    {
        if (isProblem)
        {
            _problems.Enqueue(what);
        }
    }
}
