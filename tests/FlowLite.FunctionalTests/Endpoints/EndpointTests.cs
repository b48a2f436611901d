using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Endpoints that start runs answer as a recorded Elsa did.</summary>
public sealed class EndpointTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private static int _number;

    private static string NewPath() => $"p{Interlocked.Increment(ref _number)}";

    [Fact]
    public async Task NoResponseActivity_Is200WithoutContent()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("e", path, "[\"GET\"]")));

        var answer = await host.Client.GetAsync($"/workflows/{path}").ReadAsync();

        answer.Should().Be((200, null, ""));
    }

    [Fact]
    public async Task RequestTimeout_LongerThanAnyTimer_WaitsForTheAnswer()
    {
        var path = NewPath();
        var flow = Sequence(path, Endpoint("e", path, "[\"GET\"]"));
        flow["root"]!["activities"]![0]!["requestTimeout"] = Input("Literal", "365.00:00:00");
        await host.PublishAsync(flow);

        (await host.Client.GetAsync($"/workflows/{path}").ReadAsync()).Should().Be((200, null, ""));
    }

    [Theory]
    [InlineData("/workflows/{0}")]
    [InlineData("/workflows/{0}/")]
    [InlineData("/Workflows/{0}")]
    public async Task OkCasesAndTrailingSlash_AreTheSameEndpoint(string url)
    {
        var path = NewPath();
        await EchoAsync(path);

        var answer = await host.PostAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, url, path.ToUpperInvariant()), """{"a":1}""").ReadAsync();

        answer.Should().Be((202, "application/json", """{"a":1}"""));
    }

    [Theory]
    [InlineData("[1,{\"a\":2}]", "application/json", "[1,{\"a\":2}]")]
    [InlineData("5", "application/json", "5")]
    [InlineData("\"x\"", "application/json", "x")]
    [InlineData("null", "application/json", "")]
    [InlineData("{\"a\":1}", "text/json; charset=utf-8", "{\"a\":1}")]
    [InlineData("{\"Key\":\"<x&y>+é中\",\"key\":null,\"day\":\"2026-01-31\"}", "application/json", "{\"Key\":\"<x&y>+é中\",\"key\":null,\"day\":\"2026-01-31\"}")]
    [InlineData("{\"a\":2.50,\"b\":1e4,\"c\":98765432109876543210,\"d\":-0.0}", "application/json", "{\"a\":2.50,\"b\":1e4,\"c\":98765432109876543210,\"d\":-0.0}")]
    [InlineData("hello", "text/plain", "hello")]
    [InlineData("{\"a\":1}", null, "{\"a\":1}")]
    [InlineData("a=1&x=2&x=3", "application/x-www-form-urlencoded", "{\"a\":\"1\",\"x\":[\"2\",\"3\"]}")]
    [InlineData("", "application/json", "")]
    public async Task Content_IsParsedByItsType(string body, string? type, string echoed)
    {
        var path = NewPath();
        await EchoAsync(path);

        var answer = await host.PostAsync($"/workflows/{path}", body, type).ReadAsync();

        answer.Body.Should().Be(echoed);
        answer.Status.Should().Be(202);
    }

    [Fact]
    public async Task BadJson_Is400WithThePlaceAndNoRun()
    {
        var path = NewPath();
        await EchoAsync(path);

        var (status, type, body) = await host.PostAsync($"/workflows/{path}", "{\"ActionCode\": ").ReadAsync();

        (status, type).Should().Be((400, "application/json; charset=utf-8"));
        var json = JsonElement.Parse(body);
        json.GetProperty("message").GetString().Should().EndWith("Path: $ | LineNumber: 0 | BytePositionInLine: 15.");
        json.GetProperty("path").GetString().Should().Be("$");
        json.GetProperty("lineNumber").GetInt32().Should().Be(0);
        (await host.RunsAsync(path)).Should().BeEmpty("Elsa leaves an instance behind that never ends");
        var kept = (await host.InboxAsync(path)).Should().ContainSingle().Subject;
        (kept.ReasonCode, Encoding.UTF8.GetString(kept.Body.Span)).Should().Be(("InvalidRequestContent", "{\"ActionCode\": "));
    }

    [Fact]
    public async Task Call_ThatTheActivationStrategyRefuses_Is409AndKept()
    {
        var path = NewPath();
        var flow = Sequence(path, Endpoint("e", path), new JsonObject { ["id"] = "d", ["type"] = "Elsa.Delay", ["version"] = 1, ["timeSpan"] = Input("Literal", "01:00:00") });
        flow["options"] = new JsonObject { ["activationStrategyType"] = "SingletonStrategy" };
        await host.PublishAsync(flow);
        (await host.PostAsync($"/workflows/{path}", "{\"n\":1}").ReadAsync()).Status.Should().Be(200);

        var (status, _, body) = await host.PostAsync($"/workflows/{path}", "{\"n\":2}").ReadAsync();

        status.Should().Be(409);
        body.Should().Contain("message");
        var kept = (await host.InboxAsync(path)).Should().ContainSingle().Subject;
        (kept.ReasonCode, Encoding.UTF8.GetString(kept.Body.Span)).Should().Be(("WorkflowActivationRefused", "{\"n\":2}"));
    }

    [Fact]
    public async Task BadJson_OfASecureEndpointOrOfNobody_IsKeptSealedOrNotAtAll()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("e", path, more: [("authorize", Input("Literal", "True")), ("secureOutputs", true)])));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/workflows/{path}") { Content = new StringContent("{", Encoding.UTF8, "application/json") };

        (await host.PostAsync($"/workflows/{path}", "{").ReadAsync()).Status.Should().Be(401);
        (await host.InboxAsync(path)).Should().BeEmpty("nobody may call without a token");
        (await host.Api.SendAsync(request).ReadAsync()).Status.Should().Be(400);

        (await host.InboxAsync(path)).Should().ContainSingle().Which.BodySize.Should().Be(1);
        var stored = (await host.Services.GetRequiredService<IRunStore>().ListInboxAsync(path, null, 9)).Should().ContainSingle().Subject;
        SecureValues.AreIn(stored.Headers).Should().BeTrue();
    }

    [Fact]
    public async Task FaultedRun_Is500WithoutContent()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("e", path), Respond("r", "return variables.Body.UserDetails.FirstName")));

        var answer = await host.PostAsync($"/workflows/{path}", """{"ActionCode":"x"}""").ReadAsync();

        answer.Should().Be((500, null, ""));
    }

    [Fact]
    public async Task UnknownPathAndWrongMethod_Are404()
    {
        var path = NewPath();
        await EchoAsync(path);

        (await host.Client.GetAsync($"/workflows/{path}").ReadAsync()).Should().Be((404, null, ""));
        (await host.PostAsync($"/workflows/{path}/more", "{}").ReadAsync()).Should().Be((404, null, ""));
        (await host.PostAsync("/workflows/nope", "{}").ReadAsync()).Should().Be((404, null, ""));
    }

    [Fact]
    public async Task PathOutsideOfWorkflows_IsTheServersOwn()
    {
        (await host.PostAsync("/nowhere", "{}").ReadAsync()).Should().Be((401, null, ""), "nobody is told what is there");
        (await host.Api.PostAsync("/nowhere", null).ReadAsync()).Should().Be((404, null, ""));
    }

    [Fact]
    public async Task Route_GivesParametersQueryAndHeaders_LiteralsFirst()
    {
        var path = NewPath();
        const string parts = "return {route: getOutputFrom('e','RouteData'), query: getOutputFrom('e','QueryStringData'), hdr: getOutputFrom('e','Headers')['X-Test']}";
        await host.PublishAsync(Sequence(path, Endpoint("e", $"/{path}/{{id}}/items/{{item}}", "[\"GET\"]"), Respond("r", parts)));
        await host.PublishAsync(Sequence($"{path}-special", Endpoint("e", $"{path}/special/items/{{item}}", "[\"GET\"]"), Respond("r", "return 'special'")));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/workflows/{path}/42/items/a%20b?x=1&x=2&y=z") { Headers = { { "X-Test", "1" } } };

        (await host.Client.SendAsync(request).ReadAsync()).Should().Be((200, "application/json", """{"route":{"id":"42","item":"a b"},"query":{"x":["1","2"],"y":"z"},"hdr":"1"}"""));
        (await host.Client.GetAsync($"/workflows/{path}/special/items/1").ReadAsync()).Should().Be((200, "text/plain", "special"));
        (await host.Client.GetAsync($"/workflows/{path}/42").ReadAsync()).Status.Should().Be(404);
        (await host.Client.DeleteAsync($"/workflows/{path}/42/items/1").ReadAsync()).Status.Should().Be(404);
    }

    [Fact]
    public async Task Route_WithConstraint_TakesOnlyWhatFits()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("e", $"{path}/{{id:int}}", "[\"GET\"]"), Respond("r", "return 'number'")));
        await host.PublishAsync(Sequence($"{path}-any", Endpoint("e", $"{path}/{{name}}", "[\"GET\"]"), Respond("r", "return getOutputFrom('e','RouteData').name")));

        (await host.Client.GetAsync($"/workflows/{path}/7").ReadAsync()).Body.Should().Be("number");
        (await host.Client.GetAsync($"/workflows/{path}/a%2Fb").ReadAsync()).Body.Should().Be("a/b");
    }

    [Fact]
    public async Task Authorize_TakesTheBearerOnly()
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("e", path, "[\"GET\"]", more: ("authorize", Input("Literal", "True"))), Respond("r", "return 'ok'")));

        (await host.Client.GetAsync($"/workflows/{path}").ReadAsync()).Should().Be((401, null, ""));
        (await host.Api.GetAsync($"/workflows/{path}").ReadAsync()).Should().Be((200, "text/plain", "ok"));
        (await host.RunsAsync(path)).Should().ContainSingle();
    }

    [Fact]
    public async Task Journal_HoldsNoCredentialsOfTheCaller()
    {
        var path = NewPath();
        await EchoAsync(path);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/workflows/{path}?sig=secret-1")
        {
            Content = new StringContent("{}"),
            Headers = { { "Authorization", "Bearer secret-2" }, { "Cookie", "a=secret-3" } },
        };

        using var answer = await host.Client.SendAsync(request);

        var run = await host.EndedRunAsync(path, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single());
        run.GetRawText().Should().NotContain("secret-");
    }

    [Fact]
    public async Task DelayThenResponse_IsAnsweredWhenTheRunWaits_AndTheRunEndsWell()
    {
        var path = NewPath();
        var delay = new JsonObject { ["id"] = "d", ["type"] = "Elsa.Delay", ["version"] = 1, ["timeSpan"] = Input("Literal", "00:00:00.5") };
        await host.PublishAsync(Sequence(path, Endpoint("e", path), delay, Respond("r", "return 'late'")));

        using var answer = await host.PostAsync($"/workflows/{path}", "{}");

        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((200, ""));
        var run = await host.EndedRunAsync(path, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single());
        run.GetProperty("status").GetString().Should().Be("Succeeded", "where Elsa's instance faults");
        run.GetProperty("actions").EnumerateArray().Last().GetProperty("note").GetString().Should().Contain("gone");
    }

    [Fact]
    public async Task ResponseThenDelay_IsAnsweredByTheResponse()
    {
        var path = NewPath();
        var delay = new JsonObject { ["id"] = "d", ["type"] = "Elsa.Delay", ["version"] = 1, ["timeSpan"] = Input("Literal", "01:00:00") };
        await host.PublishAsync(Sequence(path, Endpoint("e", path), Respond("r", "return 'ok'"), delay));

        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Should().Be((200, "text/plain", "ok"));
        await Support.Eventually.UntilAsync(async () => (await host.RunsAsync(path))[0].GetProperty("status").GetString() == "Waiting", "the run waiting");
    }

    [Theory]
    [InlineData("return null", null, "")]
    [InlineData("return 7.2", "application/json", "7.2")]
    [InlineData("return true", "application/json", "true")]
    [InlineData("return {a: [1, 'x', null]}", "application/json", "{\"a\":[1,\"x\",null]}")]
    [InlineData("return [new Date(86400000)]", "application/json", "[\"1970-01-02T00:00:00Z\"]")]
    [InlineData("return 'é中😀<&>'", "text/plain", "é中😀<&>")]
    public async Task ResponseWithoutType_HasThatOfItsContent(string script, string? type, string body)
    {
        var path = NewPath();
        await host.PublishAsync(Sequence(path, Endpoint("e", path), Respond("r", script)));

        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Should().Be((200, type, body));
    }

    [Fact]
    public async Task Response_HasItsStatusAndHeaders()
    {
        var path = NewPath();
        var respond = Respond("r", "return '<a/>'", "SeeOther", "text/xml");
        respond["responseHeaders"] = Input("Literal", """{"Location":"/elsewhere","X-Two":["a","b"],"Connection":"close"}""");
        await host.PublishAsync(Sequence(path, Endpoint("e", path), respond));
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = host.Address };

        using var answer = await client.PostAsync($"/workflows/{path}", null);

        answer.StatusCode.Should().Be(HttpStatusCode.SeeOther);
        answer.Headers.Location.Should().Be(new Uri("/elsewhere", UriKind.Relative));
        answer.Headers.GetValues("X-Two").Should().Equal("a", "b");
        answer.Content.Headers.ContentType!.ToString().Should().Be("text/xml");
        (await answer.Content.ReadAsStringAsync()).Should().Be("<a/>");
    }

    [Fact]
    public async Task RetractedFlow_Is404()
    {
        var path = NewPath();
        await EchoAsync(path);
        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Status.Should().Be(202);

        using var retracted = await host.Api.PostAsync($"/elsa/api/workflow-definitions/{path}/retract", new StringContent("{}", System.Text.Encoding.UTF8, "application/json"));

        retracted.IsSuccessStatusCode.Should().BeTrue();
        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Status.Should().Be(404);
    }

    [Fact]
    public async Task DuplicatePath_IsAPublishErrorInElsasWords()
    {
        var path = NewPath();
        await EchoAsync(path);

        var (status, _, body) = await host.SaveAsync(Sequence($"{path}-again", Endpoint("e", $"/{path}/"))).ReadAsync();

        status.Should().Be(400);
        var message = $"The /{path} path and post method are already in use by another workflow!";
        JsonElement.Parse(body).GetProperty("errors").GetRawText().Should().Be($$"""{"generalErrors":["{{message}}"]}""");
        await host.Services.GetRequiredService<DefinitionService>().SaveAsync(JsonSerializer.SerializeToElement(Sequence($"{path}-draft", Endpoint("e", path))), publish: false);
        (await host.Api.PostAsync($"/elsa/api/workflow-definitions/{path}-draft/publish", new StringContent("{}", Encoding.UTF8, "application/json")).ReadAsync())
            .Should().Match<(int Status, string? Type, string Body)>(answer => answer.Status == 400 && answer.Body.Contains(message));
        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Status.Should().Be(202, "the first flow has it");
        (await host.SaveAsync(Sequence($"{path}-get", Endpoint("e", path, "[\"GET\"]"))).ReadAsync()).Status.Should().Be(200, "another method is another endpoint");
    }

    [Theory]
    [InlineData("flow/triggers/x", "signed URLs")]
    [InlineData("{a", "no path")]
    [InlineData("{a:nosuch}", "nosuch")]
    public async Task PathThatCannotBe_IsAPublishError(string path, string message)
    {
        var (status, _, body) = await host.SaveAsync(Sequence(NewPath(), Endpoint("e", path))).ReadAsync();

        status.Should().Be(400);
        body.Should().Contain(message);
    }

    [Theory]
    [InlineData("path", "JavaScript", "return 'a'")]
    [InlineData("supportedMethods", "Scriban", "{{ ['GET'] }}")]
    [InlineData("authorize", "JavaScript", "return true")]
    public async Task SettingOfAStart_ThatOnlyARunKnows_IsAPublishError(string setting, string language, string value)
    {
        var path = NewPath();

        var (status, _, body) = await host.SaveAsync(Sequence(path, Endpoint("e", path, more: (setting, Input(language, value))))).ReadAsync();

        status.Should().Be(400);
        body.Should().Contain("before any run is");
    }

    [Fact]
    public async Task TwoEndpointsOfOneFlow_OnOneRoute_AreAPublishError()
    {
        var path = NewPath();

        var (status, _, body) = await host.SaveAsync(Sequence(path, Endpoint("a", $"{path}/{{x}}"), Endpoint("b", $"{path}/{{y}}"))).ReadAsync();

        status.Should().Be(400);
        body.Should().Contain("Two endpoints of this flow");
    }

    [Fact]
    public async Task SwitchedOff_NoneAnswers()
    {
        await using var off = await TriggerHost.StartAsync(null, "FlowLite:HttpEndpoints=off");
        await off.PublishAsync(Sequence("flow", Endpoint("e", "open")));

        (await off.PostAsync("/workflows/open", "{}").ReadAsync()).Status.Should().Be(404);
        (await off.RunsAsync("flow")).Should().BeEmpty();
    }

    private Task EchoAsync(string path) => host.PublishAsync(Sequence(path, Endpoint("e", path), Respond("r", "return getOutputFrom('e','ParsedContent')", "Accepted")));
}
