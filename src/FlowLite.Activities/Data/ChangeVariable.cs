using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Data;

/// <summary>Gives a variable a new value that is made of its old one.</summary>
public abstract class ChangeVariable : Activity
{
    [Input(Description = "The variable.", UIHint = "variable-picker", Required = true)]
    public VariableReference Variable { get; set; } = null!;

    /// <summary>The variable's new value.</summary>
    [Output]
    public Output<object> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var changed = Fit(Change(context.GetVariable(Variable.VariableId), context));
        context.SetVariable(Variable.VariableId, changed);
        context.SetOutput(Result, changed);
        return ValueTask.CompletedTask;
    }

    private protected abstract JsonElement Change(JsonElement value, ActivityContext context);

    private protected virtual JsonElement Fit(JsonElement changed) => Variable.Variable.Fit(changed);
}

/// <summary>Adds an item at the end; a variable that is not set yet becomes a list.</summary>
[Activity("FlowLite", "Data operations", "Add an item at the end of a list.", DisplayName = "Append to array")]
public sealed class AppendToArray : ChangeVariable
{
    [Input(Description = "The item.", DefaultSyntax = "Scriban")]
    public Input<object> Value { get; set; } = null!;

    private protected override JsonElement Change(JsonElement value, ActivityContext context)
    {
        var list = value.ValueKind == JsonValueKind.Null ? [] : DataLists.Read("The variable", value).EnumerateArray().ToList();
        if (list.Count == DataLists.Items)
        {
            throw DataLists.TooLarge($"The list has {DataLists.Items} items already.");
        }

        return DataLists.Make(list.Append(Value.GetJson(context) ?? JsonValues.Null));
    }

    // A list whatever it was declared as, and its items as they came: to look at all of them for each one more would take too long.
    private protected override JsonElement Fit(JsonElement changed) => changed;
}

/// <summary>Adds text at the end; a variable that is not set yet is an empty text.</summary>
[Activity("FlowLite", "Data operations", "Add text at the end of a text.", DisplayName = "Append to string")]
public sealed class AppendToString : ChangeVariable
{
    [Input(Description = "The text to add.", DefaultSyntax = "Scriban")]
    public Input<object> Value { get; set; } = null!;

    private protected override JsonElement Change(JsonElement value, ActivityContext context)
    {
        var text = Join.Text(value) + Join.Text(Value.GetJson(context) ?? JsonValues.Null);
        DataLists.Check(text.Length);
        return JsonValues.String(text);
    }
}

/// <summary>Adds to a number, exactly as decimals are; a variable that is not set yet is 0.</summary>
[Activity("FlowLite", "Data operations", "Add to a number.", DisplayName = "Increment variable")]
public sealed class Increment : ChangeVariable
{
    [Input(Description = "By how much.", DefaultValue = 1)]
    public Input<object> By { get; set; } = null!;

    private protected override JsonElement Change(JsonElement value, ActivityContext context) => Numbers.Add(value, Numbers.By(By.GetJson(context)));
}

/// <summary>Takes from a number, exactly as decimals are; a variable that is not set yet is 0.</summary>
[Activity("FlowLite", "Data operations", "Take from a number.", DisplayName = "Decrement variable")]
public sealed class Decrement : ChangeVariable
{
    [Input(Description = "By how much.", DefaultValue = 1)]
    public Input<object> By { get; set; } = null!;

    private protected override JsonElement Change(JsonElement value, ActivityContext context) => Numbers.Add(value, -Numbers.By(By.GetJson(context)));
}

internal static class Numbers
{
    public static decimal By(JsonElement? value) =>
        value is null or { ValueKind: JsonValueKind.Null } ? 1 : (decimal)InputValues.Convert(value.Value, typeof(decimal))!;

    /// <exception cref="ActivityException"><c>InvalidInput</c>: it is no number; <c>ValueTooLarge</c>.</exception>
    public static JsonElement Add(JsonElement value, decimal by)
    {
        var number = value.ValueKind == JsonValueKind.Null ? 0 : (decimal)InputValues.Convert(value, typeof(decimal))!;
        try
        {
            var sum = number + by;
            // Beyond 28 digits decimals are rounded.
            return sum - by == number ? JsonElement.Parse(sum.ToString(CultureInfo.InvariantCulture)) : throw DataLists.TooLarge("The number has too many digits.");
        }
        catch (OverflowException)
        {
            throw DataLists.TooLarge("The number is too large.");
        }
    }
}
