namespace FlowLite.Engine;

/// <summary>
/// The memory for large bodies: of requests that are being read and accepted and of answers that activities read, and that of the runs which have
/// them. These are two, since such a run may read an answer. When all have gone, what they took is given back to the system.
/// </summary>
public sealed class LargeBodies : IDisposable
{
    /// <summary>A busy server uses again what it has.</summary>
    private static readonly TimeSpan GivesBackAfter = TimeSpan.FromSeconds(15);
    /// <summary>The framework's pool lets go of arrays in the second collection that finds them unused, if a minute has gone by since the first.</summary>
    private static readonly TimeSpan GivesBackPoolsAfter = TimeSpan.FromSeconds(65);
    /// <summary>Bytes of bodies that are worth a collection of everything, for which all that runs stands still for a moment.</summary>
    private const long WorthIt = 32 * 1024 * 1024;

    private readonly ITimer _idle;
    private long _givenBack;
    private bool _poolsAreLeft;

    public LargeBodies(EngineOptions options, TimeProvider time)
    {
        _idle = time.CreateTimer(_ => GiveBack(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Transfers = new MemoryBudget(options.LargeBodyMemory, time) { Emptied = Emptied };
        Runs = new MemoryBudget(options.LargeBodyMemory, time) { Emptied = Emptied };
    }

    /// <summary>Requests until their runs are accepted, answers until their activities have completed.</summary>
    public MemoryBudget Transfers { get; }

    /// <summary>Runs under way.</summary>
    public MemoryBudget Runs { get; }

    public void Dispose() => _idle.Dispose();

    private void Emptied() => _idle.Change(GivesBackAfter, Timeout.InfiniteTimeSpan);

    // Large arrays are collected when many new ones come, which may be never.
    private void GiveBack()
    {
        if (Transfers.Used > 0 || Runs.Used > 0)
        {
            return;
        }

        var admitted = Transfers.Admitted + Runs.Admitted;
        var hasNew = admitted - _givenBack >= WorthIt;
        if (hasNew || _poolsAreLeft)
        {
            (_givenBack, _poolsAreLeft) = (admitted, hasNew);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            if (!_poolsAreLeft)
            {
                // The pool has let go of them only when that was over.
                GC.WaitForPendingFinalizers();
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
        }

        if (_poolsAreLeft)
        {
            _idle.Change(GivesBackPoolsAfter, Timeout.InfiniteTimeSpan);
        }
    }
}
