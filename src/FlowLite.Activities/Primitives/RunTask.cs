using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Primitives;

/// <summary>
/// Asks the world outside for a task to be done, and waits until somebody says that it is: <c>GET /api/tasks</c> lists what is to be done,
/// <c>POST /elsa/api/tasks/{id}/complete</c> tells the result.
/// </summary>
[Activity("Elsa", "Primitives", "Asks for a task to be done outside, and waits for its result.", DisplayName = "Run Task")]
public sealed class RunTask : Activity
{
    private const int LargestPayload = 64 * 1024;
    private const string NameMember = "taskName";

    [Input(DisplayName = "Task Name", Description = "What is to be done, as those who do it know it.", Required = true)]
    public Input<string> TaskName { get; set; } = null!;

    [Input(Description = "What they need to know, such as {\"order\": 7}.", TypeName = "ObjectDictionary", UIHint = "json-editor", EditorLanguage = "json", DefaultSyntax = "Scriban")]
    public Input<object> Payload { get; set; } = null!;

    /// <summary>What says that the task is done.</summary>
    [Output(DisplayName = "Task Id", Description = "The id that the task is completed by.")]
    public Output<string> TaskId { get; set; } = null!;

    [Output(Description = "What they answered.")]
    public Output<object> Result { get; set; } = null!;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        // Of the run itself, not of its root: a resubmit asks for the task anew.
        var taskId = InstanceIds.Version5(context.RunId, $"task\n{context.Instance}").ToString("N");
        if (context.Signal is { } done)
        {
            context.SetOutput(TaskId, JsonValues.String(taskId));
            context.SetOutput(Result, done.Payload ?? JsonValues.Null);
            return ValueTask.CompletedTask;
        }

        if (TaskName.Get(context) is not { Length: > 0 } name)
        {
            throw new ActivityException("InvalidInput", "Task Name is empty.");
        }

        var payload = Payload.GetJson(context);
        if (payload is { ValueKind: JsonValueKind.String } text)
        {
            payload = AsJson(text);
        }

        if (payload is { } value && value.GetRawText().Length > LargestPayload)
        {
            throw new ActivityException("InvalidInput", "Payload is larger than 64 KB; give a reference to what is that large.");
        }

        context.WaitFor(new Bookmark(BookmarkKind.Task, taskId)
        {
            ShownMember = NameMember,
            Payload = JsonValues.Object(writer =>
            {
                writer.WriteString(NameMember, name);
                if (payload is { ValueKind: not JsonValueKind.Null } given)
                {
                    writer.WritePropertyName("payload");
                    given.WriteTo(writer);
                }
            }),
        });
        return ValueTask.CompletedTask;
    }

    // The Studio's editor saves JSON as text.
    private static JsonElement AsJson(JsonElement text)
    {
        try
        {
            return JsonElement.Parse(text.GetString()!);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
