using System.Collections.Concurrent;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Gives slots to runs. Flows take turns, so that a long queue of one doesn't hold up another's lead; a run that waits for a
/// timer has no slot. While many requests come in, intake goes first and runs keep a minimum share: the sender does not
/// send again, the runs are on disk.
/// </summary>
public sealed partial class RunDispatcher : IDisposable
{
    private const int OutOfMemoryTimes = 8;

    private readonly Lock _lock = new();
    private readonly EngineServices _services;
    private readonly FlowCatalog _flows;
    private readonly RunLoader _loader;
    /// <summary>No more runs begin.</summary>
    private readonly CancellationTokenSource _draining = new();
    /// <summary>Those under way are left where they are.</summary>
    private readonly CancellationTokenSource _stopping = new();
    private readonly FlowTurns _turns;
    private int _active;
    private readonly IntakeRush _rush;
    /// <summary>How often a run has stopped for lack of memory.</summary>
    private readonly ConcurrentDictionary<Guid, int> _shortOfMemory = [];
    private bool _started;
    private bool _pumpsLater;
    private TaskCompletionSource? _drained;

    internal RunDispatcher(EngineServices services, FlowCatalog flows, RunLoader loader)
    {
        _services = services;
        _flows = flows;
        _loader = loader;
        _rush = new IntakeRush(services.Time);
        _turns = new FlowTurns(definitionId => flows.Find(definitionId)?.Workflow?.HasLine == true);
        flows.Changed += FlowChanged;
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
            var run = QueuedRun.New(workflow, state);
            if (queue.Line is not null)
            {
                queue.Arrive(run);
            }
            else if (queue.Count < Window && !queue.MoreOnDisk)
            {
                queue.TryAdd(run);
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

    /// <summary>Runs that an earlier life of the server left ready wait on disk; they are taken up in the order in which they came.</summary>
    internal async Task StartAsync()
    {
        var ready = await _services.Store.CountReadyAsync();
        var signalled = await _services.Store.ListSignalledAsync();
        var unpublished = await LinesOfUnpublishedAsync(ready.Keys);
        lock (_lock)
        {
            foreach (var (definitionId, count) in ready)
            {
                var queue = _turns.Queue(definitionId);
                if (unpublished.Contains(definitionId))
                {
                    queue.SetLine(true);
                }

                queue.OnDisk += count;
                queue.MoreOnDisk = true;
                _turns.Add(queue);
            }

            _started = true;
        }

        Woken(signalled);
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

        await _draining.CancelAsync();
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
        queue => queue.Line is not null ? 1 : _flows.Find(queue.DefinitionId)?.ConcurrentRuns ?? _services.Options.ConcurrentRunsPerFlow,
        lowWater: Window / 2,
        queue => _ = queue.Line is null ? LoadAsync(queue) : AskLineAsync(queue));

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
            // A line that it has got meanwhile is asked in another way.
            if (ready is not null && queue.Line is null)
            {
                var added = ready.Count(run => queue.TryAdd(new QueuedRun(run.RunId, null, null, run.Stored, As(run.Stored))));
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
        RunExecution? execution = null;
        try
        {
            execution = await _loader.LoadAsync(run, _draining.Token, _stopping.Token, alone: _shortOfMemory.ContainsKey(run.RunId));
            if (execution is not null)
            {
                bool hasMail;
                lock (_lock)
                {
                    queue.Active[run.RunId] = execution;
                    hasMail = queue.Mail.Remove(run.RunId);
                }

                await execution.StartAsync();
                if (hasMail)
                {
                    Signalled(queue, run.RunId);
                }

                await execution.Ended;
            }
        }
        catch (OperationCanceledException) when (_draining.IsCancellationRequested)
        {
            // Resumes in the next life.
        }
        catch (Exception e) when (e is StoreUnavailableException or RunFenceException)
        {
            Log.RunNotStored(_services.Logger, run.RunId, e.Message);
            again = _services.Options.StoreRetryDelay;
        }
        catch (OutOfMemoryException) when (_shortOfMemory.AddOrUpdate(run.RunId, 1, static (_, times) => times + 1) is var times and <= OutOfMemoryTimes)
        {
            // Others have it. What can never be done in the memory that there is must not be tried for ever.
            Log.RunShortOfMemory(_services.Logger, run.RunId);
            again = times * _services.Options.StoreRetryDelay;
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
        finally
        {
            execution?.Memory?.Dispose();
        }

        if (again is { } delay)
        {
            // In the next life it is taken up without.
            await Task.Delay(delay, _services.Time, _draining.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // Looked for first, which takes no lock: hardly any run is there.
        else if (_shortOfMemory.ContainsKey(run.RunId))
        {
            _shortOfMemory.TryRemove(run.RunId, out _);
        }

        Leave(queue, run.RunId, again is null ? AfterLeaving.Forget : AfterLeaving.Requeue);
    }

    private void Leave(FlowQueue queue, Guid runId, AfterLeaving then)
    {
        lock (_lock)
        {
            if (then is AfterLeaving.Forget or AfterLeaving.PutBack && queue.Mail.Contains(runId))
            {
                // However full the window is: on disk it may look as if it had nothing to do.
                then = AfterLeaving.Requeue;
                queue.Leave(runId, then, int.MaxValue);
            }
            else
            {
                queue.Leave(runId, then, Window);
            }

            if (then is AfterLeaving.Requeue or AfterLeaving.PutBack || queue.Line is not null)
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

    public void Dispose()
    {
        _flows.Changed -= FlowChanged;
        _draining.Dispose();
        _stopping.Dispose();
    }
}
