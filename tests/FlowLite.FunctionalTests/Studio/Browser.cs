using System.Net;
using System.Text.RegularExpressions;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Studio;

/// <summary>Keeps cookies and fills in the sign-in form, but follows no redirect, so that tests see it.</summary>
internal sealed partial class Browser(TestServer server) : IDisposable
{
    private readonly HttpClientHandler _handler = new() { AllowAutoRedirect = false };
    private HttpClient? _client;

    public CookieCollection Cookies => _handler.CookieContainer.GetCookies(server.Address);

    private HttpClient Client => _client ??= new HttpClient(_handler) { BaseAddress = server.Address };

    public static async Task<Browser> SignInAsync(TestServer server)
    {
        var browser = new Browser(server);
        using var answer = await browser.LoginAsync(TestServer.Password);
        answer.StatusCode.Should().Be(HttpStatusCode.Found);
        return browser;
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Client.GetAsync(path);

    public Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string>? form = null) =>
        Client.PostAsync(path, form is null ? null : new FormUrlEncodedContent(form));

    public async Task<HttpResponseMessage> LoginAsync(string password, string? returnUrl = null)
    {
        var address = returnUrl is null ? "/login" : "/login?returnUrl=" + Uri.EscapeDataString(returnUrl);
        var page = await Client.GetStringAsync(address);
        return await PostAsync(address, new()
        {
            ["__RequestVerificationToken"] = TokenOf(page),
            ["ReturnUrl"] = ReturnUrl().Match(page) is { Success: true } hidden ? WebUtility.HtmlDecode(hidden.Groups[1].Value) : "",
            ["UserName"] = "admin",
            ["Password"] = password,
        });
    }

    /// <summary>Presses the button that every page has.</summary>
    public async Task<HttpResponseMessage> LogoutAsync()
    {
        var page = await Client.GetStringAsync("/studio/workflows/definitions");
        return await PostAsync("/login?handler=Out", new() { ["__RequestVerificationToken"] = TokenOf(page) });
    }

    public void Dispose()
    {
        _client?.Dispose();
        _handler.Dispose();
    }

    public static string TokenOf(string page) => FormToken().Match(page).Groups[1].Value;

    [GeneratedRegex("""name="__RequestVerificationToken" type="hidden" value="([^"]+)""")]
    private static partial Regex FormToken();

    [GeneratedRegex("""name="ReturnUrl" value="([^"]*)""")]
    private static partial Regex ReturnUrl();
}
