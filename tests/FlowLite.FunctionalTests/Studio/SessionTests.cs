using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Studio;

public sealed class SessionTests
{
    [Fact]
    public async Task Page_WithoutSession_LeadsToTheFormAndBack()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);

        using var asked = await browser.GetAsync("/studio/workflows/instances?page=2");
        using var signedIn = await browser.LoginAsync(TestServer.Password, "/studio/workflows/instances?page=2");

        asked.StatusCode.Should().Be(HttpStatusCode.Found);
        asked.Headers.Location!.PathAndQuery.Should().Be("/login?returnUrl=%2Fstudio%2Fworkflows%2Finstances%3Fpage%3D2");
        signedIn.Headers.Location!.OriginalString.Should().Be("/studio/workflows/instances?page=2");
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task Login_WithAnotherOriginToGoTo_GoesToTheFlows(string returnUrl)
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);

        using var answer = await browser.LoginAsync(TestServer.Password, returnUrl);

        answer.Headers.Location!.OriginalString.Should().Be("/studio/workflows/definitions");
    }

    [Fact]
    public async Task Login_WithAPageWhoseNameIsNotAscii_GoesThere()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);

        using var answer = await browser.LoginAsync(TestServer.Password, "/studio/ü?q=😀");

        answer.StatusCode.Should().Be(HttpStatusCode.Found);
        answer.Headers.Location!.OriginalString.Should().Be("/studio/%C3%BC?q=%F0%9F%98%80");
    }

    [Fact]
    public async Task Login_WrongPassword_SaysSoAndGivesNoSession()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);

        using var answer = await browser.LoginAsync("wrong");
        using var page = await browser.GetAsync("/");

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("The user name or the password is wrong.");
        page.StatusCode.Should().Be(HttpStatusCode.Found);
    }

    [Fact]
    public async Task Login_AfterTenFailures_Is429EvenForTheRightPassword()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);
        for (var i = 0; i < 10; i++)
        {
            (await browser.LoginAsync("wrong")).Dispose();
        }

        using var answer = await browser.LoginAsync(TestServer.Password);

        answer.StatusCode.Should().Be(HttpStatusCode.TooManyRequests);
        answer.Headers.RetryAfter.Should().NotBeNull();
    }

    [Fact]
    public async Task Login_WithoutTheFormsToken_IsRefused()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);

        using var answer = await browser.PostAsync("/login", new() { ["UserName"] = "admin", ["Password"] = TestServer.Password });

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        browser.Cookies["flowlite-session"].Should().BeNull();
    }

    [Fact]
    public async Task Cookie_OfASession_IsOutOfReachOfScriptsAndOtherSites()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);

        using var answer = await browser.LoginAsync(TestServer.Password);

        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("flowlite-session="));
        cookie.Should().ContainEquivalentOf("httponly").And.ContainEquivalentOf("samesite=lax").And.NotContainEquivalentOf("expires=");
    }

    [Fact]
    public async Task SignOut_EndsCopiesOfTheCookieAndNoOtherSession_AlsoAfterARestart()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);
        using var other = await Browser.SignInAsync(server);
        var (copy, others) = (browser.Cookies["flowlite-session"]!.Value, other.Cookies["flowlite-session"]!.Value);
        (await TokenAsync(server, copy)).Should().Be(HttpStatusCode.OK);

        (await browser.LogoutAsync()).Dispose();

        (await TokenAsync(server, copy)).Should().Be(HttpStatusCode.Unauthorized);
        (await TokenAsync(server, others)).Should().Be(HttpStatusCode.OK);
        await server.RestartAsync();
        (await TokenAsync(server, copy)).Should().Be(HttpStatusCode.Unauthorized);
        (await TokenAsync(server, others)).Should().Be(HttpStatusCode.OK);
    }

    private static async Task<HttpStatusCode> TokenAsync(TestServer server, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/session/token") { Headers = { { "Cookie", $"flowlite-session={cookie}" } } };
        using var answer = await server.Client.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>A connection that is open is not asked for its token any more.</summary>
    [Fact]
    public async Task SignOut_ClosesTheSessionsHubConnectionsAndNoOthers()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);
        using var other = await Browser.SignInAsync(server);
        await using var own = await ConnectAsync(browser);
        await using var others = await ConnectAsync(other);

        (await browser.LogoutAsync()).Dispose();

        await Eventually.UntilAsync(() => own.State == HubConnectionState.Disconnected, "the end of the session's connection");
        others.State.Should().Be(HubConnectionState.Connected);

        async Task<HubConnection> ConnectAsync(Browser from)
        {
            using var answer = await from.PostAsync("/session/token");
            var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString();
            var connection = new HubConnectionBuilder()
                .WithUrl(new Uri(server.Address, "/elsa/hubs/workflow-instance"), options => options.AccessTokenProvider = () => Task.FromResult(token))
                .Build();
            await connection.StartAsync();
            return connection;
        }
    }

    /// <summary>Wherever a token is taken: Elsa's API, Flow's, the CRM's, and the hub.</summary>
    [Fact]
    public async Task SignOut_EndsTheSessionsTokensAndNoOthers()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);
        using var other = await Browser.SignInAsync(server);
        using var own = await BearerAsync(browser);
        using var others = await BearerAsync(other);
        using var program = await server.SignInAsync();
        (await StatusesAsync(own)).Should().AllBeEquivalentTo(HttpStatusCode.OK);

        (await browser.LogoutAsync()).Dispose();

        (await StatusesAsync(own)).Should().AllBeEquivalentTo(HttpStatusCode.Unauthorized);
        (await StatusesAsync(others)).Should().AllBeEquivalentTo(HttpStatusCode.OK);
        (await StatusesAsync(program)).Should().AllBeEquivalentTo(HttpStatusCode.OK);

        async Task<HttpClient> BearerAsync(Browser from)
        {
            using var answer = await from.PostAsync("/session/token");
            return server.NewClient((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString());
        }

        static async Task<List<HttpStatusCode>> StatusesAsync(HttpClient client)
        {
            var found = new List<HttpStatusCode>();
            foreach (var path in (string[])["/elsa/api/package/version", "/api/inbox", "/crm/api/data/v9.2/leads"])
            {
                using var answer = await client.GetAsync(path);
                found.Add(answer.StatusCode);
            }

            using var hub = await client.PostAsync("/elsa/hubs/workflow-instance/negotiate?negotiateVersion=1", null);
            return [.. found, hub.StatusCode];
        }
    }

    /// <summary>A page that stays open asks for a token before the last one's time is over, for longer than any of them lives.</summary>
    [Fact]
    public async Task Token_RenewedByAnOpenPage_OpensTheApisForLongerThanTheSessionsIdleTime()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-11-23T10:00:00Z"));
        await using var server = await TestServer.StartAsync(services => services.AddSingleton<TimeProvider>(time), []);
        using var browser = await Browser.SignInAsync(server);
        for (var minutes = 0; minutes < 30 * 60; minutes += 25)
        {
            using var answer = await browser.PostAsync("/session/token");
            var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString();
            time.Advance(TimeSpan.FromMinutes(25));
            using var request = new HttpRequestMessage(HttpMethod.Get, "/elsa/api/package/version") { Headers = { { "Authorization", $"bearer {token}" } } };
            using var list = await server.Client.SendAsync(request);
            list.StatusCode.Should().Be(HttpStatusCode.OK, $"after {minutes} minutes");
        }
    }

    [Fact]
    public async Task Token_ForASession_OpensTheApis()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.PostAsync("/session/token");

        answer.Headers.CacheControl!.NoStore.Should().BeTrue();
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        body.GetProperty("expiresIn").GetInt32().Should().Be(1800);
        using var list = await server.NewClient(body.GetProperty("accessToken").GetString()).GetAsync("/elsa/api/workflow-definitions");
        list.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Token_AfterItsTime_IsRefused()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-11-23T10:00:00Z"));
        await using var server = await TestServer.StartAsync(services => services.AddSingleton<TimeProvider>(time), []);
        using var browser = await Browser.SignInAsync(server);
        using var answer = await browser.PostAsync("/session/token");
        var client = server.NewClient((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString());

        time.Advance(TimeSpan.FromMinutes(29));
        using var before = await client.GetAsync("/elsa/api/workflow-definitions");
        time.Advance(TimeSpan.FromMinutes(2));
        using var after = await client.GetAsync("/elsa/api/workflow-definitions");

        before.StatusCode.Should().Be(HttpStatusCode.OK);
        after.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Token_WithoutSession_Is401AndNoRedirect()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);
        var admin = await server.SignInAsync();

        using var nobody = await browser.PostAsync("/session/token");
        using var bearer = await admin.PostAsync("/session/token", null);

        nobody.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        bearer.StatusCode.Should().Be(HttpStatusCode.Unauthorized, "a token can't prolong itself");
    }

    [Theory]
    [InlineData("/elsa/api/workflow-definitions")]
    [InlineData("/api/inbox")]
    [InlineData("/crm/api/data/v9.2/leads")]
    public async Task Api_WithTheCookieOnly_IsClosed(string path)
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.GetAsync(path);

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Logout_EndsTheSession()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.LogoutAsync();
        using var page = await browser.GetAsync("/studio/workflows/definitions");
        using var token = await browser.PostAsync("/session/token");

        answer.Headers.Location!.OriginalString.Should().Be("/login");
        page.StatusCode.Should().Be(HttpStatusCode.Found);
        token.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Session_OfAnOldPassword_IsOver()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);
        var cookie = browser.Cookies["flowlite-session"]!.Value;

        await server.RestartAsync();
        var afterRestart = await TokenStatusAsync(server, cookie);
        await server.RestartAsync("FlowLite:AdminPassword=another password");
        var afterChange = await TokenStatusAsync(server, cookie);

        afterRestart.Should().Be(HttpStatusCode.OK);
        afterChange.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Session_IdleForTwelveHours_IsOver()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-11-23T10:00:00Z"));
        await using var server = await TestServer.StartAsync(services => services.AddSingleton<TimeProvider>(time), []);
        using var browser = await Browser.SignInAsync(server);

        time.Advance(TimeSpan.FromHours(7));
        using var kept = await browser.PostAsync("/session/token");
        time.Advance(TimeSpan.FromHours(7));
        using var keptAgain = await browser.PostAsync("/session/token");
        time.Advance(TimeSpan.FromHours(12.1));
        using var over = await browser.PostAsync("/session/token");

        kept.StatusCode.Should().Be(HttpStatusCode.OK);
        keptAgain.StatusCode.Should().Be(HttpStatusCode.OK);
        over.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    private static async Task<HttpStatusCode> TokenStatusAsync(TestServer server, string cookie)
    {
        using var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Add("Cookie", "flowlite-session=" + cookie);
        using var answer = await client.PostAsync("/session/token", null);
        return answer.StatusCode;
    }
}
