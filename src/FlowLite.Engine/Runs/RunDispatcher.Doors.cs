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

            Signalled(queue, run.RunId);
        }

        Pump();
    }

    private void Signalled(FlowQueue queue, Guid runId)
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
                    else if (queue.Count >= Window || !queue.TryAdd(new QueuedRun(runId, null, null)))
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
}
