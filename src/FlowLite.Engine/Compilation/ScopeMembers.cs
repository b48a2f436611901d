using FlowLite.Engine.Activities;

namespace FlowLite.Engine.Compilation;

/// <summary>Which activities stand directly in a scope: those of the flowchart or sequence that is its body, else the body itself.</summary>
internal static class ScopeMembers
{
    public static void Find(ActivityNode scope)
    {
        if (scope.Activity is not Container { CatchesFailures: true })
        {
            return;
        }

        scope.ResultsOf = [.. scope.Ports.Values.SelectMany(body =>
            body.Activity is Container { EvaluatesInputs: false, CatchesFailures: false } && body.Children.Count > 0 ? body.Children : [body])];
        foreach (var node in scope.ResultsOf)
        {
            node.ResultScope = scope;
        }
    }
}
