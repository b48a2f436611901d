using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FlowLite.Bench;

/// <summary>
/// Answers like Dataverse over bare sockets: the least that a CRM can do on the cores that the server needs. Reads each request
/// whole, counts each record's id once, answers 204 with <c>OData-EntityId</c>. Below <c>/slow</c> it takes five seconds.
/// </summary>
internal static class Sink
{
    private static readonly TimeSpan Slowness = TimeSpan.FromSeconds(5);
    private static readonly ManualResetEventSlim Never = new();
    private static readonly HashSet<Guid> Fast = [];
    private static readonly HashSet<Guid> Slow = [];

    public static int Run()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        Console.WriteLine($"Now listening on: http://{listener.LocalEndPoint}");
        while (true)
        {
            var socket = listener.Accept();
            // A thread that blocks takes half the CPU of what waits in a poll and goes on in a pool, and there are few connections.
            new Thread(() => Serve(socket), maxStackSize: 256 * 1024) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket socket)
    {
        using var connection = socket;
        connection.NoDelay = true;
        var buffer = new byte[16 * 1024];
        var answer = new byte[1024];
        var length = 0;
        while (true)
        {
            if (Size(buffer.AsSpan(0, length)) is not { } size || size > length)
            {
                var read = connection.Receive(buffer.AsSpan(length));
                if (read == 0)
                {
                    return;
                }

                length += read;
                continue;
            }

            var (written, isSlow) = Answer(buffer.AsSpan(0, size), answer);
            buffer.AsSpan(size, length - size).CopyTo(buffer);
            length -= size;
            if (isSlow)
            {
                Never.Wait(Slowness);
            }

            connection.Send(answer.AsSpan(0, written));
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
            lock (created)
            {
                created.Add(record);
            }

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

    private static string Count(HashSet<Guid> created)
    {
        lock (created)
        {
            return created.Count.ToString(CultureInfo.InvariantCulture);
        }
    }
}
