namespace FlowLite.Engine;

/// <summary>
/// Lets large bodies in as long as they are no more than so many bytes together; who doesn't fit waits until others have gone, in the order of arrival.
/// One that is larger than all of it comes in alone. What is small never asks.
/// </summary>
/// <param name="total">Bytes of the bodies themselves. What is made of one takes several times as much.</param>
public sealed class MemoryBudget(long total, TimeProvider time)
{
    /// <summary>Bytes up to which a body is small.</summary>
    public const int Small = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = new();
    private long _used;
    private long _admitted;
    /// <summary>How often somebody came or went.</summary>
    private long _moves;

    public long Total => total;

    /// <summary>Bytes that are in.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>Bytes that ever came in.</summary>
    public long Admitted => Volatile.Read(ref _admitted);

    /// <summary>Told when the last one has gone.</summary>
    public Action? Emptied { get; set; }

    /// <summary>Comes in, and goes when what it gets is disposed of.</summary>
    /// <returns>Null: others took too long.</returns>
    public async ValueTask<MemoryLease?> EnterAsync(long bytes, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        if (Come(bytes, out var waiter) is { } atOnce)
        {
            return atOnce;
        }

        try
        {
            return await waiter.Value.Task.WaitAsync(patience, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!GiveUp(waiter))
            {
                // It was let in at the last moment.
                var lease = await waiter.Value.Task;
                if (e is TimeoutException)
                {
                    return lease;
                }

                lease.Dispose();
            }

            return e is TimeoutException ? null : throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>
    /// Comes in, if need be beside others for whom it is too large: once nobody has come or gone for so long, who is in may be waiting for who is not.
    /// </summary>
    public async ValueTask<MemoryLease> EnterAtLastAsync(long bytes, TimeSpan patience, CancellationToken cancellationToken = default)
    {
        if (Come(bytes, out var waiter) is { } atOnce)
        {
            return atOnce;
        }

        while (true)
        {
            var moves = Volatile.Read(ref _moves);
            try
            {
                return await waiter.Value.Task.WaitAsync(patience, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                LetInUnlessMoved(waiter, moves);
            }
            catch (OperationCanceledException)
            {
                if (!GiveUp(waiter))
                {
                    (await waiter.Value.Task).Dispose();
                }

                throw;
            }
        }
    }

    /// <summary>Less is needed than was thought.</summary>
    internal void GiveBack(long bytes)
    {
        bool isEmpty;
        lock (_lock)
        {
            _used -= bytes;
            _moves++;
            LetIn();
            isEmpty = _used == 0;
        }

        if (isEmpty)
        {
            Emptied?.Invoke();
        }
    }

    /// <summary>Null: it waits.</summary>
    private MemoryLease? Come(long bytes, out LinkedListNode<Waiter> waiter)
    {
        lock (_lock)
        {
            waiter = new LinkedListNode<Waiter>(new Waiter(bytes));
            if (_waiting.Count == 0 && Fits(bytes))
            {
                return LetIn(bytes);
            }

            _waiting.AddLast(waiter);
            return null;
        }
    }

    private void LetInUnlessMoved(LinkedListNode<Waiter> waiter, long moves)
    {
        lock (_lock)
        {
            if (_moves == moves && waiter.List is not null)
            {
                _waiting.Remove(waiter);
                waiter.Value.SetResult(LetIn(waiter.Value.Bytes));
            }
        }
    }

    private bool Fits(long bytes) => _used == 0 || _used + bytes <= total;

    /// <summary>False: it is in already.</summary>
    private bool GiveUp(LinkedListNode<Waiter> waiter)
    {
        lock (_lock)
        {
            if (waiter.List is null)
            {
                return false;
            }

            _waiting.Remove(waiter);
            // It may have stood before others for whom there is room.
            LetIn();
            return true;
        }
    }

    private MemoryLease LetIn(long bytes)
    {
        _used += bytes;
        _admitted += bytes;
        _moves++;
        return new MemoryLease(this, bytes);
    }

    private void LetIn()
    {
        while (_waiting.First is { } first && Fits(first.Value.Bytes))
        {
            _waiting.RemoveFirst();
            first.Value.SetResult(LetIn(first.Value.Bytes));
        }
    }

    private sealed class Waiter(long bytes) : TaskCompletionSource<MemoryLease>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Bytes => bytes;
    }
}

/// <summary>Room for one large body.</summary>
public sealed class MemoryLease : IDisposable
{
    private readonly MemoryBudget _budget;
    private long _bytes;

    internal MemoryLease(MemoryBudget budget, long bytes) => (_budget, _bytes) = (budget, bytes);

    /// <summary>Only so many bytes are needed.</summary>
    public void Shrink(long bytes)
    {
        var held = Volatile.Read(ref _bytes);
        if (bytes < held && Interlocked.CompareExchange(ref _bytes, bytes, held) == held)
        {
            _budget.GiveBack(held - bytes);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, 0) is var held and > 0)
        {
            _budget.GiveBack(held);
        }
    }
}

/// <summary>There was no room for a large body for as long as it could wait. Nothing was kept.</summary>
public sealed class MemoryBudgetException() : Exception("Other large requests have all the memory that the server has for them.");
