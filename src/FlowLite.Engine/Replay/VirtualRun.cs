using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlowLite.Engine.Replay;

/// <summary>
/// Runs one run from its start to its end with the server's own executor, on virtual time: each wait jumps to its end.
/// Between two waits the run leaves memory and is folded from the store again, as it would be after a restart.
/// Retries wait as long as their policy allows, so that the same run takes the same time whenever it is replayed.
/// </summary>
public sealed class VirtualRun(CompiledWorkflow workflow, IRunStore store, VirtualTime time, EngineOptions? options = null, PendingResponses? responses = null, ILogger? logger = null)
{
    private readonly EngineServices _services = new(store, time, options ?? new EngineOptions(), responses ?? new PendingResponses(), logger ?? NullLogger.Instance, LongestWait);

    private static double LongestWait() => 1;

    /// <summary>The first event, durable; the run executes with <see cref="ResumeAsync"/>.</summary>
    public async Task AcceptAsync(RunRequest request)
    {
        var state = new RunState { RunId = request.RunId };
        var started = request.ToEvent(workflow, time.GetUtcNow(), _services.Secure);
        RunDecider.Apply(workflow, state, started);
        await store.AppendAsync(RunAppends.Make(state, [started], _services.Options.SnapshotEvery));
    }

    /// <summary>Goes on until the run is over, waits for a person, or would wait past <paramref name="until"/>.</summary>
    /// <exception cref="StoreUnavailableException">An append failed; what the store has is what happened, call it again to resume.</exception>
    public async Task<RunState> ResumeAsync(Guid runId, DateTimeOffset until)
    {
        while (true)
        {
            var state = await FoldAsync(runId);
            if (state.Status == RunStatus.Suspended && NextDue(state) is { } due && due <= until)
            {
                time.AdvanceTo(due);
            }
            else if (state.Status != RunStatus.Running)
            {
                return state;
            }

            var execution = new RunExecution(workflow, state, _services, null, CancellationToken.None);
            await execution.StartAsync();
            await execution.Ended;
        }
    }

    public async Task<RunState> FoldAsync(Guid runId) =>
        RunLoader.Fold(workflow, runId, await store.LoadAsync(runId) ?? throw new InvalidOperationException($"There is no run {runId}."));

    private static DateTimeOffset? NextDue(RunState state) =>
        state.Instances.Values.Min(i => i.Timer);
}
