using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;
using Microsoft.Extensions.Logging;

namespace FlowLite.Engine.Runs;

/// <summary>Executes one activity and says in one event what came of it.</summary>
/// <param name="random">From 0 to 1: where in its range an exponential retry waits. Null: anywhere.</param>
internal sealed class ActivityRunner(TimeProvider time, ILogger logger, Func<double>? random = null)
{
    /// <param name="set">Variables that the expressions of the inputs have set.</param>
    /// <param name="scope">What the activity's own expressions see, until its first await; null for an effect, which starts outside of the run's lock.</param>
    public async ValueTask<RunEvent> ExecuteAsync(ActivityNode node, RunState state, ActivityInstance instance, JsonElement? inputs, Dictionary<string, JsonElement>? set, RunScope? scope, CancellationToken cancellationToken)
    {
        var startedAt = time.GetUtcNow();
        // Read before the first await: the state belongs to the run's lock.
        var firstStartedAt = instance.StartedAt ?? startedAt;
        var hasInputs = instance.Inputs is not null;
        var context = new ActivityContext(node, state, instance, InputEvaluator.Slots(node, inputs), scope, time, cancellationToken);
        foreach (var (id, value) in set ?? [])
        {
            context.SetVariable(id, value);
        }

        try
        {
            await node.Activity.ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            var failed = Failed(node, instance.Id, context.Attempt, inputs, startedAt, firstStartedAt, e);
            if (e is ActivityException { Wait: { } wait } kept && WaitsInstead(node, kept, wait, failed))
            {
                return new ActivitySuspended
                {
                    At = failed.At,
                    Instance = instance.Id,
                    Activity = node.Id,
                    StartedAt = startedAt,
                    // However often it waits, they are kept once.
                    Inputs = hasInputs ? null : inputs,
                    ResumeAt = wait.Until,
                    Gate = wait.Gate,
                    Reason = failed.Failure,
                    Variables = set,
                };
            }

            // Later attempts repeat the inputs, so what these have set stays; what the activity did is gone.
            return failed.RetryAt is null ? failed : failed with { Variables = set };
        }

        return Happened(node, instance.Id, inputs, startedAt, context);
    }

    // An attempt that the other side's outage has cost is none; a policy that tries nothing again wants to go on at once.
    private static bool WaitsInstead(ActivityNode node, ActivityException e, GateWait wait, ActivityFailed failed) =>
        wait.Attempted ? failed.RetryAt is not null : !e.Retryable || Policy(node).Kind != RetryKind.None;

    private static RetryPolicy Policy(ActivityNode node) =>
        node.Retry ?? (node.Descriptor.Effect == Effect.None ? RetryPolicy.None : RetryPolicy.ConnectorDefault);

    private RunEvent Happened(ActivityNode node, Guid instance, JsonElement? inputs, DateTimeOffset startedAt, ActivityContext context)
    {
        var now = time.GetUtcNow();
        if (context.ResumeAt is { } due)
        {
            return new ActivitySuspended { At = now, Instance = instance, Activity = node.Id, Inputs = inputs, StartedAt = startedAt, ResumeAt = due, Variables = context.Variables };
        }

        if (context.EnteredPort is not null || context.EnteredPorts is not null)
        {
            return new ActivityEntered
            {
                At = now,
                Instance = instance,
                Activity = node.Id,
                Inputs = inputs,
                Port = context.EnteredPort,
                Ports = context.EnteredPorts,
                Items = context.Items,
                Range = context.Range,
                Variables = context.Variables,
            };
        }

        return new ActivityCompleted
        {
            At = now,
            Instance = instance,
            Activity = node.Id,
            StartedAt = startedAt,
            Outcomes = context.Outcomes,
            Inputs = inputs,
            Outputs = context.OutputValues is { } outputs ? JsonValues.Object(writer => Write(writer, outputs)) : null,
            Variables = Variables(node, context),
            Log = context.LogLines,
            Note = context.Note,
            EndsRun = context.EndsRun,
            Ending = context.Ending,
            Breaks = context.Breaks,
            Run = context.Run,
        };
    }

    private static void Write(Utf8JsonWriter writer, Dictionary<string, JsonElement> outputs)
    {
        foreach (var (name, value) in outputs)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }
    }

    private static Dictionary<string, JsonElement>? Variables(ActivityNode node, ActivityContext context)
    {
        var variables = context.Variables;
        foreach (var binding in node.Outputs)
        {
            if (context.OutputValues is { } outputs && outputs.TryGetValue(binding.Output, out var value))
            {
                (variables ??= [])[binding.VariableId] = value;
            }
        }

        return variables;
    }

    public ActivityFailed Failed(ActivityNode node, Guid instance, int attempt, JsonElement? inputs, DateTimeOffset startedAt, DateTimeOffset firstStartedAt, Exception exception)
    {
        var now = time.GetUtcNow();
        var failure = Describe(node, exception);
        var retryAt = exception is ActivityException { Retryable: true } retryable
            ? Policy(node).Next(attempt, firstStartedAt, now, retryable.RetryAfter, random ?? Random.Shared.NextDouble)
            : null;
        return new ActivityFailed { At = now, Instance = instance, Activity = node.Id, StartedAt = startedAt, Inputs = inputs, Failure = failure, RetryAt = retryAt };
    }

    /// <summary>What an at-most-once activity was doing when the server stopped.</summary>
    public ActivityFailed OutcomeUnknown(ActivityNode node, Guid instance)
    {
        var now = time.GetUtcNow();
        return new ActivityFailed
        {
            At = now,
            StartedAt = now,
            Instance = instance,
            Activity = node.Id,
            NeedsDecision = true,
            Failure = new RunFailure("OutcomeUnknown", "The server stopped while this was being done. Whether it was done can't be told; a person has to decide."),
        };
    }

    private RunFailure Describe(ActivityNode node, Exception exception)
    {
        switch (exception)
        {
            case ActivityException e:
                return new RunFailure(e.Code, e.Message, e.Details);
            case ExpressionException e:
                return new RunFailure("ExpressionFailed", e.Line > 0 ? $"{e.Message} (line {e.Line}, column {e.Column})" : e.Message);
            default:
                // Not foreseen by the activity: the log has the stack, the journal what the author can use.
                Log.ActivityThrew(logger, exception, node.Id, node.Type);
                return new RunFailure("ActivityError", $"{exception.GetType().Name}: {exception.Message}");
        }
    }
}
