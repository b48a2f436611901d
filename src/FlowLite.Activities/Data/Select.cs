using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Data;

/// <summary>
/// Makes a new list with a value for each item. <see cref="Map"/> is one expression, or an object with an expression for each member;
/// both see the item as <c>item</c>.
/// </summary>
[Activity("FlowLite", "Data operations", "Make a new list with a value for each item.")]
public sealed class Select : Activity
{
    [Input(Description = "The list.", DefaultSyntax = "Scriban", Required = true)]
    public Input<object> From { get; set; } = null!;

    [Input(Description = "The new value; it sees the item as 'item'.", UIHint = "multiline", DefaultSyntax = "JavaScript", Required = true)]
    public Deferred<object> Map { get; set; } = null!;

    [Output]
    public Output<List<object>> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var from = DataLists.Read(nameof(From), From.GetJson(context));
        context.SetOutput(Result, DataLists.Make(from.EnumerateArray().Select(item => context.Evaluate(Map, item))));
        return ValueTask.CompletedTask;
    }
}

/// <summary>Keeps the items for which the condition is true, as they are.</summary>
[Activity("FlowLite", "Data operations", "Keep the items of a list that meet a condition.", DisplayName = "Filter array")]
public sealed class FilterArray : Activity
{
    [Input(Description = "The list.", DefaultSyntax = "Scriban", Required = true)]
    public Input<object> From { get; set; } = null!;

    [Input(Description = "True keeps the item; it sees it as 'item'.", DefaultSyntax = "JavaScript", Required = true)]
    public Deferred<bool> Condition { get; set; } = null!;

    [Output]
    public Output<List<object>> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var from = DataLists.Read(nameof(From), From.GetJson(context));
        context.SetOutput(Result, DataLists.Make(from.EnumerateArray().Where(item => InputValues.Holds(context.Evaluate(Condition, item)))));
        return ValueTask.CompletedTask;
    }
}
