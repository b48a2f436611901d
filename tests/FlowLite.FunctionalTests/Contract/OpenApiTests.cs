using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.FunctionalTests.Studio;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Contract;

[Collection(ContractServerCollection.Name)]
public sealed partial class OpenApiTests(ContractServer server)
{
    [Fact]
    public async Task Document_EveryEndpointOfTheApis_IsInIt()
    {
        var paths = (await DocumentAsync()).GetProperty("paths");

        var endpoints = Endpoints().ToList();
        endpoints.Should().HaveCountGreaterThan(20);
        foreach (var (path, method, _) in endpoints)
        {
            paths.TryGetProperty(path, out var item).Should().BeTrue(path);
            item.TryGetProperty(method.ToLowerInvariant(), out _).Should().BeTrue($"{method} {path}");
        }
    }

    [Fact]
    public async Task Document_EveryOperation_HasASummaryAGroupAndItsGuard()
    {
        var paths = (await DocumentAsync()).GetProperty("paths");

        foreach (var (path, method, isOpen) in Endpoints())
        {
            var operation = paths.GetProperty(path).GetProperty(method.ToLowerInvariant());
            operation.GetProperty("summary").GetString().Should().NotBeNullOrWhiteSpace($"{method} {path}");
            operation.GetProperty("tags").GetArrayLength().Should().Be(1, path);
            operation.TryGetProperty("security", out var security).Should().Be(!isOpen, path);
            if (!isOpen)
            {
                security[0].EnumerateObject().Single().Name.Should().Be("Bearer");
            }
        }
    }

    [Fact]
    public async Task Document_Groups_AreThoseOfItsOperations()
    {
        var document = await DocumentAsync();

        var used = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .Select(operation => operation.Value.GetProperty("tags")[0].GetString()).Distinct();
        document.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()).Should().BeEquivalentTo(used);
    }

    [Fact]
    public async Task Document_TellsHowToSignInAndHowToCallATrigger()
    {
        var document = await DocumentAsync();

        var scheme = document.GetProperty("components").GetProperty("securitySchemes").GetProperty("Bearer");
        scheme.GetProperty("type").GetString().Should().Be("http");
        scheme.GetProperty("scheme").GetString().Should().Be("bearer");
        var trigger = document.GetProperty("paths").GetProperty("/workflows/{flowId}/triggers/{trigger}/paths/invoke").GetProperty("post");
        trigger.GetProperty("responses").TryGetProperty("202", out _).Should().BeTrue();
        trigger.GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("name").GetString()).Should().Contain("sig");
    }

    [Fact]
    public async Task Document_WithoutSignIn_IsClosed()
    {
        using var answer = await server.Server.Client.GetAsync("/openapi/v1.json");

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Page_WithoutSignIn_LeadsToTheForm()
    {
        using var nobody = new Browser(server.Server);

        using var answer = await nobody.GetAsync("/docs/api/");

        answer.StatusCode.Should().Be(HttpStatusCode.Found);
        answer.Headers.Location!.AbsolutePath.Should().Be("/login");
    }

    [Fact]
    public async Task Page_InASession_ShowsTheDocumentAndLoadsNothingFromElsewhere()
    {
        using var browser = await Browser.SignInAsync(server.Server);

        using var page = await browser.GetAsync("/docs/api/");
        using var document = await browser.GetAsync("/openapi/v1.json");

        page.StatusCode.Should().Be(HttpStatusCode.OK);
        document.StatusCode.Should().Be(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.MediaType.Should().Be("text/html");
        page.Headers.GetValues("Content-Security-Policy").Single().Should().StartWith("default-src 'none'").And.Contain("connect-src 'self'").And.MatchRegex("script-src 'self' 'sha256-[^;']*'$");
        page.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
        (await page.Content.ReadAsStringAsync()).Should().Contain("openapi/v1.json").And.NotContainAny("cdn.", "src=\"http", "href=\"http");
    }

    private Task<JsonElement> DocumentAsync() => server.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");

    private IEnumerable<(string Path, string Method, bool IsOpen)> Endpoints() =>
        from endpoint in server.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = "/" + endpoint.RoutePattern.RawText!.Trim('/')
        where path.StartsWith("/elsa/api/", StringComparison.Ordinal) || path.StartsWith("/api/", StringComparison.Ordinal)
        where !path.EndsWith("{**path}", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        // {version:int} is described as {version}.
        select (Constraint().Replace(path, "}"), method, endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);

    [GeneratedRegex(@":\w+\}")]
    private static partial Regex Constraint();
}
