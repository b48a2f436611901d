using FlowLite.Activities.Crm.Gates;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Scheduling;

namespace FlowLite.Server.Hosting;

/// <summary>
/// Starts and stops what lives in the server: flows are known before it listens, runs are taken up once it does, and when it
/// stops they are left to resume in the next life.
/// </summary>
public sealed class EngineLifetime(FlowCatalog catalog, WorkflowsFolder folder, RunService runs, FlowSchedules schedules, ConnectionGates gates, StartBanner banner, TimeProvider time)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>All of the stop, closing of connections included.</summary>
    public static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(10);

    /// <summary>What runs under way have to come to a commit; the rest is for what is written then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    private readonly CancellationTokenSource _patience = new(Timeout.InfiniteTimeSpan, time);
    private Task _stopping = Task.CompletedTask;
    private bool _started;

    /// <summary>Flows are known and the engine has opened its journal; the backlog may still be long.</summary>
    public bool IsReady => Volatile.Read(ref _started);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await catalog.LoadAsync();
        await folder.ImportAsync();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await runs.StartAsync();
        await gates.StartAsync(runs.Gates);
        schedules.Start();
        Volatile.Write(ref _started, true);
        await banner.PrintAsync();
    }

    /// <summary>Runs come to rest while Kestrel closes its connections: who waits for a run is answered if it answers in time, and told to wait no longer if not.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (_started)
        {
            Volatile.Write(ref _started, false);
            _patience.CancelAfter(Patience);
            _stopping = StopRunsAsync();
        }

        return Task.CompletedTask;
    }

    private async Task StopRunsAsync()
    {
        await schedules.StopAsync();
        await runs.StopAsync(_patience.Token);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => _stopping;

    public void Dispose() => _patience.Dispose();
}
