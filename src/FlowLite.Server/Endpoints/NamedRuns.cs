using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Endpoints;

/// <summary>Runs that their callers name. A call with a name that is known is a repeat: it starts nothing, and is answered as the first was.</summary>
public sealed class NamedRuns(RunService runs, FlowCatalog flows)
{
    private const int Stripes = 16;

    // Two calls with one name take turns, so that one of them finds the other's run.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    /// <returns>Null: the run was started, or is under way; its answer is still to come.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was kept.</exception>
    public async Task<RunAnswer?> StartAsync(CompiledWorkflow workflow, RunRequest request)
    {
        var turn = _turns[(uint)request.RunId.GetHashCode() % Stripes];
        await turn.WaitAsync();
        try
        {
            if (await runs.ReadAsync(request.RunId) is not { } run)
            {
                await runs.StartAsync(workflow, request);
                return null;
            }

            return await AnswerOfAsync(run);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<RunAnswer?> AnswerOfAsync(RunReading run)
    {
        var version = await flows.VersionAsync(run.Summary.VersionId);
        var response = await run.Events().OfType<ActivityCompleted>()
            .FirstOrDefaultAsync(e => version.Nodes.TryGetValue(e.Activity, out var node) && node.Descriptor.SendsResponse);
        if (response?.Outputs is { } outputs)
        {
            return new RunAnswer(outputs, null);
        }

        return run.Summary.Status == RunStatus.Running ? null : new RunAnswer(null, run.Summary.Status);
    }
}
