using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Composition;

/// <summary>What the activities that start runs have in common.</summary>
internal static class ChildRuns
{
    private const string Failed = "ChildFailed";

    /// <summary>Starts one run and, if asked to, waits for its end. When it is executed again, the activity completes with what came of it.</summary>
    public static async ValueTask RunAsync(ActivityContext context, ChildRequest request, Output<object> result)
    {
        if (context.Signal is { } signal)
        {
            var end = ChildEnd.From(signal);
            ThrowIfFailed(end);
            context.SetOutput(result, Result(end));
            return;
        }

        var runId = await context.StartRunAsync(request);
        if (request.Waits)
        {
            context.WaitFor(new Bookmark(BookmarkKind.Child, runId.ToString()));
        }
        else
        {
            context.SetOutput(result, JsonValues.Object(writer =>
            {
                writer.WriteString("workflowInstanceId", runId);
                writer.WriteString("status", "Running");
            }));
        }
    }

    /// <summary>What the author sees of a run that has ended: <c>{"workflowInstanceId","status","output","outcomes","error"?}</c></summary>
    public static JsonElement Result(ChildEnd end) => JsonValues.Object(writer =>
    {
        writer.WriteString("workflowInstanceId", end.RunId);
        writer.WriteString("status", RunHistory.StatusOf(end.Status));
        writer.WritePropertyName("output");
        end.Output.WriteTo(writer);
        writer.WriteStartArray("outcomes");
        foreach (var outcome in end.Outcomes)
        {
            writer.WriteStringValue(outcome);
        }

        writer.WriteEndArray();
        if (end.Error is { } error)
        {
            writer.WriteStartObject("error");
            writer.WriteString("code", error.Code);
            writer.WriteString("message", error.Message);
            writer.WriteEndObject();
        }
    });

    /// <exception cref="ActivityException"><c>ChildFailed</c>, <c>ChildCancelled</c>: the details are the run's result.</exception>
    public static void ThrowIfFailed(ChildEnd end)
    {
        if (end.Status == RunStatus.Faulted)
        {
            // Of a chain of runs the last one says why; each of them tells in its details which it waited for.
            var message = end.Error is { Code: Failed } passedOn ? passedOn.Message
                : $"The run {end.RunId} failed{(end.Error is { } error ? $": {error.Code}: {error.Message}" : ".")}";
            throw new ActivityException(Failed, message) { Details = Result(end) };
        }

        if (end.Status == RunStatus.Cancelled)
        {
            throw end.Error is { } reason
                ? new ActivityException(reason.Code, reason.Message)
                : new ActivityException("ChildCancelled", $"The run {end.RunId} was cancelled.") { Details = Result(end) };
        }
    }

    /// <summary>Inputs for a run: an object, or the JSON text of one; null: none.</summary>
    /// <exception cref="ActivityException"><c>InvalidInput</c></exception>
    public static JsonElement? Input(JsonElement? input)
    {
        if (input is { ValueKind: JsonValueKind.String } text)
        {
            input = string.IsNullOrWhiteSpace(text.GetString()) ? null : Parse(text.GetString()!);
        }

        return input switch
        {
            null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
            { ValueKind: JsonValueKind.Object } => input,
            _ => throw new ActivityException("InvalidInput", "Input has to be an object: the flow's inputs by their names."),
        };
    }

    private static JsonElement Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            throw new ActivityException("InvalidInput", "Input is not the JSON text of an object.");
        }
    }

    /// <exception cref="ActivityException"><c>InvalidInput</c></exception>
    public static string Definition(Input<string> input, ActivityContext context) =>
        input.Get(context) is { Length: > 0 } id ? id : throw new ActivityException("InvalidInput", "Workflow Definition is empty.");

    /// <summary>The flow that is known when this one is published; null: none is.</summary>
    public static string? FixedDefinition(Input<string> input) => input.TryGetFixed(out var id) && id is { Length: > 0 } ? id : null;

    public static string? Correlation(Input<string?> input, ActivityContext context) => input.Get(context) is { Length: > 0 } id ? id : null;
}
