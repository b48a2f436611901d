using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>The runs of one flow that wait for a slot: a window of them in memory, the others on disk. Guarded by the dispatcher's lock.</summary>
internal sealed class FlowQueue(string definitionId)
{
    private readonly Queue<QueuedRun> _window = new();
    private readonly HashSet<Guid> _withdrawn = [];

    public string DefinitionId => definitionId;

    /// <summary>Runs in the window or under way; what the disk lists beside them is not known yet.</summary>
    public HashSet<Guid> Known { get; } = [];
    public Dictionary<Guid, RunExecution?> Active { get; } = [];
    /// <summary>Runs that were accepted and not started.</summary>
    public long Waiting { get; set; }
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

        NoLongerWaits();
        Active.Add(run.RunId, null);
        return run;
    }

    /// <summary>Makes a run active out of turn; if it is in the window, it is passed over there.</summary>
    /// <returns>It was in the window.</returns>
    public bool Withdraw(Guid runId)
    {
        Active.Add(runId, null);
        if (Known.Add(runId))
        {
            return false;
        }

        _withdrawn.Add(runId);
        NoLongerWaits();
        return true;
    }

    /// <summary>A run that was counted as waiting got a slot or is cancelled.</summary>
    public void NoLongerWaits() => Waiting = Math.Max(0, Waiting - 1);

    /// <param name="forget">False: it stays known, so that it is not taken up again.</param>
    public void Release(Guid runId, bool forget)
    {
        Active.Remove(runId);
        if (forget)
        {
            Known.Remove(runId);
        }
    }
}

/// <param name="Accepted">The run as it was just accepted; null: load it.</param>
internal readonly record struct QueuedRun(Guid RunId, CompiledWorkflow? Workflow, RunState? Accepted);
