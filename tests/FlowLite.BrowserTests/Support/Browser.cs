using Microsoft.Playwright;

namespace FlowLite.BrowserTests.Support;

/// <summary>Debian's Chromium, one for all tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    public const string Collection = "browser";
    private static readonly string[] Places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        var chromium = Array.Find(Places, File.Exists)
            ?? throw new InvalidOperationException("There is no Chromium. Install it: apt-get install chromium (./test.sh does).");
        _playwright = await Playwright.CreateAsync();
        // Without its sandbox, so that the tests run as root in containers too; they load nothing but our own server.
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = chromium, Args = ["--no-sandbox", "--disable-gpu"] });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    // So wide that the canvas between the Studio's panels and ours holds three activities, wherever it was when they were centred.
    internal Task<IBrowserContext> NewContextAsync() =>
        _browser!.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 2400, Height = 1000 }, ColorScheme = ColorScheme.Light, Permissions = ["clipboard-read", "clipboard-write"] });
}

[CollectionDefinition(Browser.Collection)]
public sealed class BrowserTestGroup : ICollectionFixture<Browser>;
