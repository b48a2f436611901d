using System.Buffers;
using FlowLite.Engine;
using FlowLite.Engine.Json;
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
    /// <summary>The pool would keep larger ones.</summary>
    private const int LargestPooled = MemoryBudget.Small;
    /// <summary>Senders wait longer, and so can those who were let in.</summary>
    private static readonly TimeSpan WaitsFor = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DrainedFor = TimeSpan.FromSeconds(5);

    private byte[] _buffer;
    /// <summary>In the place of the pooled one.</summary>
    private ScratchBuffer? _large;
    private int _length;
    private MemoryLease? _lease;

    private TriggerBody(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(capacity);

    public ReadOnlyMemory<byte> Bytes => _large is { } large ? large.WrittenMemory[.._length] : _buffer.AsMemory(0, _length);

    /// <summary>Why it can't be used; the bytes then are its beginning.</summary>
    public Refusal? Problem { get; private set; }

    /// <param name="limit">Bytes.</param>
    /// <param name="memory">Where a large one has to find room; null: anywhere.</param>
    /// <exception cref="MemoryBudgetException">There was none.</exception>
    public static async ValueTask<TriggerBody> ReadAsync(HttpContext http, int limit, TimeProvider time, MemoryBudget? memory = null)
    {
        var announced = http.Request.ContentLength;
        var body = new TriggerBody((int)Math.Clamp(announced ?? 4096, 1024, KeptOfTooLarge));
        try
        {
            if (!await body.FillAsync(http, announced > limit ? Math.Min(limit, KeptOfTooLarge) : limit, memory))
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
        catch (Exception e) when (e is MemoryBudgetException or OutOfMemoryException)
        {
            body.Dispose();
            await DrainAsync(http, time);
            throw;
        }

        body._lease?.Shrink(body._length);
        return body;
    }

    /// <returns>False: there is more than the limit.</returns>
    private async ValueTask<bool> FillAsync(HttpContext http, int limit, MemoryBudget? memory)
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
            if (_lease is null && memory is not null && Math.Min(read.Buffer.Length, room) > MemoryBudget.Small - _length)
            {
                // The rest waits at the sender.
                var needed = Math.Min(http.Request.ContentLength ?? limit, limit);
                _lease = await memory.EnterAsync(needed, WaitsFor, http.RequestAborted);
                if (_lease is null)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    throw new MemoryBudgetException();
                }
            }

            var fits = read.Buffer.Length <= room;
            try
            {
                Append(fits ? read.Buffer : read.Buffer.Slice(0, room));
            }
            finally
            {
                reader.AdvanceTo(read.Buffer.End);
            }

            if (!fits || read.IsCompleted)
            {
                return fits;
            }
        }
    }

    private void Append(ReadOnlySequence<byte> bytes)
    {
        var added = (int)bytes.Length;
        if (_large is null && _length + added > _buffer.Length)
        {
            Enlarge(_length + added);
        }

        if (_large is { } large)
        {
            bytes.CopyTo(large.GetSpan(added));
            large.Advance(added);
        }
        else
        {
            bytes.CopyTo(_buffer.AsSpan(_length));
        }

        _length += added;
    }

    private void Enlarge(int needed)
    {
        if (needed > LargestPooled)
        {
            _large = new ScratchBuffer();
            _buffer.AsSpan(0, _length).CopyTo(_large.GetSpan(needed));
            _large.Advance(_length);
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _buffer.Length * 2));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
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
        _large?.Reset();
        _lease?.Dispose();
        _length = 0;
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }
}
