using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>
/// The results of the activities that stand directly in a scope, as Flow's <c>result()</c> has them: collected in the scope's instance while
/// they end, and made its outputs when it does.
/// </summary>
internal static class ScopeResults
{
    /// <summary>An activity has completed.</summary>
    public static void Completed(RunState state, ActivityInstance instance, ActivityNode node)
    {
        if (node.ResultScope is { } scope)
        {
            // Of other containers there is nothing to tell but that they are done.
            var result = node.Activity is Container { CatchesFailures: false } || !state.Actions.TryGetValue(node.Name, out var known)
                ? new ActionResult(ActionResult.Succeeded, null)
                : known;
            Add(state, instance, scope, node, result);
        }
    }

    /// <summary>An activity has failed and something, itself or a scope around it, goes on with that.</summary>
    public static void Fail(CompiledWorkflow workflow, RunState state, ActivityScheduler scheduler, ActivityInstance handler, ActivityInstance failing, ActivityFailed failed)
    {
        var scope = workflow.Node(handler.Activity);
        if (scope.Activity is not Container { CatchesFailures: true })
        {
            return;
        }

        // What is under way in it ends with it, but for what the failure came from.
        var work = new Stack<ActivityInstance>([handler]);
        while (work.TryPop(out var instance))
        {
            foreach (var child in instance.Children)
            {
                work.Push(state.Instances[child]);
            }

            var node = workflow.Node(instance.Activity);
            if (node.ResultScope != scope)
            {
                continue;
            }

            var result = !IsBelow(state, failing, instance) ? new ActionResult(ActionResult.Cancelled, null)
                : new ActionResult(failed.TimedOut && failing == instance ? ActionResult.TimedOut : ActionResult.Failed, failed.Failure.ToJson());
            (handler.Results ??= new(StringComparer.Ordinal))[node.Name] = result;
        }

        var status = failing == handler && failed.TimedOut ? ActionResult.TimedOut : ActionResult.Failed;
        SetOutputs(state, scheduler, handler, scope, status, (failed.Failure, workflow.Node(failed.Activity).Name));
    }

    /// <summary>The scope is done: its results are its outputs, <c>{"Results":[{"name","status","outputs"}],"error":{"code","message","details","action"}}</c>.</summary>
    public static void SetOutputs(RunState state, ActivityScheduler scheduler, ActivityInstance instance, ActivityNode scope, string status, (RunFailure Failure, string Action)? error)
    {
        var outputs = JsonValues.Object(writer =>
        {
            writer.WriteStartArray("Results");
            foreach (var node in scope.ResultsOf)
            {
                var result = instance.Results?.GetValueOrDefault(node.Name) ?? new ActionResult(ActionResult.Skipped, null);
                writer.WriteStartObject();
                writer.WriteString("name", node.Name);
                writer.WriteString("status", result.Status);
                if (result.Outputs is { } value)
                {
                    writer.WritePropertyName("outputs");
                    value.WriteTo(writer);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (error is var (failure, action))
            {
                writer.WriteStartObject("error");
                foreach (var member in failure.ToJson().GetProperty("error").EnumerateObject())
                {
                    member.WriteTo(writer);
                }

                writer.WriteString("action", action);
                writer.WriteEndObject();
            }
        });
        foreach (var binding in scope.Outputs)
        {
            if (outputs.TryGetProperty(binding.Output, out var value))
            {
                scheduler.SetOutput(instance, binding, value);
            }
        }

        state.Actions[scope.Name] = new ActionResult(status, outputs);
    }

    private static void Add(RunState state, ActivityInstance instance, ActivityNode scope, ActivityNode node, ActionResult result)
    {
        for (var id = instance.Parent; id is { } parent && state.Instances.TryGetValue(parent, out var container); id = container.Parent)
        {
            if (container.Activity == scope.Id)
            {
                (container.Results ??= new(StringComparer.Ordinal))[node.Name] = result;
                return;
            }
        }
    }

    private static bool IsBelow(RunState state, ActivityInstance instance, ActivityInstance container)
    {
        for (var next = instance; next is not null; next = next.Parent is { } parent ? state.Instances[parent] : null)
        {
            if (next == container)
            {
                return true;
            }
        }

        return false;
    }
}
