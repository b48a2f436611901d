using System.Text.Json;
using FlowLite.Engine.Activities;

namespace Contoso.Activities;

/// <summary>An activity that only calculates: the same inputs give the same outputs, nothing outside is touched.</summary>
[Activity("Contoso", "Contoso", "Splits a full name into first and last name.", DisplayName = "Split name", Outcomes = ["Done", "Empty"])]
public sealed class SplitName : Activity
{
    [Input(DisplayName = "Full name", Description = "As the form has it.", DefaultSyntax = "Scriban", Required = true)]
    public Input<string> FullName { get; set; } = null!;

    [Output(DisplayName = "First name")]
    public Output<string> FirstName { get; set; } = null!;

    [Output(DisplayName = "Last name")]
    public Output<string> LastName { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var words = (FullName.Get(context) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            context.Complete("Empty");
            return ValueTask.CompletedTask;
        }

        context.SetOutput(FirstName, JsonSerializer.SerializeToElement(string.Join(' ', words[..^1])));
        context.SetOutput(LastName, JsonSerializer.SerializeToElement(words[^1]));
        return ValueTask.CompletedTask;
    }
}
