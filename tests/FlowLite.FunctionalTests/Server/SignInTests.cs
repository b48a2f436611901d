using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Server;

public sealed class SignInTests
{
    [Fact]
    public async Task Login_RightPassword_GivesElsasShape()
    {
        await using var server = await TestServer.StartAsync();

        var answer = await server.LoginAsync(TestServer.Password);

        answer.EnumerateObject().Select(p => p.Name).Should().Equal("isAuthenticated", "accessToken", "refreshToken");
        using var list = await server.NewClient(answer.GetProperty("accessToken").GetString()).GetAsync("/elsa/api/workflow-definitions");
        list.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("admin", "wrong")]
    [InlineData("Admin", TestServer.Password)]
    [InlineData("", "")]
    public async Task Login_WrongCredentials_Is200AndNotAuthenticated(string username, string password)
    {
        await using var server = await TestServer.StartAsync();

        using var answer = await server.Client.PostAsJsonAsync("/elsa/api/identity/login", new { username, password });

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).Should().Be("""{"isAuthenticated":false}""");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"username\":")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"username\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}")]
    [InlineData("{\"username\":\"\\ud800\",\"password\":1}")]
    public async Task Login_BadBody_IsNeverAServerError(string body)
    {
        await using var server = await TestServer.StartAsync();

        using var answer = await server.Client.PostAsync("/elsa/api/identity/login", new StringContent(body));

        ((int)answer.StatusCode).Should().BeLessThan(500);
        (await answer.Content.ReadAsStringAsync()).Should().NotContain("\"isAuthenticated\":true");
    }

    [Fact]
    public async Task Login_HugeBody_IsRefused()
    {
        await using var server = await TestServer.StartAsync();

        using var answer = await server.Client.PostAsync("/elsa/api/identity/login", new StringContent(new string(' ', 17 * 1024)));

        answer.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Login_AfterTenFailures_Is429EvenForTheRightPassword()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 10; i++)
        {
            (await server.LoginAsync("wrong")).GetProperty("isAuthenticated").GetBoolean().Should().BeFalse();
        }

        using var answer = await server.Client.PostAsJsonAsync("/elsa/api/identity/login", new { username = "admin", password = TestServer.Password });

        answer.StatusCode.Should().Be(HttpStatusCode.TooManyRequests);
        answer.Headers.RetryAfter.Should().NotBeNull();
    }

    [Fact]
    public async Task Login_ManyTimesWithTheRightPassword_IsNotLimited()
    {
        await using var server = await TestServer.StartAsync();

        for (var i = 0; i < 12; i++)
        {
            (await server.LoginAsync(TestServer.Password)).GetProperty("isAuthenticated").GetBoolean().Should().BeTrue();
        }
    }

    [Fact]
    public async Task RefreshToken_InTheHeader_GivesNewTokens()
    {
        await using var server = await TestServer.StartAsync();
        var login = await server.LoginAsync(TestServer.Password);

        using var answer = await server.NewClient(login.GetProperty("refreshToken").GetString()).PostAsync("/elsa/api/identity/refresh-token", null);

        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>();
        tokens.GetProperty("isAuthenticated").GetBoolean().Should().BeTrue();
        using var list = await server.NewClient(tokens.GetProperty("accessToken").GetString()).GetAsync("/elsa/api/workflow-definitions");
        list.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tokens_UsedForEachOther_AreRefused()
    {
        await using var server = await TestServer.StartAsync();
        var login = await server.LoginAsync(TestServer.Password);

        using var refreshed = await server.NewClient(login.GetProperty("accessToken").GetString()).PostAsync("/elsa/api/identity/refresh-token", null);
        using var listed = await server.NewClient(login.GetProperty("refreshToken").GetString()).GetAsync("/elsa/api/workflow-definitions");

        refreshed.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        listed.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Unauthenticated_AtElsasApi_IsA401WithoutBody()
    {
        await using var server = await TestServer.StartAsync();

        using var answer = await server.Client.GetAsync("/elsa/api/workflow-definitions");

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.Should().Equal(new AuthenticationHeaderValue("Bearer"));
        (await answer.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Unauthenticated_AtFlowsApi_IsFlowsError()
    {
        await using var server = await TestServer.StartAsync();

        using var answer = await server.Client.GetAsync("/api/flows/x/runs");

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        error.GetProperty("code").GetString().Should().NotBeEmpty();
        error.GetProperty("message").GetString().Should().NotBeEmpty();
    }

    [Fact]
    public async Task EveryEndpoint_WithoutToken_IsClosedUnlessOnTheList()
    {
        await using var server = await TestServer.StartAsync();
        string[] open =
        [
            "/health/live", "/health/ready", "/elsa/api/identity/login", "/elsa/api/identity/refresh-token",
            "/crm/api/data/v9.2/{**path}", "/crm/oauth2/v2.0/token", "/crm/{tenant}/oauth2/v2.0/token",
            // What the page that shows the API loads, as its package brings it.
            "/docs/api/scalar.js", "/docs/api/scalar.aspnetcore.js", "/docs/api/favicon.svg",
            "/workflows/{flowId}/triggers/{trigger}/paths/invoke/{**relativePath}",
            // Elsa's HTTP endpoints: open unless their flow asks for a token, as in Elsa.
            "/workflows/{**path}",
            "/login", "/not-found", "/studio/{**file}", "/assets/{**file}",
        ];
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server.Address };

        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();

        endpoints.Should().HaveCountGreaterThan(6);
        foreach (var endpoint in endpoints)
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.Trim('/');
            var isAnonymous = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
            isAnonymous.Should().Be(open.Contains(pattern), pattern);
            if (!isAnonymous)
            {
                var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET";
                using var request = new HttpRequestMessage(new HttpMethod(method), Path(endpoint.RoutePattern));
                using var answer = await client.SendAsync(request);
                if (answer.StatusCode == HttpStatusCode.Found)
                {
                    answer.Headers.Location!.AbsolutePath.Should().Be("/login", pattern);
                    endpoint.Metadata.GetMetadata<IAuthorizeData>()!.Policy.Should().Be(SessionCookie.Policy, pattern);
                }
                else
                {
                    answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized, pattern);
                }
            }
        }
    }

    [Fact]
    public async Task Crm_AdminsToken_IsLetInAndNobodyElse()
    {
        await using var server = await TestServer.StartAsync();
        var admin = await server.SignInAsync();

        using var let = await admin.GetAsync("/crm/api/data/v9.2/leads");
        using var refused = await server.Client.GetAsync("/crm/api/data/v9.2/leads");
        using var forged = await server.NewClient("CfDJ8AAAA").GetAsync("/crm/api/data/v9.2/leads");

        let.StatusCode.Should().Be(HttpStatusCode.OK);
        refused.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        forged.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    private static string Path(RoutePattern pattern) =>
        string.Concat(pattern.PathSegments.Select(s => "/" + string.Concat(s.Parts.Select(p => p is RoutePatternLiteralPart literal ? literal.Content : "x"))));
}
