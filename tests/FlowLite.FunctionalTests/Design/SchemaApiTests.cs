using System.Net;
using System.Text.Json;
using FlowLite.FunctionalTests.Triggers;

namespace FlowLite.FunctionalTests.Design;

public sealed class SchemaApiTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task FromSample_Lead_GivesItsSchema()
    {
        using var answer = await host.Api.PostAsync("/api/schema/from-sample", new StringContent("""{"UserDetails":{"Email":"a@b.com","Phone":null},"Tags":[1,"x"]}"""));

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/json");
        (await answer.Content.ReadAsStringAsync()).Should().Be(
            """{"$schema":"http://json-schema.org/draft-04/schema#","type":"object","properties":{"UserDetails":{"type":"object","properties":{"Email":{"type":"string"},"Phone":{"type":["string","null"]}}},"Tags":{"type":"array","items":{"type":["integer","string"]}}}}""");
    }

    [Fact]
    public async Task Sample_Schema_GivesAPayload()
    {
        using var answer = await host.Api.PostAsync("/api/schema/sample", new StringContent("""{"properties":{"Email":{"type":"string"},"code":{"type":"string","pattern":"^[QX]{3}-[0-9]{7}$"}}}"""));

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        var sample = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        sample.GetProperty("value").GetProperty("Email").GetString().Should().Be("someone@contoso.com");
        sample.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("path").GetString()).Should().Equal("/code");
    }

    [Theory]
    [InlineData("from-sample", "{", "InvalidRequestContent")]
    [InlineData("from-sample", "", "InvalidRequestContent")]
    [InlineData("from-sample", "\"\\ud800\"", "InvalidRequestContent")]
    [InlineData("from-sample", """{"a":1,"a":2}""", "InvalidRequestContent")]
    [InlineData("from-sample", "[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]", "InvalidRequestContent")]
    [InlineData("sample", "[]", "InvalidSchema")]
    [InlineData("sample", """{"type":"text"}""", "InvalidSchema")]
    [InlineData("sample", """{"$ref":"http://example.com/x"}""", "InvalidSchema")]
    public async Task Post_BadBody_Is400(string action, string body, string code)
    {
        using var answer = await host.Api.PostAsync($"/api/schema/{action}", new StringContent(body));

        await answer.ShouldBeErrorAsync(400, code);
    }

    [Fact]
    public async Task FromSample_TooLarge_Is413()
    {
        using var answer = await host.Api.PostAsync("/api/schema/from-sample", new StringContent($"\"{new string('x', 1024 * 1024)}\""));

        await answer.ShouldBeErrorAsync(413, "RequestEntityTooLarge");
    }

    [Fact]
    public async Task Post_NotSignedIn_Is401()
    {
        using var answer = await host.Client.PostAsync("/api/schema/from-sample", new StringContent("{}"));

        answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }
}
