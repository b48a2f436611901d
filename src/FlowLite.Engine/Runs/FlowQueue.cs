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

    public string DefinitionId => definitionId;

    /// <summary>Runs in the window or under way; what the disk lists beside them is not known yet.</summary>
    public HashSet<Guid> Known { get; } = [];
    public Dictionary<Guid, RunExecution?> Active { get; } = [];
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

    public int Count => _window.Count;

    public bool TryAdd(QueuedRun run)
    {
        if (!Known.Add(run.RunId))
        {
            return false;
        }

        _window.Enqueue(run);
        return true;
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
        return run;
    }

    /// <summary>Makes a run active out of turn; if it is in the window, it is passed over there.</summary>
    public void Withdraw(Guid runId)
    {
        if (!Known.Add(runId) && !_setAside.Remove(runId))
        {
            _withdrawn.Add(runId);
        }

        Active.Add(runId, null);
    }

    /// <param name="window">How many runs wait in memory.</param>
    public void Leave(Guid runId, AfterLeaving then, int window)
    {
        switch (then)
        {
            case AfterLeaving.Requeue:
                Requeue(runId, window);
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
    }

    /// <summary>It is not under way any more and stays known, so that it is not taken up again.</summary>
    private void SetAside(Guid runId)
    {
        Active.Remove(runId);
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
        else if (Count < window)
        {
            TryAdd(new QueuedRun(runId, null, null));
        }
        else
        {
            Overflow();
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
    SetAside,
}

/// <param name="Accepted">The run as it was just accepted; null: load it.</param>
/// <param name="Stored">The run as the disk's list had it; null: load it. Should somebody have written to it since, its first append is refused and it is loaded again.</param>
internal readonly record struct QueuedRun(Guid RunId, CompiledWorkflow? Workflow, RunState? Accepted, StoredRun? Stored = null);
