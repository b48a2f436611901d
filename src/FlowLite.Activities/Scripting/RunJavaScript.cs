using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Scripting;

/// <summary>
/// Runs a script and gives what it returns. The script may set variables, and with <c>setOutcome(name)</c> or <c>setOutcomes(names)</c>
/// say how the flow goes on; without it is Done.
/// </summary>
[Activity("Elsa", "Scripting", "Executes JavaScript code", DisplayName = "Run JavaScript")]
public sealed class RunJavaScript : Activity
{
    /// <summary>The code itself, whether the document calls it a literal or JavaScript.</summary>
    [Input(Description = "The script to run.", UIHint = "code-editor", EditorLanguage = "javascript", DefaultSyntax = "JavaScript", Language = "JavaScript")]
    public Deferred<string> Script { get; set; } = null!;

    [Input(DisplayName = "Possible Outcomes", Description = "A list of possible outcomes.", UIHint = "dynamic-outcomes")]
    public Input<List<string>> PossibleOutcomes { get; set; } = null!;

    [Output]
    public Output<object> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (Script.IsSet)
        {
            context.SetOutput(Result, context.RunScript(Script));
        }

        return ValueTask.CompletedTask;
    }
}
