using FlowLite.Engine.Activities;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Ends the run well, whatever other branches still had to do.</summary>
[Activity("Elsa", "Primitives", "Ends the run successfully, whatever other branches still had to do.", IsTerminal = true)]
public sealed class Finish : Activity
{
    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        context.EndRun();
        return ValueTask.CompletedTask;
    }
}
