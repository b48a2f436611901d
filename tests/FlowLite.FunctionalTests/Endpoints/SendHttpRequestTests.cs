using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.AspNetCore.Http;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Requests of flows over real HTTP, behind an endpoint whose caller waits, as recorded of Elsa.</summary>
public sealed class SendHttpRequestTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private static int _number;

    private static string NewPath() => $"send{Interlocked.Increment(ref _number)}";

    [Fact]
    public async Task LeadFlow_SendsTheLead_AndAnswersOnceItIsThere()
    {
        await using var crm = await Receiver.StartAsync(201, """{"id":7}""");
        var path = NewPath();
        await host.PublishAsync(LeadFlow(path, new Uri(crm.Address, "/crm/leads?x=1")));

        var (status, type, body) = await host.PostAsync($"/workflows/{path}", """{"Email":"ada@contoso.com"}""").ReadAsync();

        (status, type).Should().Be((202, "application/json"));
        JsonElement.Parse(body).GetProperty("crm").GetInt32().Should().Be(7);
        var request = crm.Requests.Should().ContainSingle().Subject;
        (request.Method, request.Url, request.Body).Should().Be(("POST", "/crm/leads?x=1", """{"email":"ada@contoso.com"}"""));
        request.Headers["Content-Type"].Should().Be("application/json");
        Guid.TryParse(request.Headers["Idempotency-Key"], out _).Should().BeTrue();
    }

    [Fact]
    public async Task Crm500_WithNothingConnected_Is200AsInElsa_ButTheLeadArrives()
    {
        var isDown = true;
        await using var crm = await Receiver.StartAsync(http =>
        {
            http.Response.StatusCode = Volatile.Read(ref isDown) ? 500 : 201;
            return Task.CompletedTask;
        });
        var path = NewPath();
        await host.PublishAsync(LeadFlow(path, crm.Address, retries: true));

        using var answer = await host.PostAsync($"/workflows/{path}", """{"Email":"ada@contoso.com"}""");

        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((200, ""));
        Volatile.Write(ref isDown, false);
        var run = await host.EndedRunAsync(path, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single());
        run.GetProperty("status").GetString().Should().Be("Succeeded");
        crm.Requests.Should().HaveCountGreaterThan(1);
        crm.Requests.Select(r => r.Headers["Idempotency-Key"]).Distinct().Should().ContainSingle("attempts carry one key");
    }

    [Fact]
    public async Task CrmThatRefusesConnections_WithNothingConnected_Is200AsInElsa_AndIsTriedAgain()
    {
        var gone = await Receiver.StartAsync(200);
        var address = gone.Address;
        await gone.DisposeAsync();
        var path = NewPath();
        await host.PublishAsync(LeadFlow(path, address));

        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Should().Be((200, null, ""));

        var run = (await host.RunsAsync(path)).Should().ContainSingle().Subject;
        run.GetProperty("status").GetString().Should().Be("Waiting", "where Elsa's instance finishes and the lead is gone");
    }

    [Fact]
    public async Task CrmThatRefusesConnections_WithAnOutcomeConnected_IsAnsweredAtOnce()
    {
        var gone = await Receiver.StartAsync(200);
        var address = gone.Address;
        await gone.DisposeAsync();
        var path = NewPath();
        var flow = LeadFlow(path, address);
        ((JsonArray)flow["root"]!["activities"]!).Add((JsonNode)Respond("down", "return 'down'", "BadGateway"));
        ((JsonArray)flow["root"]!["connections"]!).Add((JsonNode)Connect("send", "Failed to connect", "down"));
        await host.PublishAsync(flow);

        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Should().Be((502, "text/plain", "down"));
    }

    [Fact]
    public async Task RequestTimeout_Is500AsInElsa_AndTheRunGoesOn()
    {
        using var release = new SemaphoreSlim(0);
        await using var crm = await Receiver.StartAsync(async http =>
        {
            await release.WaitAsync();
            http.Response.StatusCode = 201;
        });
        var path = NewPath();
        var flow = LeadFlow(path, crm.Address);
        flow["root"]!["activities"]![0]!["requestTimeout"] = Input("Literal", "00:00:00.3");
        await host.PublishAsync(flow);

        using var answer = await host.PostAsync($"/workflows/{path}", "{}");

        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((500, ""));
        release.Release();
        (await host.EndedRunAsync(path, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single())).GetProperty("status").GetString().Should().Be("Succeeded");
    }

    [Fact]
    public async Task ClientThatDisconnects_DoesNotEndTheRun()
    {
        using var release = new SemaphoreSlim(0);
        await using var crm = await Receiver.StartAsync(async http =>
        {
            await release.WaitAsync();
            http.Response.StatusCode = 201;
        });
        var path = NewPath();
        await host.PublishAsync(LeadFlow(path, crm.Address));
        using var impatience = new CancellationTokenSource();

        var call = host.Client.PostAsync($"/workflows/{path}", new StringContent("{}", System.Text.Encoding.UTF8, "application/json"), impatience.Token);
        await Eventually.UntilAsync(() => !crm.Requests.IsEmpty, "the request of the flow");
        await impatience.CancelAsync();
        await FluentActions.Awaiting(() => call).Should().ThrowAsync<OperationCanceledException>();
        release.Release();

        await Eventually.UntilAsync(async () => (await host.RunsAsync(path))[0].GetProperty("status").GetString() == "Succeeded", "the run's end");
        crm.Requests.Should().ContainSingle();
    }

    [Theory]
    [InlineData("Elsa.FlowSendHttpRequest")]
    [InlineData("Elsa.SendHttpRequest")]
    [InlineData("Elsa.DownloadHttpFile")]
    public async Task CookiesOfAnAnswer_AreNoOutput(string type)
    {
        await using var site = await Receiver.StartAsync(http =>
        {
            http.Response.Headers.Append("Set-Cookie", "session=secret-1; HttpOnly");
            http.Response.Headers.Append("X-Trace", "7");
            return http.Response.WriteAsync("text");
        });
        var path = NewPath();
        var call = new JsonObject { ["id"] = "send", ["type"] = type, ["version"] = 1, ["url"] = Input("Literal", site.Address.ToString()) };
        await host.PublishAsync(Sequence(path, Endpoint("e", path), call, Respond("r", "return getOutputFrom('send', 'ResponseHeaders')")));

        using var answer = await host.PostAsync($"/workflows/{path}", "{}");

        var headers = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        headers.GetProperty("X-Trace").GetString().Should().Be("7");
        headers.TryGetProperty("Set-Cookie", out _).Should().BeFalse();
        (await host.EndedRunAsync(path, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single())).GetRawText().Should().NotContain("secret-1");
    }

    [Theory]
    [InlineData("Token abc", false, "Token abc")]
    [InlineData("key=abc", false, null)]
    [InlineData("key=abc", true, "key=abc")]
    [InlineData("Token a\nb", true, null)]
    public async Task Authorization_IsSentAsItIs_OrRefusedWhereItIsNoneAndChecked(string value, bool isAnything, string? sent)
    {
        await using var crm = await Receiver.StartAsync(201);
        var path = NewPath();
        var flow = LeadFlow(path, crm.Address);
        flow["root"]!["activities"]![1]!["authorization"] = Input("Literal", value);
        flow["root"]!["activities"]![1]!["disableAuthorizationHeaderValidation"] = Input("Literal", isAnything.ToString());
        await host.PublishAsync(flow);

        using var answer = await host.PostAsync($"/workflows/{path}", "{}");

        if (sent is not null)
        {
            answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
            crm.Requests.Should().ContainSingle().Which.Headers["Authorization"].Should().Be(sent);
            return;
        }

        answer.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        crm.Requests.Should().BeEmpty();
        var error = (await host.EndedRunAsync(path, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single())).GetProperty("error");
        error.GetProperty("code").GetString().Should().Be("InvalidInput");
        error.GetProperty("message").GetString().Should().Contain("Authorization").And.NotContain("abc", "it is a secret");
    }

    [Theory]
    [InlineData("/files/7", "attachment; filename=\"plain.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt", "größe.txt")]
    [InlineData("/files/7", "attachment; filename=\"../../etc/plain.txt\"", "plain.txt")]
    [InlineData("/files/a%20b.txt?x=1", null, "a b.txt")]
    [InlineData("/", null, null)]
    public async Task Download_SendsWhatItIsTold_AndNamesItsFileAsTheOtherSideDoes(string url, string? disposition, string? name)
    {
        await using var site = await Receiver.StartAsync(http =>
        {
            http.Response.ContentType = "text/csv";
            http.Response.Headers.ETag = "\"v1\"";
            if (disposition is not null)
            {
                http.Response.Headers.ContentDisposition = disposition;
            }

            return http.Response.WriteAsync("a;b");
        });
        var path = NewPath();
        var download = new JsonObject
        {
            ["id"] = "get",
            ["type"] = "Elsa.DownloadHttpFile",
            ["version"] = 1,
            ["url"] = Input("Literal", new Uri(site.Address, url).ToString()),
            ["method"] = Input("Literal", "POST"),
            ["content"] = Input("JavaScript", "return { id: 7 }"),
            ["authorization"] = Input("Literal", "Bearer abc"),
            ["requestHeaders"] = Input("Literal", """{"X-Api-Key":"k"}"""),
        };
        await host.PublishAsync(Sequence(path, Endpoint("e", path), download, Respond("r", "return JSON.stringify(getOutputFrom('get', 'Result'))")));

        var file = JsonElement.Parse((await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Body);

        var request = site.Requests.Should().ContainSingle().Subject;
        (request.Method, request.Url, request.Body).Should().Be(("POST", url, """{"id":7}"""));
        request.Headers.Should().Contain("Authorization", "Bearer abc").And.Contain("X-Api-Key", "k").And.Contain("Content-Type", "application/json");
        (file.TryGetProperty("FileName", out var given) ? given.GetString() : null).Should().Be(name);
        (file.GetProperty("ContentType").GetString(), file.GetProperty("ETag").GetString(), file.GetProperty("$content").GetString()).Should().Be(("text/csv", "\"v1\"", "YTti"));
    }

    [Fact]
    public async Task Redirect_ToAnotherSite_DoesNotTakeCredentialsAlong()
    {
        await using var other = await Receiver.StartAsync(201);
        await using var first = await Receiver.StartAsync(http =>
        {
            http.Response.Redirect(new Uri(other.Address, "/there").ToString(), permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });
        var path = NewPath();
        var flow = LeadFlow(path, first.Address);
        flow["root"]!["activities"]![1]!["authorization"] = Input("Literal", "Bearer secret");
        flow["root"]!["activities"]![1]!["requestHeaders"] = Input("Literal", """{"X-Api-Key":"secret","Accept":"text/plain"}""");
        await host.PublishAsync(flow);

        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Status.Should().Be(202);

        first.Requests.Single().Headers.Should().Contain("Authorization", "Bearer secret").And.Contain("X-Api-Key", "secret");
        var request = other.Requests.Single();
        (request.Method, request.Url).Should().Be(("POST", "/there"));
        request.Headers.Should().Contain("Accept", "text/plain").And.NotContainKeys("Authorization", "X-Api-Key");
    }

    [Fact]
    public async Task Redirects_WithoutEnd_AreFollowedTenTimes()
    {
        await using var circle = await Receiver.StartAsync(http =>
        {
            http.Response.Redirect("/again");
            return Task.CompletedTask;
        });
        var path = NewPath();
        await host.PublishAsync(LeadFlow(path, circle.Address));

        (await host.PostAsync($"/workflows/{path}", "{}").ReadAsync()).Should().Be((200, null, ""), "302 is a status like any other");

        circle.Requests.Should().HaveCount(11);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[fd00:ec2::254]/")]
    public async Task MetadataOfClouds_AreNotCalled(string url)
    {
        var path = NewPath();
        await host.PublishAsync(LeadFlow(path, new Uri(url)));

        using var answer = await host.PostAsync($"/workflows/{path}", "{}");

        answer.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        var run = await host.EndedRunAsync(path, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single());
        run.GetProperty("error").GetProperty("code").GetString().Should().Be("AddressNotAllowed");
    }

    [Fact]
    public async Task Redirect_ToWhatIsDenied_IsNotFollowed()
    {
        await using var trap = await Receiver.StartAsync(http =>
        {
            http.Response.Redirect("http://169.254.169.254/");
            return Task.CompletedTask;
        });
        var path = NewPath();
        await host.PublishAsync(LeadFlow(path, trap.Address));

        using var answer = await host.PostAsync($"/workflows/{path}", "{}");

        (await host.EndedRunAsync(path, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single())).GetProperty("error").GetProperty("code").GetString().Should().Be("AddressNotAllowed");
    }

    [Fact]
    public async Task Settings_Deny_AndBoundAnswers()
    {
        await using var large = await Receiver.StartAsync(201, $"\"{new string('x', 5000)}\"");
        await using var denying = await TriggerHost.StartAsync(null, "FlowLite:Http:Deny=localhost", "FlowLite:Http:MaxResponseSize=4096");
        await denying.PublishAsync(LeadFlow("named", new UriBuilder(large.Address) { Host = "localhost" }.Uri));
        await denying.PublishAsync(LeadFlow("large", large.Address));

        (await FailureAsync("named")).Should().Be("AddressNotAllowed");
        (await FailureAsync("large")).Should().Be("ResponseTooLarge");

        async Task<string?> FailureAsync(string flow)
        {
            using var answer = await denying.PostAsync($"/workflows/{flow}", "{}");
            return (await denying.EndedRunAsync(flow, answer.Headers.GetValues("x-elsa-workflow-instance-id").Single())).GetProperty("error").GetProperty("code").GetString();
        }
    }

    private static JsonObject Connect(string from, string port, string to) => new()
    {
        ["source"] = new JsonObject { ["activity"] = from, ["port"] = port },
        ["target"] = new JsonObject { ["activity"] = to, ["port"] = "In" },
    };

    private static JsonObject LeadFlow(string path, Uri crm, bool retries = false)
    {
        var send = new JsonObject
        {
            ["id"] = "send",
            ["type"] = "Elsa.FlowSendHttpRequest",
            ["version"] = 1,
            ["expectedStatusCodes"] = Input("Object", "[201]"),
            ["url"] = Input("Literal", crm.ToString()),
            ["method"] = Input("Literal", "POST"),
            ["content"] = Input("JavaScript", "return { email: getVariable('Body').Email }"),
            ["contentType"] = Input("Literal", "application/json"),
        };
        if (retries)
        {
            send["customProperties"] = JsonNode.Parse("""{"resilienceStrategy":{"type":"fixed","interval":"PT0.2S","count":90}}""");
        }

        return new JsonObject
        {
            ["definitionId"] = path,
            ["variables"] = new JsonArray(new JsonObject { ["id"] = "var-body", ["name"] = "Body", ["typeName"] = "Object" }),
            ["root"] = new JsonObject
            {
                ["id"] = "flow1",
                ["type"] = "Elsa.Flowchart",
                ["version"] = 1,
                ["activities"] = new JsonArray(
                    Endpoint("http1", path, more: ("parsedContent", JsonNode.Parse("""{"typeName":"Object","memoryReference":{"id":"var-body"}}"""))),
                    send,
                    Respond("resp1", "return JSON.stringify({ accepted: true, crm: (getOutputFrom('send', 'ParsedContent') || {}).id })", "Accepted", "application/json")),
                ["connections"] = new JsonArray(Connect("http1", "Done", "send"), Connect("send", "201", "resp1")),
            },
        };
    }
}
