using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Fails with the author's own code and message.</summary>
[Activity("Elsa", "Primitives", "Ends the run as failed, with a code and a message of your own.")]
public sealed class Fault : Activity
{
    [Input(Description = "A short code that lists of runs show, such as NoEmail.")]
    public Input<string> Code { get; set; } = null!;

    [Input(Description = "What the failure has to do with, such as HTTP or CRM.")]
    public Input<string> Category { get; set; } = null!;

    [Input(DisplayName = "Type", Description = "The sort of failure, such as Business or Integration.")]
    public Input<string> FaultType { get; set; } = null!;

    [Input(Description = "What people read: why the run failed.", DefaultSyntax = "Scriban")]
    public Input<string> Message { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var code = context.IsSecret(Code) ? null : Code.Get(context);
        var message = Message.Get(context);
        throw new ActivityException(
            string.IsNullOrEmpty(code) ? "Fault" : code,
            string.IsNullOrEmpty(message) ? "The flow reached a Fault activity without a message." : message)
        {
            Details = JsonValues.Object(writer =>
            {
                writer.WriteString("category", Category.Get(context));
                writer.WriteString("faultType", FaultType.Get(context));
            }),
        };
    }
}
