using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Secure;
using Microsoft.Extensions.Logging;

namespace FlowLite.Engine.Runs;

/// <param name="Inputs">By input name; null: it has none, or they could not be evaluated.</param>
/// <param name="Outputs">By output name; null: it has none.</param>
/// <param name="IsWaiting">It would go on later, or with its children.</param>
public sealed record TrialResult(JsonElement? Inputs, JsonElement? Outputs, RunFailure? Failure, bool IsWaiting);

/// <summary>
/// Executes one activity once, in a run of its own that nobody keeps: no trigger, no results of other activities, no retries.
/// What it does to others it does for real, but it wakes and starts no run.
/// </summary>
public sealed class ActivityTrial(TimeProvider time, ILogger<ActivityTrial> logger)
{
    // Nothing of it is kept.
    private static readonly SecureValues Secure = new(PlainValues.Instance);
    private readonly ActivityRunner _runner = new(time, logger, RunBirths.None, Secure);

    /// <param name="runId">New: keys that others tell repeats by are made from it.</param>
    /// <param name="variables">Values by variable id or name; those of unknown variables are left out.</param>
    public async Task<TrialResult> RunAsync(
        CompiledWorkflow workflow, ActivityNode node, Guid runId, IReadOnlyDictionary<string, JsonElement> variables, CancellationToken cancellationToken)
    {
        if (node.Activity is Container { EvaluatesInputs: false })
        {
            return new TrialResult(null, null, null, IsWaiting: false);
        }

        var now = time.GetUtcNow();
        var instance = new ActivityInstance { Id = runId, Activity = node.Id, Order = 0 };
        var state = new RunState { RunId = runId, Start = new RunRequest(runId).ToEvent(workflow, now, Secure) };
        foreach (var (name, value) in variables)
        {
            if (workflow.FindVariable(name) is { } variable)
            {
                state.Variables[variable.Id] = variable.Type.TryReadText(value, out var typed) ? typed : value;
            }
        }

        JsonElement? inputs = null;
        RunEvent happened;
        try
        {
            var scope = new RunScope(workflow, state, Secure).For(instance);
            inputs = InputEvaluator.Evaluate(node, scope, Secure);
            happened = await _runner.ExecuteAsync(node, node.Activity.EffectOf(node), state, instance, inputs, scope.TakeChanges(), scope, cancellationToken);
        }
        catch (ExpressionException e)
        {
            happened = _runner.Failed(node, runId, 1, inputs, now, now, e, node.SecureInputs);
        }

        inputs = inputs is { } kept ? SecureValues.Redact(kept) : null;

        return happened switch
        {
            ActivityCompleted completed => new TrialResult(inputs, completed.Outputs is { } outputs ? SecureValues.Redact(outputs) : null, null, IsWaiting: false),
            ActivityFailed failed => new TrialResult(inputs, null, failed.Failure, IsWaiting: false),
            _ => new TrialResult(inputs, null, null, IsWaiting: true),
        };
    }
}
