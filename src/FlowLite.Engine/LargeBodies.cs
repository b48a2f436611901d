namespace FlowLite.Engine;

/// <summary>
/// The memory for large bodies: of requests that are being read and accepted and of answers that activities read, and that of the runs which have
/// them. These are two, since such a run may read an answer. When all have gone, what they took is given back to the system.
/// </summary>
public sealed class LargeBodies : IDisposable
{
    /// <summary>A busy server uses again what it has.</summary>
    private static readonly TimeSpan GivesBackAfter = TimeSpan.FromSeconds(15);

    private readonly ITimer _idle;

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
        if (Transfers.Used == 0 && Runs.Used == 0)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
