using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Http;

/// <summary>Answers the trigger's caller, once in a run. The answer leaves when all that led to it is durable.</summary>
[Activity("FlowLite", "HTTP", "Answers the caller of the flow's URL, once in a run. Without it the caller gets 202 at once.", SendsResponse = true)]
public sealed class Response(PendingResponses responses) : Activity
{
    /// <summary>2xx, 4xx or 5xx, as in Flow.</summary>
    [Input(DisplayName = "Status code", Description = "2xx, 4xx or 5xx.", DefaultValue = 200)]
    public Input<int> StatusCode { get; set; } = null!;

    /// <summary>An object, a value for each header. Headers that belong to the server are removed, as in Flow.</summary>
    [Input(Description = "An object with a value for each header: { \"Content-Type\": \"text/plain\" }", UIHint = "json-editor")]
    public Input<JsonElement> Headers { get; set; } = null!;

    [Input(Description = "What the caller gets: text, or a value that is sent as JSON.", UIHint = "multiline", DefaultSyntax = "Scriban")]
    public Input<object> Body { get; set; } = null!;

    protected override IEnumerable<string> Validate() =>
        [.. HttpHeaderJson.Problems(Headers), .. StatusCode.TryGetFixed(out var status) && Problem(status) is { } problem ? [problem] : Array.Empty<string>()];

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.ResponseSent)
        {
            throw new ActivityException("ResponseAlreadySent", "The caller has been answered earlier in this run; only one Response can be reached in a run.");
        }

        var status = StatusCode.Get(context);
        if (Problem(status) is { } problem)
        {
            throw new ActivityException("InvalidStatusCode", problem);
        }

        var headers = ResponseHeaders.Read(Headers.GetJson(context));
        // What was sent; not declared as outputs, whose bindings would stand at the same names as the inputs.
        context.SetOutput("StatusCode", JsonValues.Number(status));
        context.SetOutput("Headers", headers);
        context.SetOutput("Body", Body.GetJson(context) ?? JsonValues.Null);
        if (!responses.IsWaiting(context.RunId))
        {
            context.Note = "The caller had gone before this answer.";
        }

        return ValueTask.CompletedTask;
    }

    private static string? Problem(int status) =>
        status is (>= 200 and < 300) or (>= 400 and < 600) ? null : $"A response's status code is 2xx, 4xx or 5xx, not {status}.";
}
