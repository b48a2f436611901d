using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>The runs of one flow that wait for a slot: a window of them in memory, the others on disk. Guarded by the dispatcher's lock.</summary>
internal sealed class FlowQueue(string definitionId)
{
    private readonly Queue<QueuedRun> _window = new();
    /// <summary>Runs whose place in the window is passed over.</summary>
    private readonly HashSet<Guid> _withdrawn = [];
    /// <summary>Runs that are known only so that they are not taken up again.</summary>
    private readonly HashSet<Guid> _setAside = [];
    /// <summary>Known runs that other runs started: they don't stand in the line.</summary>
    private readonly HashSet<Guid> _children = [];
    private bool _counts;

    public string DefinitionId => definitionId;

    /// <summary>Runs in the window or under way; what the disk lists beside them is not known yet.</summary>
    public HashSet<Guid> Known { get; } = [];
    public Dictionary<Guid, RunExecution?> Active { get; } = [];
    /// <summary>Known runs whose mailboxes are to be looked into once they are under way, or once they have left.</summary>
    public HashSet<Guid> Mail { get; } = [];
    /// <summary>Runs that are being stored: they will wait, unless that fails.</summary>
    public long Reserved { get; set; }
    /// <summary>How many runs wait on disk alone: estimated, and right again each time that all of them have been read.</summary>
    public long OnDisk { get; set; }
    /// <summary>Runs that were accepted and not started.</summary>
    public long Waiting => Reserved + OnDisk + _window.Count - _withdrawn.Count;
    /// <summary>There are, or may be, ready runs on disk that are not known.</summary>
    public bool MoreOnDisk { get; set; }
    /// <summary>How many runs were accepted while the window was full.</summary>
    public long Overflows { get; set; }
    public bool Loading { get; set; }
    public bool TakesTurns { get; set; }

    /// <summary>Null: its runs may begin as soon as there is a slot. With one, the window has only runs that may go on.</summary>
    public FlowLine? Line { get; private set; }

    public int Count => _window.Count;

    public bool TryAdd(QueuedRun run)
    {
        if (!Known.Add(run.RunId))
        {
            return false;
        }

        if (run.As == QueuedAs.Child)
        {
            _children.Add(run.RunId);
        }

        _window.Enqueue(run);
        return true;
    }

    /// <summary>The flow's runs stand in a line from now on, or don't any more.</summary>
    public void SetLine(bool has)
    {
        if (has == Line is not null)
        {
            return;
        }

        Line = has ? new FlowLine() : null;
        _counts = MoreOnDisk = true;
        if (!has)
        {
            return;
        }

        // Those that have not begun stay on disk until it is their turn.
        for (var left = _window.Count; left > 0; left--)
        {
            var run = _window.Dequeue();
            if (_withdrawn.Remove(run.RunId))
            {
                continue;
            }

            if (run.As == QueuedAs.New && !Mail.Contains(run.RunId))
            {
                Known.Remove(run.RunId);
                OnDisk++;
            }
            else
            {
                _window.Enqueue(run);
            }
        }
    }

    /// <summary>A new run stands in the line.</summary>
    public void Arrive(QueuedRun run)
    {
        if (Line!.Arrive() && HasNobodyInHand && TryAdd(run))
        {
            Line.Found();
        }
        else if (!Known.Contains(run.RunId))
        {
            OnDisk++;
        }
    }

    /// <summary>No run of the line is in memory.</summary>
    private bool HasNobodyInHand => Known.Count == _setAside.Count + _children.Count;

    /// <summary>Whether the disk has to be looked at for runs that can go on.</summary>
    /// <param name="lowWater">A window with fewer runs is filled.</param>
    public bool WantsDisk(int lowWater) => !Loading && ((Line is { HasMoved: true } && HasNobodyInHand) || (MoreOnDisk && Count < lowWater));

    // Counting looks at all that wait, so it is left for a moment in which none is being stored, and none is under way: whether the count has
    // those is not known.
    public LineQuestion Ask(int lowWater) => new(
        Line!, Line!.HasMoved && HasNobodyInHand, _counts && Reserved == 0 && Active.Count == 0, MoreOnDisk && Count < lowWater, [.. Known], [.. _setAside], Line.Moves, Line.Arrivals, Overflows);

    /// <summary>What the journal said. What has changed since it was asked is asked again.</summary>
    /// <param name="limit">How many children it was asked for.</param>
    public void Take(LineQuestion question, LineAnswer answer, int limit)
    {
        if (Line != question.Line)
        {
            return;
        }

        // Else what came and went meanwhile may be in the count or not: it is counted another time.
        if (answer.Ready is { } ready && Active.Count == 0 && Reserved == 0 && Line.Moves == question.Moves && Line.Arrivals == question.Arrivals)
        {
            OnDisk = Math.Max(0, ready - Known.Count);
            _counts = false;
        }

        if (question.Children)
        {
            OnDisk = Math.Max(0, OnDisk - answer.Children.Count(run => TryAdd(new QueuedRun(run.RunId, null, null, run.Stored, QueuedAs.Child))));
            MoreOnDisk = answer.Children.Count == limit || Overflows != question.Overflows;
        }

        if (question.First && Line.Moves == question.Moves)
        {
            TakeFirst(answer.First, question.Arrivals);
        }
    }

    private void TakeFirst(RunSummary? first, long arrivals)
    {
        if (first is null)
        {
            Line!.FoundNobody(arrivals);
            OnDisk = Line.IsEmpty && !MoreOnDisk ? 0 : OnDisk;
            return;
        }

        // One that was woken meanwhile goes before it, and when that leaves it is asked again.
        Line!.Found();
        if (first.Status == RunStatus.Running && HasNobodyInHand && TryAdd(new QueuedRun(first.RunId, null, null, null, QueuedAs.Woken)))
        {
            OnDisk = Math.Max(0, OnDisk - 1);
        }
    }

    /// <summary>The next run, now active; null: it was withdrawn meanwhile.</summary>
    public QueuedRun? Take()
    {
        var run = _window.Dequeue();
        if (_withdrawn.Remove(run.RunId))
        {
            return null;
        }

        Active.Add(run.RunId, null);
        // What it was given with may be older than its mail.
        return Mail.Remove(run.RunId) ? new QueuedRun(run.RunId, null, null) : run;
    }

    /// <summary>Makes a run active out of turn; if it is in the window, it is passed over there. True: it was on disk alone.</summary>
    public bool Withdraw(Guid runId)
    {
        var wasOnDisk = Known.Add(runId);
        if (!wasOnDisk && !_setAside.Remove(runId))
        {
            _withdrawn.Add(runId);
        }

        // How it was found on disk may be out of date.
        _counts |= wasOnDisk;
        Active.Add(runId, null);
        return wasOnDisk;
    }

    /// <param name="window">How many runs wait in memory.</param>
    public void Leave(Guid runId, AfterLeaving then, int window)
    {
        Line?.Move();
        switch (then)
        {
            case AfterLeaving.Requeue:
                Requeue(runId, window);
                break;
            case AfterLeaving.PutBack when Line is null:
                Requeue(runId, window);
                break;
            case AfterLeaving.PutBack:
                PutBack(runId);
                break;
            case AfterLeaving.SetAside:
                SetAside(runId);
                break;
            default:
                Release(runId);
                break;
        }
    }

    /// <summary>It is not under way any more.</summary>
    private void Release(Guid runId)
    {
        Active.Remove(runId);
        Known.Remove(runId);
        _children.Remove(runId);
    }

    /// <summary>It is not under way any more and stays known, so that it is not taken up again.</summary>
    private void SetAside(Guid runId)
    {
        Active.Remove(runId);
        _children.Remove(runId);
        _setAside.Add(runId);
    }

    /// <summary>It is not under way any more and waits again: where it stood in the window, at its end, or on disk.</summary>
    private void Requeue(Guid runId, int window)
    {
        Release(runId);
        if (_withdrawn.Remove(runId))
        {
            Known.Add(runId);
        }
        else if (Count < window || Line is not null)
        {
            TryAdd(new QueuedRun(runId, null, null));
        }
        else
        {
            Overflow();
        }
    }

    /// <summary>It is where it was: in the window, or in the line on disk. It may not have begun.</summary>
    private void PutBack(Guid runId)
    {
        Release(runId);
        if (_withdrawn.Remove(runId))
        {
            Known.Add(runId);
        }
        else
        {
            MoreOnDisk = true;
        }
    }

    /// <summary>One more run waits on disk alone.</summary>
    public void Overflow()
    {
        MoreOnDisk = true;
        Overflows++;
        OnDisk++;
    }
}

/// <summary>What becomes of a run that is not under way any more.</summary>
internal enum AfterLeaving
{
    Forget,
    Requeue,
    /// <summary>Nothing has come of what was asked of it.</summary>
    PutBack,
    SetAside,
}

/// <param name="Accepted">The run as it was just accepted; null: load it.</param>
/// <param name="Stored">The run as the disk's list had it; null: load it. Should somebody have written to it since, its first append is refused and it is loaded again.</param>
/// <param name="As">What is known of it.</param>
internal readonly record struct QueuedRun(Guid RunId, CompiledWorkflow? Workflow, RunState? Accepted, StoredRun? Stored = null, QueuedAs As = QueuedAs.Woken)
{
    /// <summary>Of a large run that was just accepted: what is still in memory of it when its turn comes, and its size. Else it is loaded.</summary>
    public (WeakReference<RunState> State, long Bytes)? Large { get; init; }

    public static QueuedRun New(CompiledWorkflow workflow, RunState state) => state.Start.Size is var bytes and > MemoryBudget.Small
        ? new QueuedRun(state.RunId, workflow, null, As: QueuedAs.New) { Large = (new WeakReference<RunState>(state), bytes) }
        : new QueuedRun(state.RunId, workflow, state, As: QueuedAs.New);
}

internal enum QueuedAs
{
    /// <summary>It has begun, or may have.</summary>
    Woken,
    /// <summary>No other run started it, and it has not begun.</summary>
    New,
    /// <summary>Another run started it.</summary>
    Child,
}
