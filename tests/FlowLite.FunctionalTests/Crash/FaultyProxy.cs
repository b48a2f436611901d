using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>Stands before the CRM and does to its callers what networks and clouds do.</summary>
internal abstract class FaultyProxy : IAsyncDisposable
{
    private readonly Random _random = new(20261122);

    /// <summary>How long an answer takes.</summary>
    public TimeSpan Latency { get; set; }
    /// <summary>The part of calls that are refused and never reach the CRM.</summary>
    public double Unavailable { get; set; }
    /// <summary>The part of calls that the CRM commits and whose answer never arrives.</summary>
    public double LostAnswers { get; set; }
    /// <summary>Nothing gets through.</summary>
    public virtual bool Down { get; set; }

    public abstract Uri Address { get; }

    /// <param name="crm">Whose scheme says how its callers speak.</param>
    /// <param name="isRecordCall">Of HTTP: which calls the faults strike, all but <see cref="Down"/>.</param>
    public static async Task<FaultyProxy> StartAsync(Uri crm, Func<HttpRequest, bool> isRecordCall) => crm.Scheme switch
    {
        "file" => new FaultyFile(crm),
        "postgres" or "smtp" => new FaultyTcpProxy(crm),
        _ => await FaultyHttpProxy.StartHttpAsync(crm, isRecordCall),
    };

    public abstract ValueTask DisposeAsync();

    protected async Task DelayAsync()
    {
        if (Latency > TimeSpan.Zero)
        {
            using var timer = new PeriodicTimer(Latency);
            await timer.WaitForNextTickAsync();
        }
    }

    protected bool Chance(double part)
    {
        lock (_random)
        {
            return part > 0 && _random.NextDouble() < part;
        }
    }
}
