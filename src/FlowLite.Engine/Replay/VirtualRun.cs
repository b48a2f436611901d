using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowLite.Engine.Replay;

/// <summary>
/// Runs one run from its start to its end with the server's own executor, and the runs that it starts, on virtual time: when none has anything
/// to do, time jumps to where the next wait ends. Between two waits a run leaves memory and is folded from the store again, as it would
/// be after a restart. Retries wait as long as their policy allows, so that the same run takes the same time whenever it is replayed.
/// </summary>
/// <param name="store">Holds no other runs.</param>
/// <param name="flows">Flows that the run may start runs of; null: none.</param>
public sealed class VirtualRun(
    CompiledWorkflow workflow, IRunStore store, VirtualTime time, EngineOptions? options = null, PendingResponses? responses = null, ILogger? logger = null, FlowCatalog? flows = null)
{
    private static readonly HashSet<Guid> Nobody = [];

    private static readonly SecureValues Secure = new(PlainValues.Instance);

    private readonly EngineServices _services = new(
        store, time, options ?? new EngineOptions(), responses ?? new PendingResponses(), logger ?? NullLogger.Instance, new RunBirths(flows, options ?? new EngineOptions(), Secure), Secure, LongestWait);

    private readonly Queue<Guid> _woken = [];

    /// <summary>Told before a run is executed.</summary>
    public Action<Guid, CompiledWorkflow>? Executing { get; init; }

    private static double LongestWait() => 1;

    /// <summary>The first event, durable; the run executes with <see cref="ResumeAsync"/>.</summary>
    public async Task AcceptAsync(RunRequest request)
    {
        _services.Woken = Woken;
        var state = new RunState { RunId = request.RunId };
        var started = request.ToEvent(workflow, time.GetUtcNow(), _services.Secure);
        RunDecider.Apply(workflow, state, started);
        await store.AppendAsync(RunAppends.Make(state, [started], _services.Options.SnapshotEvery));
    }

    /// <summary>Sends a signal from outside; nobody goes on before <see cref="ResumeAsync"/>.</summary>
    public Task<IReadOnlyList<WokenRun>> SignalAsync(Signal signal) => _services.SendAsync(signal);

    /// <summary>Goes on until the run is over, waits for a person or a signal from outside, or would wait past <paramref name="until"/>.</summary>
    /// <exception cref="StoreUnavailableException">An append failed; what the store has is what happened, call it again to resume.</exception>
    public async Task<RunState> ResumeAsync(Guid runId, DateTimeOffset until)
    {
        while (true)
        {
            await ExecuteReadyAsync();
            var state = await FoldAsync(runId);
            if (state.IsOver || !await ExecuteNextDueAsync(until))
            {
                return state;
            }
        }
    }

    /// <summary>Goes on until every run is over, or none has anything to do up to <paramref name="until"/>: runs that nobody waits for.</summary>
    public async Task ResumeAllAsync(DateTimeOffset until)
    {
        do
        {
            await ExecuteReadyAsync();
        }
        while (await ExecuteNextDueAsync(until));
    }

    public async Task<RunState> FoldAsync(Guid runId) => (await LoadAsync(runId)).State;

    private async Task ExecuteReadyAsync()
    {
        while (await NextReadyAsync() is { } ready)
        {
            await ExecuteAsync(ready);
        }
    }

    /// <summary>False: no wait ends before then.</summary>
    private async Task<bool> ExecuteNextDueAsync(DateTimeOffset until)
    {
        if (await store.ListDueAsync(until, 1) is not [var due])
        {
            return false;
        }

        time.AdvanceTo(due.Due);
        await ExecuteAsync(due.RunId);
        return true;
    }

    private async Task ExecuteAsync(Guid runId)
    {
        var (version, state, mail) = await LoadAsync(runId);
        Executing?.Invoke(runId, version);
        var execution = new RunExecution(version, state, _services, null, mail, CancellationToken.None);
        await execution.StartAsync();
        await execution.Ended;
    }

    private async Task<(CompiledWorkflow Version, RunState State, IReadOnlyList<StoredSignal> Mail)> LoadAsync(Guid runId)
    {
        var stored = await store.LoadAsync(runId) ?? throw new InvalidOperationException($"There is no run {runId}.");
        var version = flows is null || stored.Summary.VersionId == workflow.Definition.Id ? workflow : await flows.VersionAsync(stored.Summary.VersionId);
        return (version, RunLoader.Fold(version, runId, stored), stored.Signals);
    }

    // One at a time and in an order that is the same each time: that in which they were woken or started, and what nobody told of by their ids.
    private async Task<Guid?> NextReadyAsync()
    {
        while (_woken.TryDequeue(out var woken))
        {
            if ((await store.FindRunAsync(woken))?.Status == RunStatus.Running)
            {
                return woken;
            }
        }

        Guid? next = null;
        foreach (var definitionId in (await store.CountReadyAsync()).Keys)
        {
            var first = (await store.ListReadyAsync(definitionId, Nobody, 1))[0].RunId;
            next = next < first ? next : first;
        }

        return next;
    }

    private void Woken(IReadOnlyList<WokenRun> woken)
    {
        foreach (var run in woken)
        {
            _woken.Enqueue(run.RunId);
        }
    }
}
