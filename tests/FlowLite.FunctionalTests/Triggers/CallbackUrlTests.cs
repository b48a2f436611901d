using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowLite.Server.Triggers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Triggers;

public sealed class CallbackUrlTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task ListCallbackUrl_PublishedTrigger_GivesAUrlThatWorks()
    {
        await host.PublishAsync("callback");

        var url = await PostAsync("/api/flows/callback/triggers/manual/listCallbackUrl", null);

        var value = url.GetProperty("value").GetString()!;
        value.Should().MatchRegex(@"^http://127\.0\.0\.1:\d+/workflows/callback/triggers/manual/paths/invoke\?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1\.0&sig=[A-Za-z0-9_-]{43}$");
        url.GetProperty("method").GetString().Should().Be("POST");
        url.GetProperty("basePath").GetString().Should().Be(value[..value.IndexOf('?', StringComparison.Ordinal)]);
        var queries = url.GetProperty("queries");
        queries.GetProperty("api-version").GetString().Should().Be("2016-06-01");
        queries.GetProperty("sp").GetString().Should().Be("/triggers/manual/run");
        queries.GetProperty("sv").GetString().Should().Be("1.0");
        value.Should().EndWith(queries.GetProperty("sig").GetString());
        (await CallAsync(value)).Should().Be(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task ListCallbackUrl_RelativePathAndMethod_AreTold()
    {
        await host.PublishAsync("relative", "\"method\":\"PUT\",\"relativePath\":\"/address/{id}\"");

        var url = await PostAsync("/api/flows/relative/triggers/manual/listCallbackUrl", """{"keyType":"Secondary"}""");

        url.GetProperty("method").GetString().Should().Be("PUT");
        url.GetProperty("relativePath").GetString().Should().Be("address/{id}");
        using var answer = await host.Client.PutAsync(url.GetProperty("value").GetString()!.Replace("{id}", "7", StringComparison.Ordinal), new StringContent("{}", Encoding.UTF8, "application/json"));
        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task ListCallbackUrl_PublicUrlConfigured_StandsOnIt()
    {
        await using var other = await TriggerHost.StartAsync(null, "FlowLite:PublicUrl=https://flows.contoso.com/sub");
        await other.PublishAsync("public");

        using var answer = await other.Api.PostAsync("/api/flows/public/triggers/manual/listCallbackUrl", null);

        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("value").GetString()
            .Should().StartWith("https://flows.contoso.com/sub/workflows/public/triggers/manual/paths/invoke?");
    }

    [Theory]
    [InlineData("")]
    [InlineData("contoso:99999")]
    [InlineData("a..b")]
    public async Task ListCallbackUrl_OfARequestWhoseHostIsNone_Is400(string none)
    {
        await host.PublishAsync("hostless");
        var head = $"POST /api/flows/hostless/triggers/manual/listCallbackUrl HTTP/1.1\r\nHost: {none}\r\nAuthorization: {host.Api.DefaultRequestHeaders.Authorization}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

        var (status, text) = await RawHttp.SendAsync(host.Address, RawHttp.Request(head), closesSending: false);

        status.Should().Be(400, text);
        text.Should().Contain("""{"error":{"code":"BadRequest",""");
    }

    [Fact]
    public async Task ListCallbackUrl_NotAfter_GivesAUrlThatWorksUntilThen()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var other = await TriggerHost.StartAsync(services => services.AddSingleton<TimeProvider>(clock));
        await other.PublishAsync("expiring");

        using var answer = await other.Api.PostAsync("/api/flows/expiring/triggers/manual/listCallbackUrl", new StringContent("""{"notAfter":"2026-03-01T14:30:00+01:00"}"""));
        var url = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var value = url.GetProperty("value").GetString()!;

        value.Should().MatchRegex(@"\?api-version=2016-06-01&se=2026-03-01T13%3A30%3A00\.0000000Z&sp=%2Ftriggers%2Fmanual%2Frun&sv=1\.0&sig=[A-Za-z0-9_-]{43}$");
        url.GetProperty("queries").GetProperty("se").GetString().Should().Be("2026-03-01T13:30:00.0000000Z");
        clock.SetUtcNow(new DateTimeOffset(2026, 3, 1, 13, 30, 0, TimeSpan.Zero));
        using var accepted = await other.Client.PostAsync(value, new StringContent("{}", Encoding.UTF8, "application/json"));
        accepted.StatusCode.Should().Be(HttpStatusCode.Accepted);
        clock.Advance(TimeSpan.FromTicks(1));
        using var refused = await other.Client.PostAsync(value, new StringContent("{}", Encoding.UTF8, "application/json"));
        (await refused.ShouldBeErrorAsync(401, "DirectApiInvalidAuthorizationSignature")).Should().Contain("expired");
        (await other.InboxAsync("expiring")).Should().BeEmpty();
    }

    [Theory]
    [InlineData("&se=2099-01-01T00%3A00%3A00.0000000Z", "&se=2100-01-01T00%3A00%3A00.0000000Z")]
    [InlineData("&se=2099-01-01T00%3A00%3A00.0000000Z", "")]
    [InlineData("&se=2099-01-01T00%3A00%3A00.0000000Z", "&se=2099-01-01T00%3A00%3A00.0000000Z&se=2099-01-01T00%3A00%3A00.0000000Z")]
    [InlineData("&se=2099-01-01T00%3A00%3A00.0000000Z", "&se=2099-01-01T00%3A00%3A00Z")]
    [InlineData("&se=2099-01-01T00%3A00%3A00.0000000Z", "&se=")]
    public async Task Call_ExpiryChanged_Is401(string made, string changed)
    {
        await host.PublishAsync("changed-expiry");
        var url = await PostAsync("/api/flows/changed-expiry/triggers/manual/listCallbackUrl", """{"keyType":"Secondary","notAfter":"2099-01-01T00:00:00Z"}""");
        var value = url.GetProperty("value").GetString()!;
        (await CallAsync(value)).Should().Be(HttpStatusCode.Accepted);

        (await CallAsync(value.Replace(made, changed, StringComparison.Ordinal))).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Call_ExpiryAddedToAUrlThatHasNone_Is401()
    {
        var flow = await host.PublishAsync("added-expiry");

        (await CallAsync($"{host.Url(flow)}&se=2099-01-01T00%3A00%3A00.0000000Z")).Should().Be(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("\"2020-01-01T00:00:00Z\"")]
    [InlineData("\"2099-01-01T00:00:00\"")]
    [InlineData("\"2099-01-01\"")]
    [InlineData("\"tomorrow\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("4070908800")]
    [InlineData("null")]
    public async Task ListCallbackUrl_BadNotAfter_Is400(string notAfter)
    {
        await host.PublishAsync("bad-expiry");

        using var answer = await host.Api.PostAsync("/api/flows/bad-expiry/triggers/manual/listCallbackUrl", new StringContent($$"""{"notAfter":{{notAfter}}}"""));

        await answer.ShouldBeErrorAsync(400, "InvalidNotAfter");
    }

    [Theory]
    [InlineData(KeyType.Primary, KeyType.Secondary)]
    [InlineData(KeyType.Secondary, KeyType.Primary)]
    public async Task RegenerateAccessKey_OneKey_KillsItsUrlsAndNoOthers(KeyType changed, KeyType kept)
    {
        var id = $"regenerate-{changed}";
        var flow = await host.PublishAsync(id);
        var (old, other) = (host.Url(flow, changed), host.Url(flow, kept));
        (await CallAsync(old)).Should().Be(HttpStatusCode.Accepted);

        var url = await PostAsync($"/api/flows/{id}/triggers/manual/regenerateAccessKey", $$"""{"keyType":"{{changed}}"}""");

        (await CallAsync(old)).Should().Be(HttpStatusCode.Unauthorized);
        (await CallAsync(other)).Should().Be(HttpStatusCode.Accepted);
        (await CallAsync(url.GetProperty("value").GetString()!)).Should().Be(HttpStatusCode.Accepted);
        await host.PublishAsync(id);
        (await CallAsync(other)).Should().Be(HttpStatusCode.Accepted, "publishing again changes no key");
    }

    [Theory]
    [InlineData("listCallbackUrl", """{"keyType":"Third"}""")]
    [InlineData("listCallbackUrl", """{"keyType":1}""")]
    [InlineData("listCallbackUrl", "[]")]
    [InlineData("listCallbackUrl", "{")]
    [InlineData("regenerateAccessKey", "")]
    [InlineData("regenerateAccessKey", "{}")]
    [InlineData("regenerateAccessKey", """{"keyType":null}""")]
    [InlineData("regenerateAccessKey", """{"keyType":"\ud800"}""")]
    public async Task Post_BadKeyType_Is400(string action, string body)
    {
        await host.PublishAsync("keytype");

        using var answer = await host.Api.PostAsync($"/api/flows/keytype/triggers/manual/{action}", new StringContent(body));

        await answer.ShouldBeErrorAsync(400, "InvalidKeyType");
    }

    [Theory]
    [InlineData("nothing", "manual")]
    [InlineData("known", "other")]
    public async Task Post_UnknownFlowOrTrigger_Is404(string flow, string trigger)
    {
        await host.PublishAsync("known");

        foreach (var action in new[] { "listCallbackUrl", "regenerateAccessKey" })
        {
            using var answer = await host.Api.PostAsync($"/api/flows/{flow}/triggers/{trigger}/{action}", new StringContent("""{"keyType":"Primary"}"""));
            await answer.ShouldBeErrorAsync(404, "TriggerNotFound");
        }
    }

    private async Task<JsonElement> PostAsync(string path, string? body)
    {
        using var answer = await host.Api.PostAsync(path, body is null ? null : new StringContent(body));
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<HttpStatusCode> CallAsync(string url)
    {
        using var answer = await host.Client.PostAsync(url, new StringContent("{}", Encoding.UTF8, "application/json"));
        return answer.StatusCode;
    }
}
