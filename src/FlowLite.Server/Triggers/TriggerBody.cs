using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace FlowLite.Server.Triggers;

/// <summary>The body of a signed request, read up to the trigger's limit. Its bytes are gone when it is disposed.</summary>
internal sealed class TriggerBody : IDisposable
{
    /// <summary>Of a body over the limit so much is kept, enough to see whose lead it was.</summary>
    private const int KeptOfTooLarge = 64 * 1024;
    /// <summary>A sender that is still sending doesn't read the answer; so much of the rest is read away for it, so long.</summary>
    private const long DrainedBytes = 64L * 1024 * 1024;
    private static readonly TimeSpan DrainedFor = TimeSpan.FromSeconds(5);

    /// <summary>Larger arrays are not the pool's: it would round them up, and keep them.</summary>
    private const int LargestPooled = 256 * 1024;

    private byte[] _buffer;
    private int _length;

    private TriggerBody(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public ReadOnlyMemory<byte> Bytes => Segment;

    public ArraySegment<byte> Segment => new(_buffer, 0, _length);

    /// <summary>Why it can't be used; the bytes then are its beginning.</summary>
    public Refusal? Problem { get; private set; }

    /// <param name="limit">Bytes.</param>
    public static async ValueTask<TriggerBody> ReadAsync(HttpContext http, int limit, TimeProvider time)
    {
        var announced = http.Request.ContentLength;
        var body = new TriggerBody((int)Math.Clamp(announced ?? 4096, 1024, KeptOfTooLarge));
        try
        {
            if (announced > LargestPooled && announced <= limit)
            {
                body.Resize((int)announced);
            }

            if (!await body.FillAsync(http, announced > limit ? Math.Min(limit, KeptOfTooLarge) : limit))
            {
                body._length = Math.Min(body._length, KeptOfTooLarge);
                body.Problem = new Refusal(StatusCodes.Status413PayloadTooLarge, "RequestEntityTooLarge",
                    $"The request's body is larger than the {limit} bytes that this trigger takes.");
                await DrainAsync(http, time);
            }
        }
        catch (BadHttpRequestException e)
        {
            body.Problem = new Refusal(e.StatusCode, "InvalidRequestContent", e.Message);
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            body.Problem = new Refusal(StatusCodes.Status400BadRequest, "InvalidRequestContent", "The connection ended before the request's body was complete.");
        }

        return body;
    }

    /// <returns>False: there is more than the limit.</returns>
    private async ValueTask<bool> FillAsync(HttpContext http, int limit)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return true;
        }

        if (http.Request.ContentLength > limit && http.Request.Headers.Expect.Count > 0)
        {
            // It asked before sending; it needs not send.
            return false;
        }

        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            var room = limit - _length;
            Append(read.Buffer.Length > room ? read.Buffer.Slice(0, room) : read.Buffer);
            var fits = read.Buffer.Length <= room;
            reader.AdvanceTo(read.Buffer.End);
            if (!fits || read.IsCompleted)
            {
                return fits;
            }
        }
    }

    private void Append(ReadOnlySequence<byte> bytes)
    {
        var length = checked(_length + (int)bytes.Length);
        if (length > _buffer.Length)
        {
            Resize(Math.Max(length, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length = length;
    }

    private void Resize(int capacity)
    {
        var larger = capacity > LargestPooled ? GC.AllocateUninitializedArray<byte>(capacity) : ArrayPool<byte>.Shared.Rent(capacity);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        Return();
        _buffer = larger;
    }

    private void Return()
    {
        if (_buffer.Length is > 0 and <= LargestPooled)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    private static async Task DrainAsync(HttpContext http, TimeProvider time)
    {
        if (http.Request.Headers.Expect.Count > 0)
        {
            return;
        }

        using var patience = new CancellationTokenSource(DrainedFor, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, http.RequestAborted);
        try
        {
            for (var left = DrainedBytes; left > 0;)
            {
                var read = await http.Request.BodyReader.ReadAsync(stop.Token);
                left -= read.Buffer.Length;
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Out of patience, or the sender is gone.
        }

        http.Response.Headers.Connection = "close";
    }

    public void Dispose()
    {
        Return();
        _buffer = [];
        _length = 0;
    }
}
