using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Runs;

/// <summary>Who goes on when an activity has failed for good: itself at a port that is connected, or a scope around it.</summary>
internal static class FailureHandling
{
    /// <summary>Null: nobody. The innermost scope whose Failed port leads somewhere ends with it; a timeout may lead elsewhere than other failures.</summary>
    public static (ActivityInstance Handler, IReadOnlyList<string> Outcomes)? Find(CompiledWorkflow workflow, RunState state, ActivityInstance instance, bool timedOut)
    {
        var node = workflow.Node(instance.Activity);
        if (timedOut && node.Activity.OutcomesWhenTimeIsUp(node) is { } own)
        {
            return (instance, own);
        }

        if (timedOut && node.HasOutcome(Outcomes.TimedOut))
        {
            return (instance, [Outcomes.TimedOut]);
        }

        if (node.HasOutcome(Outcomes.Failed))
        {
            return (instance, [Outcomes.Failed]);
        }

        for (var id = instance.Parent; id is { } parent; id = state.Instances[parent].Parent)
        {
            var container = state.Instances[parent];
            var around = workflow.Node(container.Activity);
            if (around.Activity is Container { CatchesFailures: true } && around.HasOutcome(Outcomes.Failed))
            {
                return (container, [Outcomes.Failed]);
            }
        }

        return null;
    }
}
