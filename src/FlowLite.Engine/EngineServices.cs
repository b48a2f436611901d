using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using Microsoft.Extensions.Logging;

namespace FlowLite.Engine;

public sealed class EngineOptions
{
    /// <summary>A snapshot of a run's state is stored each time that its journal has grown by so many events. Default 500.</summary>
    public int SnapshotEvery { get; set; } = 500;

    /// <summary>A run whose journal has so many events is ended as faulted before its next activity. Default 500,000.</summary>
    public int EventsPerRun { get; set; } = 500_000;

    /// <summary>Runs of one flow that are under way at once, unless its trigger says otherwise. Default 128.</summary>
    public int ConcurrentRunsPerFlow { get; set; } = 128;

    /// <summary>Runs of one flow that wait for a slot in memory; the others wait on disk. Default 2,000.</summary>
    public int BacklogWindow { get; set; } = 2_000;

    /// <summary>A run that was under way in so many crashes, and got no further, is quarantined. Default 3.</summary>
    public int CrashesBeforeQuarantine { get; set; } = 3;

    /// <summary>How long a run waits before it is taken up again when the store could not be written. Default 1 second.</summary>
    public TimeSpan StoreRetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes that bodies of more than 256 KB may have together while they are read and accepted, and again while their runs are under way. What
    /// is made of a body takes about ten times its size. Default: a sixteenth of the memory there is, at least 16 MB.
    /// </summary>
    public long LargeBodyMemory { get; set; } = Math.Max(16 * 1024 * 1024, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16);
}

/// <summary>What every run under way shares.</summary>
internal sealed class EngineServices(
    IRunStore store, TimeProvider time, EngineOptions options, PendingResponses responses, ILogger logger, RunBirths births, SecureValues secure, Func<double>? random = null)
{
    public IRunStore Store => store;
    public TimeProvider Time => time;
    public EngineOptions Options => options;
    public PendingResponses Responses => responses;
    public ILogger Logger => logger;
    public SecureValues Secure => secure;
    public TimerSignal Timers { get; } = new();
    public RunFeed Feed { get; } = new();
    public RunGates Gates { get; } = new(store);
    public RunBirths Births { get; } = births;
    public ActivityRunner Runner { get; } = new(time, logger, births, secure, random);

    /// <summary>Takes up runs that were woken or started; null: nobody does, they are looked for in the store.</summary>
    public Action<IReadOnlyList<WokenRun>>? Woken { get; set; }

    /// <summary>Appends, and tells who has to know once it is durable.</summary>
    public async Task AppendAsync(RunAppend append)
    {
        try
        {
            await store.AppendAsync(append);
            Feed.Appended(append.Summary);
        }
        finally
        {
            // Also of one that failed: a commit may be durable that seemed not to be. Who is told for nothing finds nothing to do.
            SetTimers(append);
            Tell(append.Mail, append.Woken);
        }
    }

    /// <summary>Sends a signal from outside, and the runs that it starts.</summary>
    public Task<IReadOnlyList<WokenRun>> SendAsync(Signal signal)
    {
        IReadOnlyList<MailItem> births = signal.RunId is null ? Births.OfSignal(signal, isSecure: false, cause: null, Time.GetUtcNow()) : [];
        var kept = signal.Payload is { } payload
            ? signal with { Payload = secure.Keep(payload, isSecure: false), SealedPayload = secure.Keep(payload, isSecure: true) }
            : signal;
        return SendAsync([new SignalSent(kept), .. births]);
    }

    /// <summary>Sends mail that no run's event goes with; whom it woke goes on.</summary>
    public async Task<IReadOnlyList<WokenRun>> SendAsync(IReadOnlyList<MailItem> mail)
    {
        var woken = await store.SendAsync(mail);
        Tell(mail, woken);
        return woken;
    }

    private void Tell(IReadOnlyList<MailItem> mail, IReadOnlyList<WokenRun> woken)
    {
        foreach (var item in mail)
        {
            if (item is RunBorn birth)
            {
                SetTimers(birth.Append);
            }
        }

        if (woken.Count > 0)
        {
            Woken?.Invoke(woken);
        }
    }

    private void SetTimers(RunAppend append)
    {
        foreach (var timer in append.TimersSet)
        {
            Timers.Set(timer.Due);
        }
    }
}
