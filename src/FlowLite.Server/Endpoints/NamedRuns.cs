using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;

namespace FlowLite.Server.Endpoints;

/// <summary>Runs that their callers name. A call with a name that is known is a repeat: it starts nothing, and is answered as the first was.</summary>
public sealed class NamedRuns(RunService runs, FlowCatalog flows, SecureValues secure)
{
    private const int Stripes = 16;

    // Two calls with one name take turns, so that one of them finds the other's run.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    /// <returns>Null: the run was started, or is under way; its answer is still to come.</returns>
    /// <exception cref="RunNameTakenException">Nothing was kept.</exception>
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

            return await AnswerOfAsync(run, request.TriggerActivity);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Of what is durable: an answer that is on its way comes to whoever waits for it.</summary>
    private async Task<RunAnswer?> AnswerOfAsync(RunReading run, string? endpoint)
    {
        var version = await flows.VersionAsync(run.Summary.VersionId);
        await foreach (var @event in run.StoredEvents())
        {
            switch (@event)
            {
                // Who may call one endpoint may not hear what another answers.
                case RunStarted started when started.TriggerActivity != endpoint:
                    throw new RunNameTakenException();
                case ActivityCompleted { Outputs: { } outputs } completed when version.Nodes.TryGetValue(completed.Activity, out var node) && node.Descriptor.SendsResponse:
                    return new RunAnswer(secure.Open(outputs), null);
                // From here on its answers are for others.
                case SignalReceived { AwaitsResponse: true }:
                    return new RunAnswer(null, RunStatus.Suspended);
            }
        }

        return run.Summary.Status == RunStatus.Running ? null : new RunAnswer(null, run.Summary.Status);
    }
}

internal sealed class RunNameTakenException() : Exception(
    "Another endpoint of this workflow has started the run with this workflowInstanceId. Repeat a call at the endpoint that it was made at.")
{
    public const string Code = "WorkflowInstanceIdTaken";
}
