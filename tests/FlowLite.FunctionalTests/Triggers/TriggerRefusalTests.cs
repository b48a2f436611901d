using System.Net;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Triggers;

public sealed class TriggerRefusalTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    [Fact]
    public async Task Post_WithAuthorizationHeader_Is401EvenWhenSigned()
    {
        var flow = await host.PublishAsync("authorization");
        using var request = new HttpRequestMessage(HttpMethod.Post, host.Url(flow)) { Content = Json("{}") };
        request.Headers.Add("Authorization", "Bearer x");

        using var answer = await host.Client.SendAsync(request);

        (await answer.ErrorAsync()).Should().Be((401, "DirectApiAuthorizationRequired", "The request must be authenticated only by Shared Access scheme."));
        (await host.InboxAsync("authorization")).Should().BeEmpty();
    }

    [Theory]
    [InlineData("&sig=", "&no=", "DirectApiAuthorizationRequired")]
    [InlineData("&sig=", "&sig=&x=", "DirectApiAuthorizationRequired")]
    [InlineData("&sig=", "&sig=A", "DirectApiInvalidAuthorizationSignature")]
    [InlineData("&sig=", "&sig=x&sig=", "DirectApiAuthorizationRequired")]
    [InlineData("&sv=1.0", "", "DirectApiInvalidAuthorizationSignature")]
    [InlineData("&sv=1.0", "&sv=2.0", "DirectApiInvalidAuthorizationSignature")]
    [InlineData("&sp=%2Ftriggers%2Fmanual%2Frun", "&sp=%2Ftriggers%2Fother%2Frun", "DirectApiInvalidAuthorizationSignature")]
    [InlineData("&sp=%2Ftriggers%2Fmanual%2Frun", "", "DirectApiInvalidAuthorizationSignature")]
    public async Task Post_SignatureTamperedWith_Is401AndNotKept(string part, string replacement, string code)
    {
        var flow = await host.PublishAsync("tampered");

        using var answer = await host.Client.PostAsync(host.Url(flow).Replace(part, replacement, StringComparison.Ordinal), Json("{}"));

        await answer.ShouldBeErrorAsync(401, code);
        (await host.InboxAsync("tampered")).Should().BeEmpty();
    }

    [Fact]
    public async Task Post_SignatureCutOrOfAnotherFlow_Is401()
    {
        var url = host.Url(await host.PublishAsync("mine"));
        var other = host.Url(await host.PublishAsync("theirs"));
        var signature = other[other.IndexOf("&sig=", StringComparison.Ordinal)..];

        foreach (var wrong in new[] { url[..^1], url[..^20], url[..url.IndexOf("&sig=", StringComparison.Ordinal)] + signature })
        {
            using var answer = await host.Client.PostAsync(wrong, Json("{}"));
            (await answer.ErrorAsync()).Should().Be((401, "DirectApiInvalidAuthorizationSignature", "The provided authorization signature is not valid."));
        }
    }

    [Fact]
    public async Task Post_EveryCharacterOfTheSignatureChanged_Is401()
    {
        var url = host.Url(await host.PublishAsync("each"));
        var start = url.IndexOf("&sig=", StringComparison.Ordinal) + 5;
        (url.Length - start).Should().Be(43);

        for (var i = start; i < url.Length; i++)
        {
            var wrong = url[..i] + (url[i] == 'A' ? 'B' : 'A') + url[(i + 1)..];
            using var answer = await host.Client.PostAsync(wrong, Json("{}"));
            answer.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Post_UnknownFlowOrTrigger_Is404()
    {
        var url = host.Url(await host.PublishAsync("known"));

        using var noFlow = await host.Client.PostAsync(url.Replace("/known/", "/unknown/", StringComparison.Ordinal), Json("{}"));
        using var noTrigger = await host.Client.PostAsync(url.Replace("/manual/paths", "/other/paths", StringComparison.Ordinal), Json("{}"));

        (await noFlow.ErrorAsync()).Should().Be((404, "WorkflowNotFound", "The workflow 'unknown' could not be found."));
        await noTrigger.ShouldBeErrorAsync(404, "TriggerNotFound");
    }

    [Theory]
    [InlineData("api-version=2016-06-01", "api-version=2030-01-01")]
    [InlineData("api-version=2016-06-01&", "")]
    public async Task Post_UnsupportedApiVersion_Is400AndKept(string part, string replacement)
    {
        var id = $"version{replacement.Length}";
        var flow = await host.PublishAsync(id);

        using var answer = await host.Client.PostAsync(host.Url(flow).Replace(part, replacement, StringComparison.Ordinal), Json("""{"lead":1}"""));

        await answer.ShouldBeErrorAsync(400, "InvalidApiVersionParameter");
        Encoding.UTF8.GetString((await host.InboxAsync(id)).Should().ContainSingle().Subject.Body.Span).Should().Be("""{"lead":1}""");
    }

    [Theory]
    [InlineData("PUT", true)]
    [InlineData("DELETE", false)]
    [InlineData("GET", false)]
    [InlineData("OPTIONS", false)]
    [InlineData("FANCY", true)]
    public async Task Call_OtherMethod_Is405WithAllowAndKeptWhenItBringsALead(string method, bool hasBody)
    {
        var id = $"method-{method}";
        var flow = await host.PublishAsync(id);
        using var request = new HttpRequestMessage(new HttpMethod(method), host.Url(flow)) { Content = hasBody ? Json("{}") : null };

        using var answer = await host.Client.SendAsync(request);

        await answer.ShouldBeErrorAsync(405, "TriggerRequestMethodNotValid");
        answer.Content.Headers.Allow.Should().Equal("POST");
        (await host.InboxAsync(id)).Should().HaveCount(hasBody ? 1 : 0);
    }

    [Fact]
    public async Task Head_Trigger_Is405WithoutBody()
    {
        var flow = await host.PublishAsync("head");
        using var request = new HttpRequestMessage(HttpMethod.Head, host.Url(flow));

        using var answer = await host.Client.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("address")]
    [InlineData("address/1/2")]
    [InlineData("home/1")]
    public async Task Post_OtherRelativePath_Is404AndKept(string path)
    {
        var id = $"path{path.Length}{path.Split('/').Length}";
        var flow = await host.PublishAsync(id, "\"relativePath\":\"address/{postalCode}\"");

        using var answer = await host.Client.PostAsync(host.Url(flow, relativePath: path), Json("{}"));

        await answer.ShouldBeErrorAsync(404, "TriggerRelativePathNotMatched");
        (await host.InboxAsync(id)).Should().ContainSingle().Which.PathAndQuery.Should().Be($"/{path}?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0");
    }

    [Fact]
    public async Task Post_SchemaMismatch_Is400InFlowsWordsAndKeptWithoutSecrets()
    {
        var flow = await host.PublishAsync("mismatch", """
            "schema":{"type":"object","properties":{"Age":{"type":"integer"}},"required":["Email"]}
            """);
        var url = host.Url(flow);
        var signature = url[(url.IndexOf("&sig=", StringComparison.Ordinal) + 5)..];
        using var request = new HttpRequestMessage(HttpMethod.Post, url.Replace("&sig=", "&%73IG=", StringComparison.Ordinal) + "&x=%20y") { Content = Json("""{"Age":"old"}""") };
        request.Headers.Add("Cookie", "a=b");
        request.Headers.Add("X-Forwarded-Url", url);
        request.Headers.Add("X-Kept", "yes");

        using var answer = await host.Client.SendAsync(request);

        var message = await answer.ShouldBeErrorAsync(400, "TriggerInputSchemaMismatch");
        message.Should().StartWith("The input body for trigger 'manual' of type 'Request' did not match its schema definition. Error details: '")
            .And.Contain("Email").And.Contain("Age").And.EndWith("'.");
        var kept = (await host.InboxAsync("mismatch")).Should().ContainSingle().Subject;
        kept.ReasonCode.Should().Be("TriggerInputSchemaMismatch");
        kept.ReasonMessage.Should().Be(message);
        kept.Method.Should().Be("POST");
        kept.PathAndQuery.Should().Be("/?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&x=%20y");
        kept.Headers.GetProperty("X-Kept").GetString().Should().Be("yes");
        kept.Headers.GetRawText().Should().NotContain(signature).And.NotContain("Cookie");
        (await RunsAsync("mismatch")).Should().BeEmpty();
    }

    [Fact]
    public async Task Post_FlowRetracted_Is400AndKept()
    {
        var flow = await host.PublishAsync("retracted");
        var url = host.Url(flow);
        using (await host.Client.PostAsync(url, Json("{}")))
        {
        }

        host.Services.GetRequiredService<FlowCatalog>().Retract("retracted");
        using var answer = await host.Client.PostAsync(url, Json("""{"lead":1}"""));
        using var unsigned = await host.Client.PostAsync(url[..^2], Json("{}"));
        await host.PublishAsync("retracted");
        using var again = await host.Client.PostAsync(url, Json("{}"));

        await answer.ShouldBeErrorAsync(400, "WorkflowTriggerIsNotEnabled");
        (await host.InboxAsync("retracted")).Should().ContainSingle().Which.Body.ToArray().Should().Equal("""{"lead":1}"""u8.ToArray());
        unsigned.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
        again.StatusCode.Should().Be(HttpStatusCode.Accepted, "publishing again makes the same URL work again");
    }

    [Fact]
    public async Task Post_PublishedVersionDoesNotCompile_Is400AndKept()
    {
        await using var other = await TriggerHost.StartAsync();
        var flow = await other.PublishAsync("broken");
        var url = other.Url(flow);
        var store = other.Services.GetRequiredService<IDefinitionStore>();
        await store.SaveAsync(flow.Definition with { Document = JsonElement.Parse("""{"root":{"id":"r","type":"Gone.Activity"}}""") });
        await other.Services.GetRequiredService<FlowCatalog>().LoadAsync();

        using var answer = await other.Client.PostAsync(url, Json("{}"));

        var message = await answer.ShouldBeErrorAsync(400, "WorkflowTriggerIsNotEnabled");
        message.Should().Contain("Gone.Activity");
        (await other.InboxAsync("broken")).Should().ContainSingle();
    }

    [Fact]
    public async Task Post_WaitingLimitReached_Is429WithRetryAfterAndKept()
    {
        var flow = await host.PublishAsync("limited", "\"maximumWaitingRuns\":2");
        var url = host.Url(flow);
        var dispatcher = host.Services.GetRequiredService<RunService>().Dispatcher;
        dispatcher.TryReserve("limited", null).Should().BeTrue();
        dispatcher.TryReserve("limited", null).Should().BeTrue();

        using var answer = await host.Client.PostAsync(url, Json("""{"late":true}"""));

        await answer.ShouldBeErrorAsync(429, "TooManyWaitingRuns");
        answer.Headers.RetryAfter!.Delta.Should().BePositive();
        (await host.InboxAsync("limited")).Should().ContainSingle().Which.ReasonCode.Should().Be("TooManyWaitingRuns");
        (await RunsAsync("limited")).Should().BeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Post_TooLarge_Is413AndItsBeginningIsKept(bool chunked)
    {
        var id = $"large{chunked}";
        var flow = await host.PublishAsync(id, "\"maxBodySize\":1000");
        using var request = new HttpRequestMessage(HttpMethod.Post, host.Url(flow)) { Content = Json("\"" + new string('x', 3_000_000) + "\"") };
        request.Headers.TransferEncodingChunked = chunked;

        using var answer = await host.Client.SendAsync(request);

        await answer.ShouldBeErrorAsync(413, "RequestEntityTooLarge");
        (await host.InboxAsync(id)).Should().ContainSingle().Which.Body.Length.Should().Be(1000);
    }

    [Fact]
    public async Task Post_ExactlyTheLimit_IsTaken()
    {
        var flow = await host.PublishAsync("limit", "\"maxBodySize\":1000");

        using var fits = await host.Client.PostAsync(host.Url(flow), Json("\"" + new string('x', 998) + "\""));
        using var tooLarge = await host.Client.PostAsync(host.Url(flow), Json("\"" + new string('x', 999) + "\""));

        fits.StatusCode.Should().Be(HttpStatusCode.Accepted);
        tooLarge.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Post_StoreUnavailable_Is503WithRetryAfter()
    {
        await using var other = await TriggerHost.StartAsync(BrokenRunStore.Replace);
        var flow = await other.PublishAsync("store");
        var url = other.Url(flow);
        BrokenRunStore.Of(other.Services).Breaks = true;

        using var lead = await other.Client.PostAsync(url, Json("{}"));
        using var refused = await other.Client.PostAsync(url, Json("no json"));
        BrokenRunStore.Of(other.Services).Breaks = false;
        using var well = await other.Client.PostAsync(url, Json("{}"));

        foreach (var answer in new[] { lead, refused })
        {
            await answer.ShouldBeErrorAsync(503, "ServiceUnavailable");
            answer.Headers.RetryAfter!.Delta.Should().BePositive();
        }

        lead.Headers.Contains("x-ms-workflow-run-id").Should().BeFalse();
        well.StatusCode.Should().Be(HttpStatusCode.Accepted);
    }

    private async Task<IReadOnlyList<RunSummary>> RunsAsync(string flow) =>
        await host.Services.GetRequiredService<IRunStore>().ListRunsAsync(flow, null, null, 10);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
