using System.Buffers.Text;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace FlowLite.Bench;

/// <param name="Seconds">From the first request to the last answer.</param>
/// <param name="Sorted">Latencies in milliseconds, ascending.</param>
internal sealed record LoadResult(int Accepted, int Refused, double Seconds, double[] Sorted)
{
    public double PerSecond => Accepted / Seconds;
    public double Percentile(double p) => Sorted.Length == 0 ? 0 : Sorted[Math.Min(Sorted.Length - 1, (int)(Sorted.Length * p))];
}

/// <summary>
/// Keep-alive connections over bare sockets, one request in flight on each, every lead with its own e-mail address: a client
/// light enough that on two cores the servers are what is measured.
/// </summary>
internal static class Load
{
    public static async Task<LoadResult> RunAsync(Uri url, int connections, TimeSpan duration, int most = int.MaxValue)
    {
        var clock = Stopwatch.StartNew();
        var left = most;
        var workers = Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(url.Host, url.Port);
            var (request, number) = Request(url);
            var buffer = new byte[16 * 1024];
            var latencies = new List<double>();
            var refused = 0;
            while (clock.Elapsed < duration && Interlocked.Decrement(ref left) >= 0)
            {
                Utf8Formatter.TryFormat(Random.Shared.NextInt64(1_000_000_000, 9_999_999_999), request.AsSpan(number, 10), out _);
                var start = Stopwatch.GetTimestamp();
                await socket.SendAsync(request);
                var accepted = await ReadAsync(socket, buffer);
                latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                refused += accepted ? 0 : 1;
            }

            return (latencies, refused);
        })).ToList();
        var results = await Task.WhenAll(workers);
        var seconds = clock.Elapsed.TotalSeconds;
        var sorted = results.SelectMany(r => r.latencies).Order().ToArray();
        var refusals = results.Sum(r => r.refused);
        return new LoadResult(sorted.Length - refusals, refusals, seconds, sorted);
    }

    private static (byte[] Request, int NumberAt) Request(Uri url)
    {
        const string body = """
            {"UserDetails":{"FirstName":"Some","LastName":"One","Email":"lead0000000000@contoso.com","Phone":"16175555555","Country":"USA","Company":"Contoso","Title":"Esquire"},"LeadSource":"AzureMarketplace","ActionCode":"INS","OfferTitle":"Test Microsoft","Description":"Test run through Power Automate"}
            """;
        var text = $"POST {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        return (Encoding.ASCII.GetBytes(text), text.IndexOf("lead0000000000", StringComparison.Ordinal) + 4);
    }

    /// <summary>Reads one answer (its body has a length, or none); true for 202.</summary>
    private static async Task<bool> ReadAsync(Socket socket, byte[] buffer)
    {
        var length = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length));
            if (read == 0)
            {
                throw new IOException("The server closed the connection.");
            }

            length += read;
            var head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (head < 0)
            {
                continue;
            }

            var at = buffer.AsSpan(0, head).IndexOf("Content-Length: "u8);
            var body = at >= 0 && Utf8Parser.TryParse(buffer.AsSpan(at + 16, head - at - 16 < 0 ? 0 : length - at - 16), out int size, out _) ? size : 0;
            if (length >= head + 4 + body)
            {
                return buffer.AsSpan(9, 3).SequenceEqual("202"u8);
            }
        }
    }
}
