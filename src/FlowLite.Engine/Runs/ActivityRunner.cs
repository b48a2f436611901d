using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Secure;
using Microsoft.Extensions.Logging;

namespace FlowLite.Engine.Runs;

/// <summary>Executes one activity and says in one event what came of it.</summary>
/// <param name="births">Where runs that activities start come from.</param>
/// <param name="random">From 0 to 1: where in its range an exponential retry waits. Null: anywhere.</param>
internal sealed class ActivityRunner(TimeProvider time, ILogger logger, RunBirths births, SecureValues secure, Func<double>? random = null)
{
    /// <param name="effect">What its execution was prepared for (<see cref="Activity.EffectOf"/>).</param>
    /// <param name="inputs">As they are kept.</param>
    /// <param name="set">What the expressions of the inputs have changed, as it is kept.</param>
    /// <param name="scope">What the activity's own expressions see, until its first await; null for an effect, which starts outside of the run's lock.</param>
    public async ValueTask<RunEvent> ExecuteAsync(ActivityNode node, Effect effect, RunState state, ActivityInstance instance, JsonElement? inputs, ExpressionChanges set, RunScope? scope, CancellationToken cancellationToken)
    {
        var startedAt = time.GetUtcNow();
        // Read before the first await: the state belongs to the run's lock.
        var firstStartedAt = instance.StartedAt ?? startedAt;
        var hasInputs = instance.Inputs is not null;
        ActivityContext? context = null;
        var attempt = instance.Attempts + 1;
        try
        {
            context = new ActivityContext(node, effect, state, instance, InputEvaluator.Slots(node, inputs, secure), scope, births, secure, time, cancellationToken)
            {
                InputsAreSecure = InputEvaluator.AreSecure(node, inputs),
                RunBefore = set.Run,
            };
            foreach (var (id, value) in set.Variables ?? [])
            {
                context.SetKept(id, value);
            }

            await node.Activity.ExecuteAsync(context);
            return Happened(node, instance.Id, inputs, hasInputs, startedAt, context);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OutOfMemoryException)
        {
            // Nothing that the flow could do about it: the run is loaded again when others have given memory back.
            throw;
        }
        catch (ActivityException e) when (e.OutcomeUnknown && effect == Effect.AtMostOnce)
        {
            return OutcomeUnknown(node, instance.Id, startedAt, inputs, e, context?.IsSecure == true);
        }
        catch (Exception e)
        {
            var failed = Failed(node, instance.Id, attempt, inputs, startedAt, firstStartedAt, e, context?.IsSecure == true);
            if (context is not null && failed.RetryAt is null && e is ActivityException { CompletesWhenGivenUp: true })
            {
                return Happened(node, instance.Id, inputs, hasInputs, startedAt, context);
            }

            if (e is ActivityException { Wait: { } wait } kept && WaitsInstead(node, kept, wait, failed))
            {
                return set.In(new ActivitySuspended
                {
                    At = failed.At,
                    Instance = instance.Id,
                    Activity = node.Id,
                    StartedAt = startedAt,
                    Inputs = hasInputs ? null : inputs,
                    ResumeAt = wait.Until,
                    Gate = wait.Gate,
                    Reason = failed.Failure,
                });
            }

            // Later attempts repeat the inputs, so what these have set stays; what the activity did is gone.
            return failed.RetryAt is null ? failed : set.In(failed);
        }
    }

    // An attempt that the other side's outage has cost is none; a policy that tries nothing again wants to go on at once.
    private static bool WaitsInstead(ActivityNode node, ActivityException e, GateWait wait, ActivityFailed failed) =>
        wait.Attempted ? failed.RetryAt is not null : !e.Retryable || Policy(node).Kind != RetryKind.None;

    private static RetryPolicy Policy(ActivityNode node) =>
        node.Retry ?? (node.Effect == Effect.None ? RetryPolicy.None : RetryPolicy.ConnectorDefault);

    private RunEvent Happened(ActivityNode node, Guid instance, JsonElement? inputs, bool hasInputs, DateTimeOffset startedAt, ActivityContext context)
    {
        var now = time.GetUtcNow();
        var kept = new KeptResults(secure, node, context);
        if (context.Waits)
        {
            return new ActivitySuspended
            {
                At = now,
                Instance = instance,
                Activity = node.Id,
                // However often it waits, they are kept once.
                Inputs = hasInputs ? null : inputs,
                StartedAt = startedAt,
                ResumeAt = context.ResumeAt,
                Bookmarks = node.SecureOutputs ? context.Bookmarks?.Select(b => b with { IsSecure = true }).ToList() : context.Bookmarks,
                Variables = kept.Variables(context),
                Run = kept.Run(context),
                Runs = context.Runs,
                Outbox = context.Outbox,
            };
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
                Items = kept.Items(context.Items),
                Range = context.Range,
                Outputs = kept.Outputs(context),
                Variables = kept.Variables(context),
                Run = kept.Run(context),
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
            Outputs = kept.Outputs(context),
            Variables = kept.Variables(context),
            Run = kept.Run(context),
            Log = kept.Log(context),
            Note = kept.Text(context.Note),
            EndsRun = context.EndsRun,
            Ending = kept.Ending(context.Ending),
            Breaks = context.Breaks,
            Runs = context.Runs,
            Outbox = context.Outbox,
        };
    }

    /// <param name="isSecure">A secure value was looked at before.</param>
    public ActivityFailed Failed(ActivityNode node, Guid instance, int attempt, JsonElement? inputs, DateTimeOffset startedAt, DateTimeOffset firstStartedAt, Exception exception, bool isSecure)
    {
        var now = time.GetUtcNow();
        var failure = Describe(node, exception, isSecure || IsSecure(node, inputs));
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

    /// <summary>An at-most-once activity asked, and the answer doesn't tell whether it was done.</summary>
    private ActivityFailed OutcomeUnknown(ActivityNode node, Guid instance, DateTimeOffset startedAt, JsonElement? inputs, ActivityException e, bool isSecure)
    {
        var tells = !isSecure && !IsSecure(node, inputs);
        return new()
        {
            At = time.GetUtcNow(),
            StartedAt = startedAt,
            Instance = instance,
            Activity = node.Id,
            Inputs = inputs,
            NeedsDecision = true,
            Failure = new RunFailure("OutcomeUnknown", $"Whether this was done can't be told; a person has to decide. {(tells ? e.Message : SecureValues.Hidden)}", tells ? e.Details : null),
        };
    }

    private static bool IsSecure(ActivityNode node, JsonElement? inputs) => node.SecureOutputs || InputEvaluator.AreSecure(node, inputs);

    private RunFailure Describe(ActivityNode node, Exception exception, bool isSecure)
    {
        if (SecureValueLostException.In(exception) is { } lost)
        {
            return new RunFailure(SecureValueLostException.Code, lost.Message);
        }

        // What somebody else's code says in an error that it didn't foresee may hold any of its inputs.
        if (isSecure || (exception is not (ActivityException or ExpressionException) && InputEvaluator.TakesSecret(node)))
        {
            // Messages and details tell of values: what a CRM refused, what was no number.
            Log.SecureActivityFailed(logger, node.Id, node.Type, exception.GetType().Name);
            return exception switch
            {
                ActivityException e => new RunFailure(e.Code, SecureValues.Hidden),
                ExpressionException => new RunFailure("ExpressionFailed", SecureValues.Hidden),
                _ => new RunFailure("ActivityError", $"{exception.GetType().Name}. {SecureValues.Hidden}"),
            };
        }

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
