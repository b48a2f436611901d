using System.Net;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Triggers;

public sealed class TriggerResponseTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private const string Delay = """
        {"id":"delay","type":"Elsa.Delay","name":"Delay","timeSpan":{"typeName":"TimeSpan","expression":{"type":"Literal","value":"00:10:00"}}}
        """;

    [Fact]
    public async Task Post_FlowWithResponse_AnswersItsStatusHeadersAndJson()
    {
        var flow = await host.PublishAsync("json", "", Response("201", """{"X-Lead":"7","Set-Cookie":"a=b","Content-Length":"3"}""", "{{ trigger.body }}"));

        using var answer = await host.Client.PostAsync(host.Url(flow), Json("""{"é":[1.50,null]}"""));

        answer.StatusCode.Should().Be(HttpStatusCode.Created);
        answer.Header("X-Lead").Should().Be("7");
        answer.Headers.Contains("Set-Cookie").Should().BeFalse();
        answer.Content.Headers.ContentType!.ToString().Should().Be("application/json; charset=utf-8");
        (await answer.Content.ReadAsStringAsync()).Should().Be("""{"é":[1.50,null]}""");
        (await host.EndedRunAsync("json", answer.Header("x-ms-workflow-run-id"))).GetProperty("status").GetString().Should().Be("Succeeded");
    }

    [Fact]
    public async Task Post_ResponseWithText_IsPlainText()
    {
        var flow = await host.PublishAsync("text", "", Response("200", "", "Thanks, {{ trigger.body.name }}"));

        using var answer = await host.Client.PostAsync(host.Url(flow), Json("""{"name":"Zoë"}"""));

        answer.Content.Headers.ContentType!.ToString().Should().Be("text/plain; charset=utf-8");
        (await answer.Content.ReadAsStringAsync()).Should().Be("Thanks, Zoë");
    }

    [Fact]
    public async Task Post_ResponseWithOwnContentType_KeepsIt()
    {
        var flow = await host.PublishAsync("html", "", Response("400", """{"Content-Type":"text/html"}""", "<p>no</p>"));

        using var answer = await host.Client.PostAsync(host.Url(flow), Json("{}"));

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        answer.Content.Headers.ContentType!.ToString().Should().Be("text/html");
    }

    [Fact]
    public async Task Post_ResponseOf204WithBody_SendsNone()
    {
        var flow = await host.PublishAsync("empty", "", Response("204", "", "text"));

        using var answer = await host.Client.PostAsync(host.Url(flow), Json("{}"));

        answer.StatusCode.Should().Be(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Post_OpaqueBodySentBack_IsTheSameBytes()
    {
        var flow = await host.PublishAsync("echo", "", Response("200", "", "{{ trigger.body }}"));
        using var content = new ByteArrayContent([0, 1, 255]);
        content.Headers.ContentType = new("image/png");

        using var answer = await host.Client.PostAsync(host.Url(flow), content);

        answer.Content.Headers.ContentType!.ToString().Should().Be("image/png");
        (await answer.Content.ReadAsByteArrayAsync()).Should().Equal(0, 1, 255);
    }

    [Fact]
    public async Task Post_RunFailsBeforeItsResponse_Is502()
    {
        var flow = await host.PublishAsync("fault", "",
            """{"id":"fault","type":"Elsa.Fault","name":"Fault","message":{"typeName":"String","expression":{"type":"Literal","value":"no"}}}""",
            Response("200", "", "never"));

        using var answer = await host.Client.PostAsync(host.Url(flow), Json("{}"));

        await answer.ShouldBeErrorAsync(502, "NoResponse");
        (await host.RunAsync("fault", answer.Header("x-ms-workflow-run-id"))).GetProperty("status").GetString().Should().Be("Failed");
    }

    [Fact]
    public async Task Post_HeaderValueThatHttpForbids_IsNever500()
    {
        var flow = await host.PublishAsync("header", "", Response("200", "{{ trigger.body }}", "x"));

        using var answer = await host.Client.PostAsync(host.Url(flow), Json("""{"X-Bad":"a\r\nSet-Cookie: b"}"""));

        ((int)answer.StatusCode).Should().Be(502, "the Response activity fails, and the run with it");
    }

    [Fact]
    public async Task Post_ResponseNotReachedIn120Seconds_Is504AndTheRunGoesOn()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2030-01-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture));
        await using var other = await TriggerHost.StartAsync(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        var flow = await other.PublishAsync("slow", "", Delay, Response("200", "", "late"));

        var calling = other.Client.PostAsync(other.Url(flow), Json("{}"));
        await Eventually.UntilAsync(
            async () => (await other.Services.GetRequiredService<IRunStore>().ListRunsAsync("slow", RunStatus.Suspended, null, 1)).Count == 1, "the run's wait");
        calling.IsCompleted.Should().BeFalse();
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(60));
                return calling.IsCompleted;
            }, "the answer", TimeSpan.FromSeconds(20));
        using var answer = await calling;
        await answer.ShouldBeErrorAsync(504, "GatewayTimeout");
        var runId = Guid.Parse(answer.Header("x-ms-workflow-run-id"));
        await Eventually.UntilAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromMinutes(1));
                return (await other.Services.GetRequiredService<IRunStore>().FindRunAsync(runId))!.Status == RunStatus.Succeeded;
            }, "the run's end");
    }

    [Fact]
    public async Task Post_CallerGoesAway_RunGoesOnAndSaysSo()
    {
        var flow = await host.PublishAsync("gone", "", Delay.Replace("00:10:00", "00:00:00.5", StringComparison.Ordinal), Response("200", "", "late"));
        using var leaving = new CancellationTokenSource();
        var calling = host.Client.PostAsync(host.Url(flow), Json("{}"), leaving.Token);
        IReadOnlyList<RunSummary> runs = [];
        await Eventually.UntilAsync(async () => (runs = await host.Services.GetRequiredService<IRunStore>().ListRunsAsync("gone", null, null, 1)).Count == 1, "the run");
        await leaving.CancelAsync();
        await calling.Invoking(c => c).Should().ThrowAsync<OperationCanceledException>();

        var run = await host.EndedRunAsync("gone", runs[0].RunId.ToString());

        run.GetProperty("status").GetString().Should().Be("Succeeded");
        run.GetProperty("actions").EnumerateArray().Single(a => a.GetProperty("name").GetString() == "Response")
            .GetProperty("note").GetString().Should().Contain("gone");
    }

    private static string Response(string status, string headers, string body) => $$$"""
        {
          "id": "response", "type": "FlowLite.Response", "name": "Response",
          "statusCode": {"typeName":"Int32","expression":{"type":"Literal","value":{{{status}}}}},
          "headers": {"typeName":"Object","expression":{"type":"Scriban","value":{{{JsonSerializer.Serialize(headers)}}}}},
          "body": {"typeName":"Object","expression":{"type":"Scriban","value":{{{JsonSerializer.Serialize(body)}}}}}
        }
        """;

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
