using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Large bodies share memory; who finds no room is told so, and small ones don't notice.</summary>
public sealed class LargeBodiesTests
{
    private const int Large = 1_000_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LargeBody_WithoutRoomForTooLong_Is503_AndIsTakenWhenSentAgain(bool isAnnounced)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await TriggerHost.StartAsync(services => services.AddSingleton<TimeProvider>(time), "FlowLite:Engine:LargeBodyMemory=2000000");
        await host.PublishAsync(Sequence("large", Endpoint("e", "large"), Respond("r", "return 'taken'")));
        var trigger = host.Url(await host.PublishAsync("lead"));
        var memory = host.Services.GetRequiredService<LargeBodies>().Transfers;
        var others = await memory.EnterAsync(2_000_000, TimeSpan.Zero);

        var endpoint = host.Client.PostAsync("/workflows/large", Body(isAnnounced));
        var lead = host.Client.PostAsync(trigger, Body(isAnnounced));
        (await host.PostAsync("/workflows/large", "{}").ReadAsync()).Should().Be((200, "text/plain", "taken"), "small bodies don't wait");
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return endpoint.IsCompleted && lead.IsCompleted;
            },
            "answers");

        using (var refused = await endpoint)
        {
            refused.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
            refused.Headers.RetryAfter!.Delta.Should().BePositive();
            JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("message").GetString().Should().Contain("memory");
        }

        using (var refused = await lead)
        {
            refused.Headers.RetryAfter!.Delta.Should().BePositive();
            (await refused.ErrorAsync()).Should().Match<(int Status, string? Code, string? Message)>(e => e.Status == 503 && e.Code == "ServiceUnavailable" && e.Message!.Contains("memory"));
        }

        (await host.InboxAsync("large")).Should().BeEmpty();
        (await host.InboxAsync("lead")).Should().BeEmpty();
        others!.Dispose();
        (await host.Client.PostAsync("/workflows/large", Body(isAnnounced)).ReadAsync()).Status.Should().Be(200);
        using var accepted = await host.Client.PostAsync(trigger, Body(isAnnounced));
        accepted.StatusCode.Should().Be(HttpStatusCode.Accepted);
        await Eventually.UntilAsync(() => memory.Used == 0, "room that is given back");
    }

    [Fact]
    public async Task LargerThanAllTheMemoryForThem_PassAlone_AndAreWholeAgain()
    {
        await using var receiver = await Receiver.StartAsync(http =>
        {
            http.Response.ContentType = "application/x-test";
            return http.Response.Body.WriteAsync(RandomNumberGenerator.GetBytes(Large)).AsTask();
        });
        await using var host = await TriggerHost.StartAsync(null, "FlowLite:Engine:LargeBodyMemory=300000");
        var download = new JsonObject { ["id"] = "d", ["type"] = "Elsa.DownloadHttpFile", ["version"] = 1, ["url"] = Input("Literal", receiver.Address.ToString()) };
        var file = new JsonObject { ["id"] = "r", ["type"] = "Elsa.WriteFileHttpResponse", ["version"] = 1, ["content"] = Input("JavaScript", "return getOutputFrom('e','File')") };
        await host.PublishAsync(Sequence("whole", Endpoint("e", "whole"), download, file));
        var bodies = Enumerable.Range(0, 6).Select(_ => RandomNumberGenerator.GetBytes(Large)).ToList();

        var answers = await Task.WhenAll(bodies.Select(async body =>
        {
            using var form = new MultipartFormDataContent();
            var part = new ByteArrayContent(body);
            part.Headers.ContentType = new MediaTypeHeaderValue("application/x-test");
            form.Add(part, "upload", "a.bin");
            using var answer = await host.Client.PostAsync("/workflows/whole", form);
            answer.StatusCode.Should().Be(HttpStatusCode.OK);
            return await answer.Content.ReadAsByteArrayAsync();
        }));

        foreach (var (body, answer) in bodies.Zip(answers))
        {
            answer.AsSpan().SequenceEqual(body).Should().BeTrue();
        }

        var memory = host.Services.GetRequiredService<LargeBodies>();
        await Eventually.UntilAsync(() => memory.Transfers.Used == 0 && memory.Runs.Used == 0, "room that is given back");
    }

    [Fact]
    public async Task LargeRun_BesideOneThatNeverGivesItsMemoryBack_RunsAllTheSame()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await TriggerHost.StartAsync(services => services.AddSingleton<TimeProvider>(time), "FlowLite:Engine:LargeBodyMemory=2000000");
        await host.PublishAsync(Sequence("called", Endpoint("e", "called"), Respond("r", "return 'answered'")));
        // As a run has it that has called the flow and waits for its answer.
        using var caller = await host.Services.GetRequiredService<LargeBodies>().Runs.EnterAsync(2_000_000, TimeSpan.Zero);

        var answer = host.Client.PostAsync("/workflows/called", Body(isAnnounced: true)).ReadAsync();
        await Eventually.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return answer.IsCompleted;
            },
            "an answer");

        (await answer).Should().Be((200, "text/plain", "answered"));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("text/plain; charset=utf-16")]
    public async Task LargeBody_ComesThroughAsItWas(string type)
    {
        await using var host = await TriggerHost.StartAsync();
        await host.PublishAsync(Sequence("text", Endpoint("e", "text"), new JsonObject
        {
            ["id"] = "r",
            ["type"] = "Elsa.WriteHttpResponse",
            ["version"] = 1,
            ["content"] = Input("Scriban", "{{ actions.e.outputs.ParsedContent }}"),
        }));
        var text = string.Concat(Enumerable.Repeat("é中+/'&<\\\n😀\t\u0001", 40_000));
        var isJson = type == "application/json";
        var encoding = type.EndsWith("16", StringComparison.Ordinal) ? System.Text.Encoding.Unicode : System.Text.Encoding.UTF8;
        using var content = new ByteArrayContent(encoding.GetBytes(isJson ? JsonSerializer.Serialize(text) : text));
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        var answer = await host.Client.PostAsync("/workflows/text", content).ReadAsync();

        (answer.Status, answer.Body == text).Should().Be((200, true));
    }

    // Without a length it comes in chunks.
    private static HttpContent Body(bool isAnnounced)
    {
        var content = new byte[Large];
        HttpContent body = isAnnounced ? new ByteArrayContent(content) : new Chunked(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return body;
    }

    private sealed class Chunked(byte[] content) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(content).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
