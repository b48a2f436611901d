using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Data;

/// <summary>Joins the items of a list to one text; what is no text is written as JSON, null as nothing.</summary>
[Activity("FlowLite", "Data operations", "Join the items of a list to one text.")]
public sealed class Join : Activity
{
    [Input(Description = "The list.", DefaultSyntax = "Scriban", Required = true)]
    public Input<object> From { get; set; } = null!;

    [Input(DisplayName = "Join With", Description = "What stands between two items.", DefaultValue = ",")]
    public Input<string> JoinWith { get; set; } = null!;

    [Output]
    public Output<string> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var from = DataLists.Read(nameof(From), From.GetJson(context));
        var separator = JoinWith.Get(context) ?? "";
        var joined = new StringBuilder();
        var between = "";
        foreach (var item in from.EnumerateArray())
        {
            joined.Append(between).Append(Text(item));
            between = separator;
            DataLists.Check(joined.Length);
        }

        context.SetOutput(Result, JsonValues.String(joined.ToString()));
        return ValueTask.CompletedTask;
    }

    internal static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null or JsonValueKind.Undefined => "",
        JsonValueKind.Object or JsonValueKind.Array => JsonValues.CompactText(value),
        _ => value.GetRawText(),
    };
}
