using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Gives slots to runs. Flows take turns, so that a long queue of one doesn't hold up another's lead; a run that waits for a
/// timer has no slot. While many requests come in, intake goes first and runs keep a minimum share: the sender does not
/// send again, the runs are on disk.
/// </summary>
public sealed class RunDispatcher : IDisposable
{
    private readonly Lock _lock = new();
    private readonly EngineServices _services;
    private readonly FlowCatalog _flows;
    private readonly RunLoader _loader;
    private readonly CancellationTokenSource _stopping = new();
    private readonly FlowTurns _turns = new();
    private int _active;
    private readonly IntakeRush _rush;
    private bool _started;
    private bool _pumpsLater;
    private TaskCompletionSource? _drained;

    internal RunDispatcher(EngineServices services, FlowCatalog flows, RunLoader loader)
    {
        _services = services;
        _flows = flows;
        _loader = loader;
        _rush = new IntakeRush(services.Time);
    }

    /// <summary>With less than two places the disk would never be looked at.</summary>
    private int Window => Math.Max(2, _services.Options.BacklogWindow);

    /// <summary>Runs under way.</summary>
    public int ActiveRuns => Volatile.Read(ref _active);

    /// <summary>Reserves a place in the flow's queue. False: its waiting limit is reached.</summary>
    public bool TryReserve(string definitionId, int? waitingLimit)
    {
        lock (_lock)
        {
            var queue = _turns.Queue(definitionId);
            if (queue.Waiting >= waitingLimit)
            {
                return false;
            }

            queue.Reserved++;
            return true;
        }
    }

    /// <summary>The run for which a place was reserved could not be stored.</summary>
    public void CancelReservation(string definitionId)
    {
        lock (_lock)
        {
            _turns.Queue(definitionId).Reserved--;
        }
    }

    /// <summary>A durable new run, for which a place was reserved.</summary>
    internal void Accepted(CompiledWorkflow workflow, RunState state)
    {
        lock (_lock)
        {
            var queue = _turns.Queue(state.Start.DefinitionId);
            queue.Reserved--;
            if (queue.Count < Window && !queue.MoreOnDisk)
            {
                queue.TryAdd(new QueuedRun(state.RunId, workflow, state));
            }
            else
            {
                // Those on disk came earlier.
                queue.Overflow();
            }

            _turns.Add(queue);
            _rush.Accepted();
        }

        Pump();
    }

    /// <summary>A run has something to do: its timer is due. False: it is known already, or there is no room now.</summary>
    public bool Wake(string definitionId, Guid runId)
    {
        RunExecution? execution;
        lock (_lock)
        {
            var queue = _turns.Queue(definitionId);
            if (!queue.Active.TryGetValue(runId, out execution))
            {
                if (queue.Count >= Window || !queue.TryAdd(new QueuedRun(runId, null, null)))
                {
                    return false;
                }

                _turns.Add(queue);
            }
            else if (execution is null)
            {
                // Being loaded; it looks at its timers itself.
                return false;
            }
        }

        if (execution is not null)
        {
            return execution.Wake();
        }

        Pump();
        return true;
    }

    /// <summary>Null: the run is not under way.</summary>
    internal RunExecution? Active(string definitionId, Guid runId)
    {
        lock (_lock)
        {
            return _turns.Queue(definitionId).Active.GetValueOrDefault(runId);
        }
    }

    /// <summary>Cancels a run wherever it is: under way, waiting for a slot or for a timer. False: it was over already.</summary>
    public async Task<bool> CancelAsync(string definitionId, Guid runId, string? reason)
    {
        while (true)
        {
            FlowQueue queue;
            RunExecution? execution;
            bool isOurs;
            lock (_lock)
            {
                queue = _turns.Queue(definitionId);
                isOurs = !queue.Active.TryGetValue(runId, out execution);
                if (isOurs)
                {
                    // Nobody else takes it up from here on.
                    queue.Withdraw(runId);
                    _active++;
                }
            }

            if (isOurs)
            {
                return await CancelInactiveAsync(queue, runId, reason);
            }

            if (execution?.Cancel(reason) is { } cancelled)
            {
                return await cancelled;
            }

            // Being loaded, or just leaving memory.
            await Task.Delay(TimeSpan.FromMilliseconds(20), _services.Time);
        }
    }

    private async Task<bool> CancelInactiveAsync(FlowQueue queue, Guid runId, string? reason)
    {
        try
        {
            var cancelled = await _loader.CancelAsync(runId, reason, _stopping.Token);
            Leave(queue, runId, AfterLeaving.Forget);
            return cancelled;
        }
        catch
        {
            // It goes on as if nobody had asked.
            Leave(queue, runId, AfterLeaving.Requeue);
            throw;
        }
    }

    /// <summary>A run that can go on was put on disk.</summary>
    internal void Imported(string definitionId)
    {
        lock (_lock)
        {
            _turns.Queue(definitionId).Overflow();
            _turns.Add(_turns.Queue(definitionId));
        }

        Pump();
    }

    /// <summary>Runs that an earlier life of the server left ready wait on disk; they are taken up in the order in which they came.</summary>
    internal async Task StartAsync()
    {
        var ready = await _services.Store.CountReadyAsync();
        lock (_lock)
        {
            foreach (var (definitionId, count) in ready)
            {
                var queue = _turns.Queue(definitionId);
                queue.OnDisk += count;
                queue.MoreOnDisk = true;
                _turns.Add(queue);
            }

            _started = true;
        }

        Pump();
    }

    /// <summary>Starts no more runs and waits for those under way as long as the token allows; what is left resumes in the next life.</summary>
    internal async Task StopAsync(CancellationToken patience)
    {
        Task drained;
        lock (_lock)
        {
            _started = false;
            _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            drained = _active == 0 ? Task.CompletedTask : _drained.Task;
        }

        await drained.WaitAsync(patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stopping.CancelAsync();
    }

    private void Pump()
    {
        while (true)
        {
            FlowQueue? queue;
            QueuedRun run;
            lock (_lock)
            {
                if (!_started)
                {
                    return;
                }

                if (!_rush.MayStart())
                {
                    PumpLater();
                    return;
                }

                if ((queue = NextTurn()) is null)
                {
                    return;
                }

                if (queue.Take() is not { } taken)
                {
                    continue;
                }

                run = taken;
                _active++;
                _rush.Started();
            }

            ThreadPool.UnsafeQueueUserWorkItem(
                static item => _ = item.Dispatcher.ExecuteAsync(item.Queue, item.Run), (Dispatcher: this, Queue: queue, Run: run), preferLocal: false);
        }
    }

    /// <summary>Nothing else may look again when the rush is over: runs under way may take long.</summary>
    private void PumpLater()
    {
        if (!_pumpsLater)
        {
            _pumpsLater = true;
            _ = PumpLaterAsync();
        }

        async Task PumpLaterAsync()
        {
            await Task.Delay(IntakeRush.Ends, _services.Time);
            lock (_lock)
            {
                _pumpsLater = false;
            }

            Pump();
        }
    }

    private FlowQueue? NextTurn() => _turns.Next(
        queue => _flows.Find(queue.DefinitionId)?.ConcurrentRuns ?? _services.Options.ConcurrentRunsPerFlow,
        lowWater: Window / 2,
        queue => _ = LoadAsync(queue));

    private async Task LoadAsync(FlowQueue queue)
    {
        await Task.Yield();
        var limit = Window / 2;
        HashSet<Guid> known;
        long overflows;
        lock (_lock)
        {
            overflows = queue.Overflows;
            known = [.. queue.Known];
        }

        IReadOnlyList<ReadyRun>? ready = null;
        try
        {
            ready = await _services.Store.ListReadyAsync(queue.DefinitionId, known, limit);
        }
        catch (Exception e)
        {
            Log.BacklogNotRead(_services.Logger, e, queue.DefinitionId);
            await Task.Delay(_services.Options.StoreRetryDelay, _services.Time);
        }

        lock (_lock)
        {
            queue.Loading = false;
            if (ready is not null)
            {
                var added = ready.Count(run => queue.TryAdd(new QueuedRun(run.RunId, null, null, run.Stored)));
                // A run that was accepted meanwhile may not have been in the list.
                queue.MoreOnDisk = ready.Count == limit || queue.Overflows != overflows;
                queue.OnDisk = queue.MoreOnDisk ? Math.Max(0, queue.OnDisk - added) : 0;
            }

            _turns.Add(queue);
        }

        Pump();
    }

    private async Task ExecuteAsync(FlowQueue queue, QueuedRun run)
    {
        TimeSpan? again = null;
        try
        {
            var execution = await _loader.LoadAsync(run, _stopping.Token);
            if (execution is not null)
            {
                lock (_lock)
                {
                    queue.Active[run.RunId] = execution;
                }

                await execution.StartAsync();
                await execution.Ended;
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Resumes in the next life.
        }
        catch (Exception e) when (e is StoreUnavailableException or RunFenceException)
        {
            Log.RunNotStored(_services.Logger, run.RunId, e.Message);
            again = _services.Options.StoreRetryDelay;
        }
        catch (Exception e)
        {
            Log.RunBroke(_services.Logger, e, run.RunId);
            if (await _loader.Repairs.TryQuarantineAsync(run.RunId, e) is not { } stored)
            {
                // Not even that can be done: the run stays as it is on disk and is not taken up again in this life.
                Leave(queue, run.RunId, AfterLeaving.SetAside);
                return;
            }

            again = stored ? null : _services.Options.StoreRetryDelay;
        }

        if (again is { } delay)
        {
            await Task.Delay(delay, _services.Time);
        }

        Leave(queue, run.RunId, again is null ? AfterLeaving.Forget : AfterLeaving.Requeue);
    }

    private void Leave(FlowQueue queue, Guid runId, AfterLeaving then)
    {
        lock (_lock)
        {
            queue.Leave(runId, then, Window);
            if (then == AfterLeaving.Requeue)
            {
                _turns.Add(queue);
            }

            _active--;
            if (_active == 0)
            {
                _drained?.TrySetResult();
            }
        }

        Pump();
    }

    public void Dispose() => _stopping.Dispose();
}
