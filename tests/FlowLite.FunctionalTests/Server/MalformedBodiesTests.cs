using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;

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
    [InlineData("/", 400)]
    [InlineData("/openapi/v1.json", 400)]
    [InlineData("/crm/api/data/v9.2/WhoAmI", 200)]
    public async Task Get_WithAHostThatIsNone_IsNoFailureOfTheServer(string path, int expected)
    {
        var head = $"GET {path} HTTP/1.1\r\nHost: a_b..:99999\r\nAuthorization: {_client.DefaultRequestHeaders.Authorization}\r\nConnection: close\r\n\r\n";

        var (status, text) = await RawHttp.SendAsync(_server.Address, RawHttp.Request(head), closesSending: false);

        status.Should().Be(expected, text);
    }

    [Theory]
    [InlineData("POST", "/api/connections")]
    [InlineData("PUT", "/api/connections/embedded")]
    [InlineData("POST", "/api/flows/x/mapping")]
    public async Task Send_NoJsonToFlowLitesOwnApi_IsAnErrorInItsWords(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = Content([.. "{"u8], "application/json") };

        using var answer = await _client.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("code").GetString().Should().Be("InvalidRequestContent");
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

    [Theory]
    [InlineData("GET", "/api/nothing/here", HttpStatusCode.NotFound, "NotFound", "There is nothing at '/api/nothing/here'.")]
    [InlineData("PUT", "/api/connections", HttpStatusCode.MethodNotAllowed, "MethodNotAllowed", "'/api/connections' takes GET, POST, not PUT.")]
    public async Task Send_WhatTheApiHasNot_IsToldInFlowsWords(string method, string path, HttpStatusCode status, string code, string message)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await _client.SendAsync(request);

        answer.StatusCode.Should().Be(status);
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        (error.Text("code"), error.Text("message")).Should().Be((code, message));
    }

    [Fact]
    public async Task Post_ABodyOfAnotherType_IsToldInFlowsWords()
    {
        using var answer = await _client.PostAsync("/api/flows/any/runs/019a0000-0000-7000-8000-000000000001/cancel", Content("no"u8.ToArray(), "text/plain"));

        answer.StatusCode.Should().Be(HttpStatusCode.UnsupportedMediaType);
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        (error.Text("code"), error.Text("message")).Should().Be(("UnsupportedMediaType", "Send the body with the header 'Content-Type: application/json'."));
    }

    private static ByteArrayContent Content(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
}
