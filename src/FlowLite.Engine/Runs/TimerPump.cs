namespace FlowLite.Engine.Runs;

/// <summary>
/// Wakes runs whose timers are due. Timers are rows on disk; in memory there is only when the next one is due, so a hundred
/// thousand waiting runs hold no thread and no memory.
/// </summary>
internal sealed class TimerPump(EngineServices services, RunDispatcher dispatcher)
{
    private const int Page = 500;
    /// <summary>The clock may be set; never sleep past this.</summary>
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);
    /// <summary>Due runs that could not be taken up yet (no room, or just leaving memory).</summary>
    private static readonly TimeSpan Crowded = TimeSpan.FromMilliseconds(50);

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await TickAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.PumpFailed(services.Logger, e);
                await Task.Delay(services.Options.StoreRetryDelay, services.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task TickAsync(CancellationToken stopping)
    {
        var now = services.Time.GetUtcNow();
        var changed = services.Timers.Changed();
        var due = await services.Store.ListDueAsync(now, Page);
        var woken = due.Count(run => dispatcher.Wake(run.DefinitionId, run.RunId));
        if (woken > 0 && due.Count == Page)
        {
            return;
        }

        var sleep = LongestSleep;
        if (due.Count > 0)
        {
            // Their timers stay on disk until they have moved on; look again soon.
            sleep = Crowded;
        }
        else if (await services.Store.NextTimerAsync(now) is { } next)
        {
            sleep = next - now < LongestSleep ? next - now : LongestSleep;
            services.Timers.SleepUntil(now + sleep);
        }

        using var wake = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAny(changed, Task.Delay(sleep > TimeSpan.Zero ? sleep : TimeSpan.FromMilliseconds(1), services.Time, wake.Token));
        await wake.CancelAsync();
    }
}

/// <summary>Tells the pump that a timer was set which is due before it means to wake.</summary>
internal sealed class TimerSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _sleepsUntil;

    /// <summary>Completes when a timer is set that is due early. Ask before looking at the store.</summary>
    public Task Changed()
    {
        lock (_lock)
        {
            _sleepsUntil = DateTimeOffset.MaxValue;
            if (_changed.Task.IsCompleted)
            {
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _changed.Task;
        }
    }

    public void SleepUntil(DateTimeOffset until)
    {
        lock (_lock)
        {
            _sleepsUntil = until;
        }
    }

    /// <summary>A durable timer was set.</summary>
    public void Set(DateTimeOffset due)
    {
        lock (_lock)
        {
            if (due < _sleepsUntil)
            {
                _changed.TrySetResult();
            }
        }
    }
}
