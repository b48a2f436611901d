using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlowLite.Bench;

/// <summary>
/// Answers like Dataverse over bare sockets on one thread: the least that a CRM can do on the cores that the server needs. Reads each request
/// whole, counts each record's id once, answers 204 with <c>OData-EntityId</c>. Below <c>/slow</c> it takes five seconds.
/// </summary>
internal static class Sink
{
    private static readonly TimeSpan Slowness = TimeSpan.FromSeconds(5);
    private static readonly HashSet<Guid> Fast = [];
    private static readonly HashSet<Guid> Slow = [];

    /// <summary>What waits for its slow answer, the oldest first.</summary>
    private static readonly Queue<(long Since, Connection To, byte[] Answer)> Later = new();

    public static int Run()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        Console.WriteLine($"Now listening on: http://{listener.LocalEndPoint}");
        var connections = new Dictionary<Socket, Connection>();
        var ready = new List<Socket>();
        while (true)
        {
            ready.Clear();
            ready.Add(listener);
            ready.AddRange(connections.Keys);
            // One thread for all: under load it finds several requests each time, and nobody has to wake it for each of them.
            Socket.Select(ready, null, null, UntilNextAnswer());
            foreach (var socket in ready)
            {
                if (socket == listener)
                {
                    var accepted = listener.Accept();
                    accepted.NoDelay = true;
                    connections.Add(accepted, new Connection(accepted));
                }
                else if (!connections[socket].Read())
                {
                    connections.Remove(socket);
                    socket.Dispose();
                }
            }

            while (Later.TryPeek(out var next) && Stopwatch.GetElapsedTime(next.Since) >= Slowness)
            {
                Later.Dequeue().To.Send(next.Answer);
            }
        }
    }

    private static TimeSpan UntilNextAnswer()
    {
        if (!Later.TryPeek(out var next))
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = Slowness - Stopwatch.GetElapsedTime(next.Since);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private sealed class Connection(Socket socket)
    {
        private readonly byte[] _buffer = new byte[16 * 1024];
        private readonly byte[] _answer = new byte[1024];
        private int _length;

        /// <returns>False: the other side is gone.</returns>
        public bool Read()
        {
            try
            {
                var read = socket.Receive(_buffer.AsSpan(_length));
                _length += read;
                while (read > 0 && Size(_buffer.AsSpan(0, _length)) is { } size && size <= _length)
                {
                    var (written, isSlow) = Answer(_buffer.AsSpan(0, size), _answer);
                    _buffer.AsSpan(size, _length - size).CopyTo(_buffer);
                    _length -= size;
                    if (isSlow)
                    {
                        Later.Enqueue((Stopwatch.GetTimestamp(), this, _answer[..written]));
                    }
                    else
                    {
                        socket.Send(_answer.AsSpan(0, written));
                    }
                }

                return read > 0;
            }
            catch (SocketException)
            {
                return false;
            }
        }

        public void Send(byte[] answer)
        {
            try
            {
                socket.Send(answer);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Nobody waits for it any more.
            }
        }
    }

    /// <summary>How long the request is, headers and body; null: its headers are not here yet.</summary>
    private static int? Size(ReadOnlySpan<byte> bytes)
    {
        var head = bytes.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return null;
        }

        var body = 0;
        for (var headers = bytes[..head]; headers.IndexOf("\r\n"u8) is >= 0 and var end;)
        {
            headers = headers[(end + 2)..];
            var colon = headers.IndexOf((byte)':');
            if (Ascii.EqualsIgnoreCase(headers[..colon], "Content-Length"u8)
                && !Utf8Parser.TryParse(headers[(colon + 1)..].TrimStart((byte)' '), out body, out _))
            {
                throw new InvalidDataException("The request's Content-Length is no number.");
            }
        }

        return head + 4 + body;
    }

    private static (int Written, bool IsSlow) Answer(ReadOnlySpan<byte> request, Span<byte> answer)
    {
        var path = request[(request.IndexOf((byte)' ') + 1)..];
        path = path[..path.IndexOf((byte)' ')];
        if (request.StartsWith("PATCH "u8) && path.Length > 38 && Utf8Parser.TryParse(path[^37..], out Guid record, out _))
        {
            var isSlow = path.StartsWith("/slow/"u8);
            var created = isSlow ? Slow : Fast;
            created.Add(record);

            var to = answer;
            Copy("HTTP/1.1 204 No Content\r\nOData-EntityId: http://127.0.0.1"u8, ref to);
            Copy(path, ref to);
            Copy("\r\n\r\n"u8, ref to);
            return (answer.Length - to.Length, isSlow);
        }

        var text = path switch
        {
            _ when path.EndsWith("/token"u8) => """{"token_type":"Bearer","expires_in":3599,"access_token":"bench"}""",
            _ when path.SequenceEqual("/count"u8) => Count(Fast),
            _ when path.SequenceEqual("/slow-count"u8) => Count(Slow),
            _ => "",
        };
        var status = text.Length > 0 ? "200 OK" : "404 Not Found";
        return (Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {text.Length}\r\n\r\n{text}", answer), false);
    }

    private static void Copy(ReadOnlySpan<byte> bytes, ref Span<byte> to)
    {
        bytes.CopyTo(to);
        to = to[bytes.Length..];
    }

    private static string Count(HashSet<Guid> created) => created.Count.ToString(CultureInfo.InvariantCulture);
}
