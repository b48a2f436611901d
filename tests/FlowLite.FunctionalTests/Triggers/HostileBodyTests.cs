using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace FlowLite.FunctionalTests.Triggers;

/// <summary>Bad input by the hundred: never a 5xx, never a hang, Flow's error body, and what was signed is in the inbox.</summary>
public sealed class HostileBodyTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string Schema = """
        "schema":{"type":"object","properties":{"Email":{"type":"string","maxLength":10},"Tags":{"type":"array","items":{"type":"integer"}}},"required":["Email"],"additionalProperties":false}
        """;

    private static readonly string[] NotJson =
    [
        "", " ", "\0", "{", "}", "[", "{\"a\":}", "{\"a\":1,}", "[1,]", "{'a':1}", "{a:1}", "nul", "NaN", "-Infinity", "{\"a\":Infinity}", "{\"a\":NaN}",
        "01", "+1", ".5", "1.", "0x10", "1e", "--1", "\"", "\"\n\"", "\"\t\"", "\"\\x\"", "\"\\u12\"", "\"\\uZZZZ\"", "{} {}", "{}x", "[1 2]", "// c\n{}", "/* c */{}",
        "<lead/>", "a=b&c=d", "{}\0", "\0{}", "{\"a\":\"\0\"}", "1},\"x\":{", "1,\"body\":2", "{}},\"headers\":{\"a\":1", "null,\"body\":null", "\uFEFF\uFEFF{}",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\udc00\\ud800\"", "{\"\\ud800\":1}", "{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ud83d\\u0041\"}", "{\"a\":\"\\\\\\ud800\"}", "[\"\\ud83dx\"]",
        "1e400", "-1e400", "[1e99999]", "{\"a\":1E+309}", "{\"a\":{\"b\":[1e400]}}",
    ];

    private static IEnumerable<byte[]> Bodies() =>
    [
        .. NotJson.Select(Encoding.UTF8.GetBytes),
        Encoding.UTF8.GetBytes(new string('[', 65) + new string(']', 65)),
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 65)) + "1" + new string('}', 65)),
        Encoding.UTF8.GetBytes(new string('[', 1_000_000)),
        Encoding.UTF8.GetBytes(new string('9', 5_000)),
        Encoding.UTF8.GetBytes($"{{\"Email\":-{new string('9', 5_000)}}}"),
        Encoding.Unicode.GetBytes("{\"Email\":\"a\"}"),
        [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("{}")],
        [0x22, 0xC3, 0x28, 0x22],
        [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D],
        [0x22, 0xED, 0xA0, 0x80, 0x22],
        [0xFF, 0xFE, 0x00],
        [.. Enumerable.Range(0, 256).Select(i => (byte)i)],
    ];

    private static readonly string[] Mismatches =
    [
        "null", "true", "1", "\"x\"", "[]", "[{}]", "{}", "{\"Email\":null}", "{\"Email\":1}", "{\"Email\":[]}", "{\"Email\":{}}", "{\"Email\":\"12345678901\"}",
        "{\"Email\":\"a\",\"Tags\":{}}", "{\"Email\":\"a\",\"Tags\":[1,\"x\"]}", "{\"Email\":\"a\",\"Tags\":[1.5]}", "{\"Email\":\"a\",\"Other\":1}", "{\"Email\":\"a\",\"\":1}",
        "{\"Email\":\"a\",\"Email\":2}", "{\"Email\":\"a\",\"__proto__\":{}}", "{\"Email\":\"a\",\"$value\":\"b\"}",
    ];

    [Fact]
    public async Task Post_BodiesThatAreNotJson_AreAll400AndKeptByteForByte()
    {
        var schema = host.Url(await host.PublishAsync("hostile-schema", Schema));
        var plain = host.Url(await host.PublishAsync("hostile-plain"));
        var sent = new List<byte[]>();
        foreach (var body in Bodies())
        {
            await RefusedAsync(schema, body, "text/plain", "InvalidRequestContent");
            await RefusedAsync(plain, body, "application/json; charset=utf-8", "InvalidRequestContent");
            sent.Add(body);
        }

        foreach (var flow in new[] { "hostile-schema", "hostile-plain" })
        {
            (await host.InboxAsync(flow)).Reverse().Select(e => Convert.ToHexString(e.Body.Span)).Should().BeEquivalentTo(sent.Select(Convert.ToHexString));
        }
    }

    [Fact]
    public async Task Post_BodiesThatDontMatch_AreAll400AndKept()
    {
        var url = host.Url(await host.PublishAsync("mismatches", Schema));
        foreach (var body in Mismatches)
        {
            await RefusedAsync(url, Encoding.UTF8.GetBytes(body), "application/json", "TriggerInputSchemaMismatch");
        }

        (await host.InboxAsync("mismatches")).Should().HaveCount(Mismatches.Length);
    }

    [Fact]
    public async Task Post_60MegabyteBody_Is413ReadableByTheSender()
    {
        var url = host.Url(await host.PublishAsync("huge", Schema));
        var body = new byte[60 * 1024 * 1024];
        Array.Fill(body, (byte)'x');

        await RefusedAsync(url, body, "application/json", "RequestEntityTooLarge", 413);

        (await host.InboxAsync("huge")).Should().ContainSingle().Which.Body.Length.Should().Be(64 * 1024);
    }

    [Fact]
    public async Task Post_AnyJson_IsAcceptedAndComesBackEqual()
    {
        var flow = await host.PublishAsync("any");
        var url = host.Url(flow);

        await RandomJson.Texts.SampleAsync(async text =>
        {
            using var answer = await PostAsync(url, Encoding.UTF8.GetBytes(text), "application/json");
            answer.StatusCode.Should().Be(HttpStatusCode.Accepted, text);
            var run = await host.RunAsync("any", answer.Header("x-ms-workflow-run-id"));
            JsonElement.DeepEquals(run.GetProperty("trigger").GetProperty("outputs").GetProperty("body"), JsonElement.Parse(text)).Should().BeTrue(text);
        }, iter: 150, threads: 2);
    }

    [Fact]
    public async Task Post_JsonWithOneByteChanged_IsAcceptedOrKept()
    {
        var url = host.Url(await host.PublishAsync("mutated", Schema));
        var kept = 0;

        await Gen.Select(RandomJson.Texts, Gen.Int[0, 1_000_000], Gen.Byte).SampleAsync(async (text, at, value) =>
        {
            var body = Encoding.UTF8.GetBytes(text);
            body[at % body.Length] = value;
            using var answer = await PostAsync(url, body, "application/json");
            if (answer.StatusCode != HttpStatusCode.Accepted)
            {
                var (status, code, message) = await answer.ErrorAsync();
                status.Should().Be(400, message);
                code.Should().BeOneOf("InvalidRequestContent", "TriggerInputSchemaMismatch");
                Interlocked.Increment(ref kept);
            }
        }, iter: 300, threads: 2);

        (await host.InboxAsync("mutated", 10_000)).Should().HaveCount(kept);
    }

    private async Task RefusedAsync(string url, byte[] body, string contentType, string code, int status = 400)
    {
        using var answer = await PostAsync(url, body, contentType);
        var because = Encoding.Latin1.GetString(body.AsSpan(0, Math.Min(body.Length, 60)));
        answer.StatusCode.Should().Be((HttpStatusCode)status, because);
        (await answer.ErrorAsync()).Code.Should().Be(code, because);
    }

    private async Task<HttpResponseMessage> PostAsync(string url, byte[] body, string contentType)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await host.Client.PostAsync(url, content);
    }
}
