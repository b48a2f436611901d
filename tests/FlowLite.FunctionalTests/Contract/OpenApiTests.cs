using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Contract;

[Collection(ContractServerCollection.Name)]
public sealed class OpenApiTests(ContractServer server)
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

    [Theory]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs/api/")]
    public async Task Reference_WithoutSignIn_IsClosed(string path)
    {
        using var answer = await server.Server.Client.GetAsync(path);

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Page_LoadsNothingFromElsewhere()
    {
        using var answer = await server.Client.GetAsync("/docs/api/");

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("text/html");
        answer.Headers.GetValues("Content-Security-Policy").Single().Should().StartWith("default-src 'none'").And.Contain("connect-src 'self'");
        (await answer.Content.ReadAsStringAsync()).Should().NotContainAny("cdn.", "src=\"http", "href=\"http");
    }

    private Task<JsonElement> DocumentAsync() => server.Client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");

    private IEnumerable<(string Path, string Method, bool IsOpen)> Endpoints() =>
        from endpoint in server.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = "/" + endpoint.RoutePattern.RawText!.Trim('/')
        where path.StartsWith("/elsa/api/", StringComparison.Ordinal) || path.StartsWith("/api/", StringComparison.Ordinal)
        where !path.EndsWith("{**path}", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        select (path, method, endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);
}
