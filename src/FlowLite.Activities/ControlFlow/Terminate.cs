using FlowLite.Engine.Activities;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Ends the run with a status of the author's choice, whatever other branches still had to do. No scope catches it.</summary>
[Activity("FlowLite", "Control Flow", "Ends the run as succeeded, failed or cancelled.", IsTerminal = true, Outcomes = [])]
public sealed class Terminate : Activity
{
    [Input(DisplayName = "Status", UIHint = "dropdown", Options = ["Succeeded", "Failed", "Cancelled"], DefaultValue = "Failed", Description = "How the run ends.")]
    public Input<string> RunStatus { get; set; } = null!;

    [Input(Description = "A short code that lists of runs show, such as NoEmail.")]
    public Input<string> Code { get; set; } = null!;

    [Input(Description = "What people read: why the run ends.", DefaultSyntax = "Scriban")]
    public Input<string> Message { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var status = RunStatus.Get(context) is { Length: > 0 } text ? text : "Failed";
        var ending = status.ToUpperInvariant() switch
        {
            "SUCCEEDED" => Engine.Runs.RunStatus.Succeeded,
            "FAILED" => Engine.Runs.RunStatus.Faulted,
            "CANCELLED" => Engine.Runs.RunStatus.Cancelled,
            _ => throw new ActivityException("InvalidInput", $"A run ends as Succeeded, Failed or Cancelled; '{status}' is none of them."),
        };
        var (code, message) = (context.IsSecret(Code) ? null : Code.Get(context), Message.Get(context));
        context.EndRun(ending, ending == Engine.Runs.RunStatus.Succeeded ? null : new RunFailure(
            string.IsNullOrEmpty(code) ? "Terminated" : code,
            string.IsNullOrEmpty(message) ? "The flow reached a Terminate activity without a message." : message));
        return ValueTask.CompletedTask;
    }
}
