using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>Tells clients of the hub what happens to the runs that they watch.</summary>
internal sealed class InstanceWatch(RunFeed feed, InstanceViews views, TimeProvider time, ILogger<InstanceWatch> logger)
{
    /// <summary>What happens within this time is one message.</summary>
    internal static readonly TimeSpan Together = TimeSpan.FromMilliseconds(100);

    /// <summary>Tells the client of the run until it is disposed, and once at the start: something may have happened since the client read it.</summary>
    public IDisposable Add(Guid runId, IInstanceClient client)
    {
        var watcher = new Watcher(this, runId, client);
        watcher.Watch();
        return watcher;
    }

    private async Task TellAsync(Guid runId, IInstanceClient client)
    {
        try
        {
            var stats = new ExecutionStats();
            if (await views.FindAsync(runId, stats.Scope) is not null)
            {
                await client.WorkflowExecutionLogUpdatedAsync(new { });
                await client.ActivityExecutionLogUpdatedAsync(new { stats = stats.Of() });
            }

            await client.WorkflowInstanceUpdatedAsync(new { workflowInstanceId = runId.ToString() });
        }
        catch (Exception e)
        {
            // The next one may get through; the viewer asks by itself now and then.
            Log.WatcherNotTold(logger, e, runId);
        }
    }

    private sealed class Watcher(InstanceWatch watch, Guid runId, IInstanceClient client) : IDisposable
    {
        private readonly Lock _lock = new();
        private IDisposable? _feed;
        private bool _telling;
        private bool _again;
        private bool _gone;

        public void Watch()
        {
            _feed = watch.Feed.Watch(runId, _ => Changed());
            Changed();
        }

        private void Changed()
        {
            lock (_lock)
            {
                if (_telling || _gone)
                {
                    _again = true;
                    return;
                }

                _telling = true;
            }

            _ = TellAsync();
        }

        // One message at a time: a client that is slow to take them gets fewer.
        private async Task TellAsync()
        {
            var pause = Together;
            while (true)
            {
                await Task.Delay(pause, watch.Time);
                lock (_lock)
                {
                    _again = false;
                    if (_gone)
                    {
                        return;
                    }
                }

                var start = watch.Time.GetTimestamp();
                await watch.TellAsync(runId, client);
                // Reading a long run takes its time: it is not done all the time.
                pause = Together + (3 * watch.Time.GetElapsedTime(start));
                lock (_lock)
                {
                    if (!_again || _gone)
                    {
                        _telling = false;
                        return;
                    }
                }
            }
        }

        public void Dispose()
        {
            lock (_lock)
            {
                _gone = true;
            }

            _feed?.Dispose();
        }
    }

    private RunFeed Feed => feed;

    private TimeProvider Time => time;
}
