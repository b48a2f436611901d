using FlowLite.Engine.Definitions;

namespace FlowLite.Engine.Runs;

/// <summary>Brings a run back from its journal: the snapshot, and the events after it folded in.</summary>
internal sealed class RunLoader(EngineServices services, FlowCatalog flows, MemoryBudget memory)
{
    /// <summary>Who calls a flow here over HTTP waits longer.</summary>
    private static readonly TimeSpan OthersMoveWithin = TimeSpan.FromSeconds(10);

    private DateTimeOffset _epochStart;
    private long _epoch;
    private IReadOnlySet<long> _cleanEpochs = new HashSet<long>();

    public long Epoch => _epoch;

    public RunRepairs Repairs { get; } = new(services);

    public async Task OpenEpochAsync()
    {
        _epochStart = services.Time.GetUtcNow();
        (_epoch, _cleanEpochs) = await services.Store.OpenEpochAsync();
    }

    /// <summary>Null: there is nothing left to do for it.</summary>
    /// <param name="waiting">Ends its wait for others; it has not begun then.</param>
    /// <param name="stopping">Ends its effects.</param>
    /// <param name="alone">Among the large runs: it had too little memory beside others.</param>
    public async ValueTask<RunExecution?> LoadAsync(QueuedRun run, CancellationToken waiting, CancellationToken stopping, bool evenQuarantined = false, bool alone = false)
    {
        if (run is { Accepted: { } accepted, Workflow: { } workflow } && !alone)
        {
            return new RunExecution(workflow, accepted, services, null, [], stopping);
        }

        var lease = alone ? await memory.EnterAsync(memory.Total, Timeout.InfiniteTimeSpan, waiting)
            : run.Large is { } large ? await EnterAsync(large.Bytes, waiting) : null;
        RunExecution? execution = null;
        try
        {
            if (alone)
            {
                // What others had may not be collected yet, and what is free may lie about in pieces.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }

            if (run is { Large: { } kept, Workflow: { } known } && kept.State.TryGetTarget(out var state))
            {
                return execution = new RunExecution(known, state, services, null, [], stopping) { Memory = lease };
            }

            if ((run.Stored ?? await services.Store.LoadAsync(run.RunId)) is not { } stored)
            {
                return null;
            }

            if (stored.Summary.Status == RunStatus.Quarantined && !evenQuarantined)
            {
                if (RunMailbox.Cancel(stored.Signals) is { } cancel)
                {
                    await CancelAsync(run.RunId, cancel.Key, stopping);
                }

                return null;
            }

            // Who cancels a run doesn't wait for others.
            lease ??= evenQuarantined ? null : await EnterAsync(stored.ValueBytes, waiting);
            workflow = await flows.VersionAsync(stored.Summary.VersionId);
            state = Fold(workflow, run.RunId, stored);
            if (state.IsOver)
            {
                return null;
            }

            return execution = new RunExecution(workflow, state, services, Recovery(state), stored.Signals, stopping) { Memory = lease };
        }
        finally
        {
            if (execution is null)
            {
                lease?.Dispose();
            }
        }
    }

    // Large runs wait until there is room for them; they are on disk. One under way may wait for the answer of another that it has called.
    private async ValueTask<MemoryLease?> EnterAsync(long bytes, CancellationToken waiting) =>
        bytes > MemoryBudget.Small ? await memory.EnterAtLastAsync(bytes, OthersMoveWithin, waiting) : null;

    /// <summary>False: it was over already, or is gone.</summary>
    public async Task<bool> CancelAsync(Guid runId, string? reason, CancellationToken stopping)
    {
        RunExecution? execution;
        try
        {
            execution = await LoadAsync(new QueuedRun(runId, null, null), stopping, stopping, evenQuarantined: true);
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OperationCanceledException))
        {
            // Its version does not work any more; that is no reason to keep it.
            return await Repairs.CancelAsync(runId, reason);
        }

        return execution is not null && await execution.Cancel(reason)!;
    }

    internal static RunState Fold(Compilation.CompiledWorkflow workflow, Guid runId, StoredRun stored)
    {
        var state = stored.Snapshot is { } snapshot ? RunStateJson.Read(runId, snapshot.Span, stored.Values) : new RunState { RunId = runId };
        foreach (var batch in stored.Batches)
        {
            foreach (var @event in RunJournal.Read(batch, stored.Values))
            {
                RunDecider.Apply(workflow, state, @event);
            }
        }

        state.RestoreReady();
        return state;
    }

    // Only a run that may have been under way when the server died counts: one that was ready, or whose timer was due.
    private RunEvent? Recovery(RunState state)
    {
        if (_epoch <= 1 || _cleanEpochs.Contains(_epoch - 1) || !WasUnderWay(state))
        {
            return null;
        }

        // Those of the lives that took it up, and the one before them.
        var crashes = 1 + state.Recoveries.Count(epoch => epoch != _epoch && !_cleanEpochs.Contains(epoch));
        if (crashes < services.Options.CrashesBeforeQuarantine)
        {
            return new RunRecovered { At = services.Time.GetUtcNow(), Epoch = _epoch };
        }

        Log.Quarantined(services.Logger, state.RunId, crashes);
        return new RunQuarantined
        {
            At = services.Time.GetUtcNow(),
            Failure = new RunFailure("RunQuarantined", $"The server stopped {crashes} times while this run was under way. It is left for a person to look at."),
        };
    }

    private bool WasUnderWay(RunState state) =>
        state.Status == RunStatus.Running
            ? state.UpdatedAt < _epochStart
            : state.Instances.Values.Any(i => i.Due < _epochStart);
}
