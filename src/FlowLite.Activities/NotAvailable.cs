using FlowLite.Engine.Activities;

namespace FlowLite.Activities;

/// <summary>
/// Activities of Elsa that have no place on a server, or that would run arbitrary code in it. Documents with them load and keep them; a flow
/// with them can't be published.
/// </summary>
public abstract class NotAvailable : Activity
{
    private protected NotAvailable()
    {
    }

    protected override ValueTask ExecuteAsync(ActivityContext context) =>
        throw new ActivityException("NotAvailable", $"{context.Node.Type} is not available here.");
}

[Activity("Elsa", "Console", "Read a line of text from the console.", DisplayName = "Read Line", IsBrowsable = false,
    NotAvailable = "a server's console has no writer. Take the value from the trigger's request.")]
public sealed class ReadLine : NotAvailable
{
    [Output]
    public Output<string> Result { get; set; } = null!;
}

[Activity("Elsa", "Scripting", "Executes C# code", Type = "Elsa.RunCSharp", DisplayName = "Run C#", IsBrowsable = false,
    NotAvailable = "it would run arbitrary code in the server. Use an expression, Run JavaScript or an activity of your own.")]
public sealed class RunCSharp : NotAvailable
{
    [Input(Description = "The script to run.", UIHint = "code-editor")]
    public Input<string> Script { get; set; } = null!;

    [Input(DisplayName = "Possible Outcomes", Description = "A list of possible outcomes.", UIHint = "dynamic-outcomes")]
    public Input<List<string>> PossibleOutcomes { get; set; } = null!;

    [Output]
    public Output<object> Result { get; set; } = null!;
}

[Activity("Elsa", "Scripting", "Executes Python code", DisplayName = "Run Python", IsBrowsable = false,
    NotAvailable = "it would run arbitrary code in the server. Use an expression, Run JavaScript or an activity of your own.")]
public sealed class RunPython : NotAvailable
{
    [Input(Description = "The script to run.", UIHint = "code-editor")]
    public Input<string> Script { get; set; } = null!;

    [Input(DisplayName = "Possible Outcomes", Description = "A list of possible outcomes.", UIHint = "dynamic-outcomes")]
    public Input<List<string>> PossibleOutcomes { get; set; } = null!;

    [Output]
    public Output<object> Result { get; set; } = null!;
}

[Activity("Elsa", "Primitives", "Runs a delegate of the host's.", IsBrowsable = false,
    NotAvailable = "what it does is code of the host that wrote it, which the document does not hold.")]
public sealed class Inline : NotAvailable;

[Activity("Elsa", "HostMethod", "Calls a method of the host's.", Type = "Elsa.Workflows.Management.Activities.HostMethod.HostMethodActivity", IsBrowsable = false,
    NotAvailable = "what it does is code of the host that wrote it, which the document does not hold.")]
public sealed class HostMethodActivity : NotAvailable;

[Activity("Elsa", "Activities", "An activity that a host makes at run time.", Type = "Elsa.Workflows.Activities.DynamicActivity", IsBrowsable = false,
    NotAvailable = "what it does is code of the host that wrote it, which the document does not hold.")]
public sealed class DynamicActivity : NotAvailable;
