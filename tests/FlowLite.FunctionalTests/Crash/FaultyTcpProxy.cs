using System.Net;
using System.Net.Sockets;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>
/// Before a CRM that speaks a protocol of its own over a connection: what its callers send is looked at just as far as to tell the
/// calls that make records, which the faults strike. A refusal is a connection that ends.
/// </summary>
internal sealed class FaultyTcpProxy : FaultyProxy
{
    private readonly Uri _crm;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    public FaultyTcpProxy(Uri crm)
    {
        _crm = crm;
        _listener.Start();
        Address = new Uri($"{crm.Scheme}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public override Uri Address { get; }

    public override async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private bool IsRecord(ReadOnlySpan<byte> sent) =>
        _crm.Scheme == "smtp" ? sent.EndsWith("\r\n.\r\n"u8) || sent.SequenceEqual(".\r\n"u8) : sent.IndexOf("INSERT INTO"u8) >= 0;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ForwardAsync(await _listener.AcceptTcpClientAsync(_stopping.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ForwardAsync(TcpClient caller)
    {
        using var _ = caller;
        using var crm = new TcpClient();
        if (Down)
        {
            return;
        }

        try
        {
            await crm.ConnectAsync(_crm.Host, _crm.Port, _stopping.Token);
            (caller.NoDelay, crm.NoDelay) = (true, true);
            var isRecord = new StrongBox();
            await await Task.WhenAny(ThereAsync(caller.GetStream(), crm.GetStream(), isRecord), BackAsync(crm.GetStream(), caller.GetStream(), isRecord));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One of both has gone.
        }
    }

    private async Task ThereAsync(NetworkStream caller, NetworkStream crm, StrongBox isRecord)
    {
        var buffer = new byte[64 * 1024];
        while (await caller.ReadAsync(buffer, _stopping.Token) is > 0 and var length && !Down)
        {
            if (IsRecord(buffer.AsSpan(0, length)))
            {
                if (Chance(Unavailable))
                {
                    return;
                }

                isRecord.Value = true;
            }

            await crm.WriteAsync(buffer.AsMemory(0, length), _stopping.Token);
        }
    }

    private async Task BackAsync(NetworkStream crm, NetworkStream caller, StrongBox isRecord)
    {
        var buffer = new byte[64 * 1024];
        while (await crm.ReadAsync(buffer, _stopping.Token) is > 0 and var length)
        {
            if (isRecord.Value)
            {
                isRecord.Value = false;
                await DelayAsync();
                if (Chance(LostAnswers))
                {
                    return;
                }
            }

            await caller.WriteAsync(buffer.AsMemory(0, length), _stopping.Token);
        }
    }

    /// <summary>Whether the answer that comes next is one to a call that makes a record.</summary>
    private sealed class StrongBox
    {
        public volatile bool Value;
    }
}
