using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Triggers;

public sealed class TriggerAcceptanceTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string LeadSchema = """
        "schema":{"type":"object","properties":{"Email":{"type":"string"},"Title":{"type":"string"}},"required":["Email"]}
        """;

    [Fact]
    public async Task Post_SignedLead_Is202WithFlowsHeadersAndEmptyBody()
    {
        var flow = await host.PublishAsync("accept");

        using var answer = await host.Client.PostAsync(host.Url(flow), Json("""{"Email":"a@b.c"}"""));

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        (await answer.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
        var runId = answer.Header("x-ms-workflow-run-id");
        Guid.Parse(runId).Version.Should().Be(7);
        answer.Header("x-ms-client-tracking-id").Should().Be(runId);
        answer.Header("x-ms-correlation-id").Should().Be(runId);
        answer.Header("x-ms-trigger-history-name").Should().Be(runId);
        answer.Header("x-ms-workflow-id").Should().Be("accept");
        answer.Header("x-ms-workflow-name").Should().Be("Flow%20of%20Zo%C3%AB");
        answer.Header("x-ms-workflow-version").Should().Be(flow.Definition.Id);
        Guid.Parse(answer.Header("x-ms-tracking-id")).Should().NotBeEmpty();
        Guid.Parse(answer.Header("x-ms-request-id")).Should().NotBeEmpty();
        (await host.EndedRunAsync("accept", runId)).GetProperty("status").GetString().Should().Be("Succeeded");
    }

    [Fact]
    public async Task Post_WithClientTrackingId_EchoesItAndKeepsIt()
    {
        var flow = await host.PublishAsync("tracking");
        using var request = new HttpRequestMessage(HttpMethod.Post, host.Url(flow)) { Content = Json("{}") };
        request.Headers.Add("x-ms-client-tracking-id", "order 66");

        using var answer = await host.Client.SendAsync(request);

        answer.Header("x-ms-client-tracking-id").Should().Be("order 66");
        (await host.RunAsync("tracking", answer.Header("x-ms-workflow-run-id"))).GetProperty("clientTrackingId").GetString().Should().Be("order 66");
    }

    [Fact]
    public async Task Post_Lead_RunSeesHeadersQueriesAndBodyWithoutSecrets()
    {
        var flow = await host.PublishAsync("sees");
        var url = host.Url(flow);
        var signature = url[(url.IndexOf("sig=", StringComparison.Ordinal) + 4)..];
        using var request = new HttpRequestMessage(HttpMethod.Post, url + "&colour=blue&colour=red") { Content = Json("""{"a":[1,{"b":null}]}""") };
        request.Headers.Add("X-Campaign", "spring");
        request.Headers.Add("Cookie", "session=1");
        request.Headers.Add("Proxy-Authorization", "Basic eDp5");
        request.Headers.Referrer = new Uri(host.Address, url);

        using var answer = await host.Client.SendAsync(request);

        var outputs = (await host.RunAsync("sees", answer.Header("x-ms-workflow-run-id"))).GetProperty("trigger").GetProperty("outputs");
        outputs.GetProperty("headers").GetProperty("X-Campaign").GetString().Should().Be("spring");
        outputs.GetProperty("queries").GetProperty("colour").GetString().Should().Be("blue,red");
        outputs.GetProperty("body").GetRawText().Should().Be("""{"a":[1,{"b":null}]}""");
        outputs.GetProperty("path").EnumerateObject().Should().BeEmpty();
        outputs.GetProperty("headers").EnumerateObject().Select(h => h.Name).Should().NotContain(["Cookie", "Proxy-Authorization", "Authorization"]);
        outputs.GetRawText().Should().NotContain(signature);
    }

    [Fact]
    public async Task Call_RelativePathWithParameters_GivesThemDecoded()
    {
        var flow = await host.PublishAsync("path", "\"relativePath\":\"address/{postalCode}\",\"method\":\"PUT\"");

        using var answer = await host.Client.PutAsync(host.Url(flow, relativePath: "address/12%2F34%20x"), Json("{}"));

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        (await host.RunAsync("path", answer.Header("x-ms-workflow-run-id"))).GetProperty("trigger").GetProperty("outputs").GetProperty("path")
            .GetProperty("postalCode").GetString().Should().Be("12/34 x");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Post_JsonUnderAnotherContentTypeWithSchema_IsJson(string? contentType)
    {
        var flow = await host.PublishAsync("schema", LeadSchema);
        byte[] body = [0xEF, 0xBB, 0xBF, .. "  {\"email\":\"a@b.c\",\"title\":null}\r\n"u8];

        using var answer = await host.Client.PostAsync(host.Url(flow), Bytes(body, contentType));

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted, "a BOM, blanks, nulls in optional fields and another case of keys keep no lead out");
        (await BodyAsync("schema", answer)).GetProperty("email").GetString().Should().Be("a@b.c");
    }

    [Fact]
    public async Task Post_NotJsonWithoutSchema_IsKeptAsBase64WithItsType()
    {
        var flow = await host.PublishAsync("opaque");

        using var answer = await host.Client.PostAsync(host.Url(flow), Bytes([0, 255, 10], "image/png"));

        var body = await BodyAsync("opaque", answer);
        body.GetProperty("$content-type").GetString().Should().Be("image/png");
        body.GetProperty("$content").GetBytesFromBase64().Should().Equal(0, 255, 10);
    }

    [Fact]
    public async Task Get_TriggerWithMethodGet_StartsWithNullBody()
    {
        var flow = await host.PublishAsync("get", "\"method\":\"GET\"," + LeadSchema);

        using var answer = await host.Client.GetAsync(host.Url(flow) + "&email=a");

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        (await BodyAsync("get", answer)).ValueKind.Should().Be(JsonValueKind.Null);
    }

    [Fact]
    public async Task Post_DuplicateKeys_LastWins()
    {
        var flow = await host.PublishAsync("duplicates", LeadSchema);

        using var answer = await host.Client.PostAsync(host.Url(flow), Json("""{"Email":1,"Email":"last@x"}"""));

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        (await BodyAsync("duplicates", answer)).GetProperty("Email").GetString().Should().Be("last@x");
    }

    [Fact]
    public async Task Post_DeepestAndLargeBody_ComesBackFromTheHistory()
    {
        var flow = await host.PublishAsync("deep");
        var deep = string.Concat(Enumerable.Repeat("[", 63)) + "{\"$value\":\"" + new string('x', 200_000) + "\"}" + string.Concat(Enumerable.Repeat("]", 63));

        using var answer = await host.Client.PostAsync(host.Url(flow), Json(deep));

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        (await BodyAsync("deep", answer)).GetRawText().Should().Be(deep);
        (await host.EndedRunAsync("deep", answer.Header("x-ms-workflow-run-id"))).GetProperty("status").GetString().Should().Be("Succeeded");
    }

    [Fact]
    public async Task Post_ChunkedBody_IsTaken()
    {
        var flow = await host.PublishAsync("chunked");
        var text = JsonSerializer.Serialize(new { text = new string('y', 300_000) });
        using var request = new HttpRequestMessage(HttpMethod.Post, host.Url(flow)) { Content = Json(text) };
        request.Headers.TransferEncodingChunked = true;

        using var answer = await host.Client.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        (await BodyAsync("chunked", answer)).GetRawText().Should().Be(text);
    }

    [Fact]
    public async Task Post_ManyAtOnce_EachIsOneRun()
    {
        var flow = await host.PublishAsync("many", LeadSchema);
        var url = host.Url(flow);

        var ids = await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
        {
            using var answer = await host.Client.PostAsync(url, Json(new JsonObject { ["Email"] = $"{i}@x" }.ToJsonString()));
            answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
            return answer.Header("x-ms-workflow-run-id");
        }));

        var runs = await host.Services.GetRequiredService<IRunStore>().ListRunsAsync("many", null, null, 1000);
        runs.Select(r => r.RunId.ToString()).Should().BeEquivalentTo(ids);
    }

    private async Task<JsonElement> BodyAsync(string flow, HttpResponseMessage answer) =>
        (await host.RunAsync(flow, answer.Header("x-ms-workflow-run-id"))).GetProperty("trigger").GetProperty("outputs").GetProperty("body");

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static ByteArrayContent Bytes(byte[] body, string? contentType) =>
        new(body) { Headers = { ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType) } };
}
