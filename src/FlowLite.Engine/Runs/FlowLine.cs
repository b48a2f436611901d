namespace FlowLite.Engine.Runs;

/// <summary>
/// The line of a flow with concurrency 1: one run after the other in the order in which they came. The next begins when all that have begun
/// are over, so a run that waits keeps those behind it waiting. The journal knows who stands in it; memory holds only whether
/// it is to be asked who is next. Guarded by the dispatcher's lock.
/// </summary>
internal sealed class FlowLine
{
    /// <summary>It is to be asked who is next: a run has left, or how the line stands isn't known.</summary>
    public bool HasMoved { get; private set; } = true;

    /// <summary>Nobody stands in it.</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>An answer to who is next is good only as long as this stays the same.</summary>
    public long Moves { get; private set; }

    public long Arrivals { get; private set; }

    public void Move()
    {
        Moves++;
        HasMoved = true;
        IsEmpty = false;
    }

    /// <summary>One more stands in it. True: in front.</summary>
    public bool Arrive()
    {
        Arrivals++;
        var isFirst = IsEmpty;
        IsEmpty = false;
        return isFirst;
    }

    /// <summary>The first is known: it is under way, or waits.</summary>
    public void Found() => HasMoved = IsEmpty = false;

    /// <param name="arrivals">How many had come when it was asked: one that came since may not have been seen.</param>
    public void FoundNobody(long arrivals)
    {
        IsEmpty = arrivals == Arrivals;
        HasMoved = !IsEmpty;
    }
}

/// <summary>What is asked of the journal for a flow with a line.</summary>
/// <param name="First">Who is next.</param>
/// <param name="Counts">How many wait.</param>
/// <param name="Children">The children on disk.</param>
internal sealed record LineQuestion(FlowLine Line, bool First, bool Counts, bool Children, HashSet<Guid> Known, HashSet<Guid> SetAside, long Moves, long Arrivals, long Overflows);

internal sealed record LineAnswer(RunSummary? First, long? Ready, IReadOnlyList<ReadyRun> Children);
