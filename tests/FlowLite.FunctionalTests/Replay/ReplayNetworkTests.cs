using System.Diagnostics.Tracing;
using System.Net;
using System.Net.Sockets;

namespace FlowLite.FunctionalTests.Replay;

public sealed class ReplayNetworkTests
{
    [Fact]
    public async Task Run_Cases_OpenNoConnection()
    {
        using var folder = new ReplayFolder().With("leads", ReplayFolder.LeadFlow, ReplayFolder.LeadCase());
        using var watch = new NetworkWatch();

        await watch.InsideAsync(async () => (await folder.ReplayAsync()).ExitCode.Should().Be(0));
        watch.Seen.Should().BeEmpty();

        // The watch would have seen one.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await watch.InsideAsync(async () =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        });
        watch.Seen.Should().NotBeEmpty();
    }

    /// <summary>What the runtime tells about sockets, names and HTTP, of what was begun inside; other tests' traffic is not seen.</summary>
    private sealed class NetworkWatch : EventListener
    {
        private readonly AsyncLocal<bool> _inside = new();
        private readonly List<string> _seen = [];

        public IReadOnlyList<string> Seen
        {
            get
            {
                lock (_seen)
                {
                    return [.. _seen];
                }
            }
        }

        public async Task InsideAsync(Func<Task> action)
        {
            _inside.Value = true;
            await action();
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name is "System.Net.Sockets" or "System.Net.NameResolution" or "System.Net.Http")
            {
                EnableEvents(eventSource, EventLevel.Informational);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (_inside is { Value: true })
            {
                lock (_seen)
                {
                    _seen.Add($"{eventData.EventSource.Name} {eventData.EventName}");
                }
            }
        }
    }
}
