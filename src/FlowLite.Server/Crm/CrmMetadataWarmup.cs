namespace FlowLite.Server.Crm;

/// <summary>
/// Asks the CRMs for their tables once the server listens, so that the Studio's first list of activities has the forms of new
/// records. Nothing waits for it: a CRM that doesn't answer is asked again when it is wanted.
/// </summary>
public sealed class CrmMetadataWarmup(CrmMetadataCache metadata) : IHostedLifecycleService, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _asking = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _asking = metadata.AskStaleAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => _stopping.CancelAsync();

    public Task StopAsync(CancellationToken cancellationToken) => _asking;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // A host that is disposed of without having been stopped takes its data directory along.
        await _stopping.CancelAsync();
        await _asking;
        _stopping.Dispose();
    }
}
