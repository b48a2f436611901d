using System.Collections.Concurrent;
using FlowLite.FunctionalTests.Support;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests.Support;

/// <summary>A person before the pages of a server: signed in, and watching for whatever goes wrong in the browser.</summary>
internal sealed class StudioSession : IAsyncDisposable
{
    public const string Flows = "/studio/workflows/definitions";

    /// <summary>Milliseconds, far above what an idle machine needs: the Studio's runtime starts slowly while other tests run beside it.</summary>
    public const float Patience = 90_000;

    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly ConcurrentQueue<(int Status, string Path)> _expected = new();

    private StudioSession(TestServer server, IBrowserContext context, IPage page)
    {
        Server = server;
        _context = context;
        Page = page;
        page.SetDefaultTimeout(Patience);
        page.Console += (_, message) => Note(message.Type == "error" && !IsExpected(message), $"console: {message.Text} {message.Location}");
        page.PageError += (_, error) => Note(true, $"error on the page: {error}");
        page.Response += (_, response) => Note(response.Status >= 400 && !IsExpected(response), $"{response.Status} {response.Request.Method} {response.Url}");
        // A page that is left cuts off what it still asks for.
        page.RequestFailed += (_, request) => Note(request.Failure != "net::ERR_ABORTED", $"failed: {request.Method} {request.Url}: {request.Failure}");
    }

    public TestServer Server { get; }

    public IPage Page { get; }

    /// <summary>Console errors, errors on the page, failed requests and answers from 400 on, so far.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    /// <param name="path">The page to come to; each one that is loaded on the way costs seconds.</param>
    public static async Task<StudioSession> SignInAsync(TestServer server, Browser browser, string path = Flows)
    {
        var session = await StartAsync(server, browser);
        await session.SignInAsync(path);
        return session;
    }

    /// <summary>Not signed in yet, before an empty page.</summary>
    public static async Task<StudioSession> StartAsync(TestServer server, Browser browser)
    {
        var context = await browser.NewContextAsync();
        return new StudioSession(server, context, await context.NewPageAsync());
    }

    public async Task SignInAsync(string path)
    {
        await OpenAsync(path);
        await Page.FillAsync("#password", TestServer.Password);
        await Page.ClickAsync("button[type=submit]");
        await Page.WaitForURLAsync("**" + path);
    }

    public static Task<StudioSession> OpenDesignerAsync(TestServer server, Browser browser, string flow) =>
        SignInAsync(server, browser, $"{Flows}/{flow}/edit");

    /// <summary>A refusal that belongs to the test, which the browser's console tells of too, is no problem.</summary>
    /// <param name="path">What the address ends in.</param>
    public void Expect(int status, string path) => _expected.Enqueue((status, path));

    /// <summary>Beside the test results, to be looked at.</summary>
    public Task ScreenshotAsync(string name) =>
        Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", name + ".png") });

    /// <summary>The page stays open for longer than a token holds, and asks for new ones.</summary>
    public async Task OutliveATokenAsync(ShiftedTime time)
    {
        // In steps of which two are less than a token's half hour: the Studio may still be at work with the last token but one.
        const int Step = 12;
        for (var ahead = Step; ahead <= 5 * Step; ahead += Step)
        {
            time.Advance(TimeSpan.FromMinutes(Step));
            // The page asks each minute; a machine that wakes up, at once.
            await Page.Clock.SetSystemTimeAsync(TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(ahead));
            await Page.RunAndWaitForResponseAsync(() => Page.EvaluateAsync("dispatchEvent(new Event('online'))"), "**/session/token");
        }
    }

    public Task OpenAsync(string path) => Page.GotoAsync(new Uri(Server.Address, path).AbsoluteUri);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private bool IsExpected(IResponse response) =>
        _expected.Any(expected => response.Status == expected.Status && response.Url.EndsWith(expected.Path, StringComparison.Ordinal));

    private bool IsExpected(IConsoleMessage message) =>
        _expected.Any(expected => message.Text.Contains($"status of {expected.Status} ", StringComparison.Ordinal) && message.Location.Contains(expected.Path, StringComparison.Ordinal));

    private void Note(bool isProblem, string what)
    {
        if (isProblem)
        {
            _problems.Enqueue(what);
        }
    }
}
