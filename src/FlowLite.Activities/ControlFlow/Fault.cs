using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.ControlFlow;

/// <summary>Fails with the author's own code and message.</summary>
[Activity("Elsa", "Primitives", "Faults the workflow.")]
public sealed class Fault : Activity
{
    [Input(Description = "Code to categorize the fault.")]
    public Input<string> Code { get; set; } = null!;

    [Input(Description = "Category to categorize the fault. Examples: HTTP, Alteration, Azure, etc.")]
    public Input<string> Category { get; set; } = null!;

    [Input(DisplayName = "Type", Description = "The type of fault. Examples: System, Business, Integration, etc.")]
    public Input<string> FaultType { get; set; } = null!;

    [Input(Description = "The message to include with the fault.")]
    public Input<string> Message { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var code = Code.Get(context);
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
