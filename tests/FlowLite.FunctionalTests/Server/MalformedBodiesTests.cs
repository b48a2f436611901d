using System.Net;
using System.Net.Http.Headers;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Server;

/// <summary>Bodies that break while they are read are the caller's fault: a 5xx would be sent again by the Studio, three times.</summary>
public sealed class MalformedBodiesTests : IAsyncLifetime
{
    private TestServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _client = await _server.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/elsa/api/workflow-definitions")]
    [InlineData("/elsa/api/workflow-definitions/import")]
    [InlineData("/elsa/api/workflow-instances")]
    [InlineData("/elsa/api/bulk-actions/publish/workflow-definitions/by-definition-ids")]
    [InlineData("/elsa/api/identity/login")]
    [InlineData("/api/schema/from-sample")]
    public async Task Post_ANameThatIsNotUtf8_Is400(string path)
    {
        using var body = Content([.. "{\""u8, 0xED, 0xA0, 0x80, .. "\":1}"u8], "application/json");

        using var answer = await _client.PostAsync(path, body);

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/elsa/api/workflow-definitions/import-files")]
    [InlineData("/elsa/api/bulk-actions/import/workflow-instances")]
    public async Task Post_AFormThatEndsTooSoon_Is400(string path)
    {
        using var body = Content([.. "{}"u8], "multipart/form-data; boundary=x");

        using var answer = await _client.PostAsync(path, body);

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("DELETE", "/elsa/api/workflow-definitions", "GET, POST")]
    [InlineData("GET", "/elsa/api/workflow-definitions/a/publish", "POST")]
    [InlineData("PATCH", "/elsa/api/workflow-instances/019a0000-0000-7000-8000-000000000001", "DELETE, GET")]
    [InlineData("GET", "/elsa/api/identity/login", "POST")]
    [InlineData("PUT", "/api/connections", "GET, POST")]
    public async Task Send_AnotherMethod_Is405AndSaysWhich(string method, string path, string allow)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await _client.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
        answer.Content.Headers.Allow.Order().Should().Equal(allow.Split(", "));
        using var unknown = await _client.GetAsync("/elsa/api/nothing/here");
        unknown.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    private static ByteArrayContent Content(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
}
