using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace FlowLite.FunctionalTests.Triggers;

/// <summary>Sends bytes that no HTTP client would, and reads what comes back until the server closes.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <returns>The status, 0 when the server only closed; and everything that it sent.</returns>
    /// <exception cref="OperationCanceledException">It hung.</exception>
    public static async Task<(int Status, string Text)> SendAsync(Uri address, byte[] request, bool closesSending = true)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, patience.Token);
        var stream = client.GetStream();
        var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(request, patience.Token);
            if (closesSending)
            {
                client.Client.Shutdown(SocketShutdown.Send);
            }

            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // Reset: what was read before counts.
        }

        var text = Encoding.Latin1.GetString(answer.ToArray());
        return (text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0, text);
    }

    public static byte[] Request(string head, params byte[][] body) =>
        [.. Encoding.Latin1.GetBytes(head.ReplaceLineEndings("\r\n")), .. body.SelectMany(b => b)];
}
