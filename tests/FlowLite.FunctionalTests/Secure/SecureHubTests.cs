using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using FlowLite.FunctionalTests.Runs;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowLite.FunctionalTests.Secure;

/// <summary>Who watches a run live in the Studio sees no more of its secrets than who looks at it later.</summary>
public sealed class SecureHubTests
{
    private const string Canary = SecureRunTests.Canary;

    [Fact]
    public async Task Hub_WatchingARunFullOfSecrets_SendsNoneOfThem()
    {
        using var log = new LogLines();
        await using var crm = await HeldCrm.StartAsync();
        await using var host = await TriggerHost.StartAsync(services => services.AddSingleton<ILoggerProvider>(log),
            [.. crm.Arguments, $"FlowLite:Connections:sink:ClientSecret={Canary}", "Logging:LogLevel:Default=Trace", "Logging:LogLevel:FlowLite=Trace"]);
        var flow = await host.PublishAsync("watched", "\"secureOutputs\":true",
            // Made in two pieces, so that the definition, which is no secret, doesn't hold it.
            """{"id":"taken","name":"taken","type":"FlowLite.Compose","secureInputs":true,"inputs":{"expression":{"type":"Scriban","value":"{{ 'canary-' + '5f0c1b0e' }}"}}}""",
            """{"id":"made","name":"made","type":"Elsa.RunJavaScript","secureOutputs":true,"script":{"expression":{"type":"JavaScript","value":"return 'canary-' + '5f0c1b0e'"}}}""",
            """{"id":"script","name":"script","type":"Elsa.RunJavaScript","script":{"expression":{"type":"JavaScript","value":"return trigger.headers['X-Token'] + getLastResult()"}}}""",
            """{"id":"line","name":"line","type":"Elsa.WriteLine","text":{"expression":{"type":"Scriban","value":"{{ trigger.headers['X-Token'] }}"}}}""",
            HeldCrm.Create(),
            """{"id":"fault","name":"fault","type":"Elsa.Fault","code":"Mine","message":{"expression":{"type":"Scriban","value":"{{ actions.made.outputs.Result }} {{ trigger.body.subject }}"}}}""");
        var run = await PostAsync(host, host.Url(flow));
        await crm.UntilUnderWayAsync(1);
        await using var hub = await RawHub.WatchAsync(host, run);
        await Eventually.UntilAsync(() => hub.All.Any(m => m.Contains("Workflow1:root:line")), "the state when it began to be watched");

        crm.Open();
        (await host.EndedRunAsync("watched", run)).Status().Should().Be("Failed");
        await Eventually.UntilAsync(() => hub.All.Any(m => m.Contains("Workflow1:root:fault")), "the end");

        (await host.RunAsync("watched", run)).GetRawText().Should().Contain("Mine");
        crm.Calls.Should().OnlyContain(call => call.Body.Contains(Canary), "the CRM is whom it is meant for");
        hub.All.Where(message => message.Contains(Canary)).Should().BeEmpty();
        await SecureRunTests.NothingIsToldAsync(host, "watched", run);
        await host.StopAsync();
        SecureRunTests.NothingIsKept(host);
        log.All.Where(line => line.Contains(Canary)).Should().BeEmpty();
        await host.StartAgainAsync();
    }

    private static async Task<string> PostAsync(TriggerHost host, string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent($$"""{"subject":"{{Canary}}"}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Token", Canary);
        request.Headers.Add("Cookie", $"session={Canary}");
        using var answer = await host.Client.SendAsync(request);
        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        return answer.Header("x-ms-workflow-run-id");
    }

    /// <summary>Every frame of the hub as it comes over the wire, whatever its name: SignalR's own client hides what nobody has subscribed to.</summary>
    private sealed class RawHub : IAsyncDisposable
    {
        private const char End = '\x1e';

        private readonly ClientWebSocket _socket = new();
        private readonly CancellationTokenSource _closing = new();
        private Task _reading = Task.CompletedTask;

        public ConcurrentQueue<string> All { get; } = new();

        public static async Task<RawHub> WatchAsync(TriggerHost host, string run)
        {
            var hub = new RawHub();
            hub._socket.Options.SetRequestHeader("Authorization", host.Api.DefaultRequestHeaders.Authorization!.ToString());
            await hub._socket.ConnectAsync(new UriBuilder(host.Address) { Scheme = "ws", Path = "/elsa/hubs/workflow-instance" }.Uri, default);
            await hub.SendAsync("""{"protocol":"json","version":1}""");
            await hub.SendAsync($$"""{"type":1,"invocationId":"1","target":"ObserveInstanceAsync","arguments":["{{run}}"]}""");
            hub._reading = hub.ReadAsync();
            return hub;
        }

        private Task SendAsync(string message) =>
            _socket.SendAsync(Encoding.UTF8.GetBytes(message + End), WebSocketMessageType.Text, endOfMessage: true, default);

        private async Task ReadAsync()
        {
            var buffer = new byte[64 * 1024];
            var text = new StringBuilder();
            while (!_closing.IsCancellationRequested)
            {
                var part = await _socket.ReceiveAsync(buffer, _closing.Token);
                text.Append(Encoding.UTF8.GetString(buffer, 0, part.Count));
                if (part.EndOfMessage)
                {
                    All.Enqueue(text.ToString());
                    text.Clear();
                }

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _closing.CancelAsync();
            await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _socket.Dispose();
            _closing.Dispose();
        }
    }
}
