namespace FlowLite.Engine.Runs;

/// <summary>What is asked of a run wherever it is: under way, in the window or on disk.</summary>
public sealed partial class RunDispatcher
{
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

    /// <summary>Runs with a signal in their mailbox, or just started, durably.</summary>
    internal void Woken(IReadOnlyList<WokenRun> runs)
    {
        foreach (var run in runs)
        {
            FlowQueue queue;
            lock (_lock)
            {
                queue = _turns.Queue(run.DefinitionId);
            }

            Signalled(queue, run.RunId, run switch
            {
                { IsChild: true } => QueuedAs.Child,
                { IsNew: true } => QueuedAs.New,
                _ => QueuedAs.Woken,
            });
        }

        Pump();
    }

    private void Signalled(FlowQueue queue, Guid runId, QueuedAs how = QueuedAs.Woken)
    {
        while (true)
        {
            RunExecution? execution;
            lock (_lock)
            {
                if (!queue.Active.TryGetValue(runId, out execution))
                {
                    if (queue.Known.Contains(runId))
                    {
                        queue.Mail.Add(runId);
                    }
                    else if (how == QueuedAs.New && queue.Line is not null)
                    {
                        queue.Arrive(new QueuedRun(runId, null, null, As: how));
                    }
                    else if (HasNoRoom(queue, how) || !queue.TryAdd(new QueuedRun(runId, null, null, As: how)))
                    {
                        // On disk it is Running since it was signalled.
                        queue.Overflow();
                    }

                    _turns.Add(queue);
                    return;
                }

                if (execution is null)
                {
                    // Being loaded, perhaps without it.
                    queue.Mail.Add(runId);
                    return;
                }
            }

            if (execution.LookForMail())
            {
                return;
            }

            lock (_lock)
            {
                // Just leaving memory: it is taken up again, unless it has left.
                if (queue.Active.ContainsKey(runId))
                {
                    queue.Mail.Add(runId);
                    return;
                }
            }
        }
    }

    /// <summary>In a line, only children are left on disk alone: the line's next is told from a run that has begun in memory.</summary>
    private bool HasNoRoom(FlowQueue queue, QueuedAs how) => queue.Count >= Window && (queue.Line is null || how == QueuedAs.Child);

    /// <summary>Null: the run is not under way.</summary>
    internal RunExecution? Active(string definitionId, Guid runId)
    {
        lock (_lock)
        {
            return _turns.Queue(definitionId).Active.GetValueOrDefault(runId);
        }
    }

    /// <summary>Cancels a run wherever it is: under way, waiting for a slot or for a timer. False: it was over already.</summary>
    /// <param name="run">As it was found in the store.</param>
    public async Task<bool> CancelAsync(RunSummary run, string? reason)
    {
        while (true)
        {
            FlowQueue queue;
            RunExecution? execution;
            bool isOurs, isOnDisk = false;
            lock (_lock)
            {
                queue = _turns.Queue(run.DefinitionId);
                isOurs = !queue.Active.TryGetValue(run.RunId, out execution);
                if (isOurs)
                {
                    // Nobody else takes it up from here on.
                    isOnDisk = queue.Withdraw(run.RunId);
                    _active++;
                }
            }

            if (isOurs)
            {
                return await CancelInactiveAsync(queue, run.RunId, isOnDisk && run.Status == RunStatus.Running, reason);
            }

            if (execution?.Cancel(reason) is { } cancelled)
            {
                return await cancelled;
            }

            // Being loaded, or just leaving memory.
            await Task.Delay(TimeSpan.FromMilliseconds(20), _services.Time);
        }
    }

    /// <param name="waitsOnDisk">It is one of those that wait on disk alone.</param>
    private async Task<bool> CancelInactiveAsync(FlowQueue queue, Guid runId, bool waitsOnDisk, string? reason)
    {
        try
        {
            var cancelled = await _loader.CancelAsync(runId, reason, _stopping.Token);
            if (waitsOnDisk && cancelled)
            {
                lock (_lock)
                {
                    queue.OnDisk = Math.Max(0, queue.OnDisk - 1);
                }
            }

            Leave(queue, runId, AfterLeaving.Forget);
            return cancelled;
        }
        catch
        {
            // It goes on as if nobody had asked.
            Leave(queue, runId, AfterLeaving.PutBack);
            throw;
        }
    }

    /// <summary>A run that is not over was put on disk. One that only waits stands in the line as well.</summary>
    /// <param name="isReady">It can go on.</param>
    internal void Imported(string definitionId, bool isReady)
    {
        lock (_lock)
        {
            var queue = _turns.Queue(definitionId);
            if (isReady)
            {
                queue.Overflow();
            }

            queue.Line?.Move();
            _turns.Add(queue);
        }

        Pump();
    }
}
