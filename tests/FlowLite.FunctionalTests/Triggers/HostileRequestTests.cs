using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Triggers;

/// <summary>Requests that no HTTP client would send, and floods of them.</summary>
public sealed class HostileRequestTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Theory]
    [InlineData("Transfer-Encoding: chunked", "zz\r\nabc\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked", "5\r\nabc")]
    [InlineData("Transfer-Encoding: chunked", "FFFFFFFFFFFFFFFF\r\nabc")]
    [InlineData("Transfer-Encoding: chunked", "-1\r\nabc\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked", "")]
    [InlineData("Content-Length: 100", "{\"a\":1}")]
    [InlineData("Content-Length: 100", "")]
    public async Task Send_BrokenBodyOfSignedRequest_Is4xxAndItsBeginningIsKept(string header, string body)
    {
        var id = $"raw{Math.Abs(HashCode(header + body))}";
        var flow = await host.PublishAsync(id);

        var (status, text) = await RawHttp.SendAsync(host.Address, RawHttp.Request($"POST {host.Url(flow)} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n", Encoding.UTF8.GetBytes(body)));

        status.Should().Match(s => s == 0 || (s >= 400 && s < 500), text);
        await Eventually.UntilAsync(async () => (await host.InboxAsync(id)).Count == 1, "the inbox entry");
    }

    [Theory]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: abc")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length: 2\r\nContent-Length: 3")]
    [InlineData("Transfer-Encoding: gzip")]
    [InlineData("X-Bad: a\0b")]
    [InlineData(": noname")]
    public async Task Send_BrokenHead_Is4xx(string header)
    {
        var flow = await host.PublishAsync("head");

        var (status, text) = await RawHttp.SendAsync(host.Address, RawHttp.Request($"POST {host.Url(flow)} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n{{}}"), closesSending: false);

        status.Should().BeInRange(400, 499, text);
    }

    [Theory]
    [InlineData("/workflows/%/triggers/manual/paths/invoke?sig=x")]
    [InlineData("/workflows/%00/triggers/manual/paths/invoke?sig=x")]
    [InlineData("/workflows/%ff%fe/triggers/%80/paths/invoke?sig=%ff&sp=%&sv=%zz")]
    [InlineData("/workflows/a/triggers/manual/paths/invoke?sig=%00&sig=")]
    [InlineData("/workflows/../triggers/../paths/invoke?sig=x")]
    [InlineData("/workflows/%2e%2e%2f/triggers/manual/paths/invoke?sig=x")]
    [InlineData("/workflows//triggers//paths/invoke?sig=x")]
    [InlineData("/workflows/a/triggers/manual/paths/invoke/%ZZ/%C0%AF?&&&===&sig=x")]
    [InlineData("http://evil/workflows/a/triggers/manual/paths/invoke?sig=x")]
    public async Task Send_StrangeTargets_Are4xx(string target)
    {
        var (status, text) = await RawHttp.SendAsync(host.Address, RawHttp.Request($"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), closesSending: false);

        status.Should().BeInRange(400, 499, text);
    }

    [Theory]
    [InlineData(15_000, 202)]
    [InlineData(40_000, 414)]
    public async Task Post_LongQuery_IsTakenAsFarAsFlowTakesIt(int length, int expected)
    {
        var flow = await host.PublishAsync("long");

        using var answer = await host.Client.PostAsync($"{host.Url(flow)}&x={new string('y', length)}", new StringContent("{}", Encoding.UTF8, "application/json"));

        ((int)answer.StatusCode).Should().Be(expected);
    }

    [Fact]
    public async Task Post_ThousandsOfUnknownFlows_Are404AndKnownFlowsGoOn()
    {
        var flow = await host.PublishAsync("flooded");
        var url = host.Url(flow);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 2000).Select(async i =>
        {
            using var answer = await host.Client.PostAsync(i % 10 == 0 ? url : url.Replace("/flooded/", $"/made-up-{i}/", StringComparison.Ordinal), new StringContent("{}", Encoding.UTF8, "application/json"));
            return answer.StatusCode;
        }));

        statuses.Count(s => s == HttpStatusCode.Accepted).Should().Be(200);
        statuses.Count(s => s == HttpStatusCode.NotFound).Should().Be(1800);
    }

    [Fact]
    public async Task Inbox_Entries_AreListedNewestFirstInPages()
    {
        var flow = await host.PublishAsync("inbox");
        var url = host.Url(flow);
        foreach (var body in new byte[][] { [.. "first é"u8], [.. "second"u8], [0xFF, 0xFE] })
        {
            using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
            (await host.Client.PostAsync(url, content)).Dispose();
        }

        var page = await host.Api.GetFromJsonAsync<JsonElement>("/api/inbox?flow=inbox&top=2");
        var next = await host.Api.GetFromJsonAsync<JsonElement>(page.GetProperty("nextLink").GetString());

        page.GetProperty("value")[1].GetProperty("bodySize").GetInt32().Should().Be(6);
        page.GetProperty("value")[1].TryGetProperty("body", out _).Should().BeFalse("lists are read without them");
        var (third, second, first) = (await EntryAsync(page, 0), await EntryAsync(page, 1), await EntryAsync(next, 0));
        third.GetProperty("body").GetString().Should().Be("//4=");
        third.GetProperty("bodyIsBase64").GetBoolean().Should().BeTrue();
        second.GetProperty("body").GetString().Should().Be("second");
        first.GetProperty("body").GetString().Should().Be("first é");
        first.GetProperty("bodyIsBase64").GetBoolean().Should().BeFalse();
        first.GetProperty("flow").GetString().Should().Be("inbox");
        first.GetProperty("trigger").GetString().Should().Be("manual");
        first.GetProperty("reason").GetProperty("code").GetString().Should().Be("InvalidRequestContent");
        first.GetProperty("reason").GetProperty("message").GetString().Should().NotBeEmpty();
        first.GetProperty("method").GetString().Should().Be("POST");
        first.GetProperty("path").GetString().Should().NotContain("sig");
        first.GetProperty("headers").GetProperty("Content-Type").GetString().Should().Be("application/json");
        next.TryGetProperty("nextLink", out _).Should().BeFalse();
    }

    private Task<JsonElement> EntryAsync(JsonElement page, int index) =>
        host.Api.GetFromJsonAsync<JsonElement>($"/api/inbox/{page.GetProperty("value")[index].GetProperty("id").GetString()}");

    // The same in every run, unlike string.GetHashCode.
    private static int HashCode(string text) => text.Aggregate(17, (hash, c) => (hash * 31) + c);
}
