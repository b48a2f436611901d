using System.Net;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Http;

/// <summary>Answers whoever called an HTTP endpoint, once for each call. The answer leaves when all that led to it is durable.</summary>
[Activity("Elsa", "HTTP", "Write a response to the current HTTP response object.", DisplayName = "HTTP Response", SendsResponse = true)]
public sealed class WriteHttpResponse(PendingResponses responses) : Activity
{
    [Input(DisplayName = "Status Code", Description = "The status code to return.", DefaultValue = HttpStatusCode.OK)]
    public Input<HttpStatusCode> StatusCode { get; set; } = null!;

    [Input(Description = "The content to write back. Text is sent as it is, a file as its bytes, everything else as JSON.")]
    public Input<object> Content { get; set; } = null!;

    [Input(DisplayName = "Content Type", Description = "The content type to write when sending the response.", Options =
    [
        "", "application/json", "application/soap+xml", "application/x-www-form-urlencoded", "application/xml", "text/html", "text/json", "text/plain", "text/richtext", "text/xml",
    ])]
    public Input<string> ContentType { get; set; } = null!;

    [Input(DisplayName = "Response Headers", Category = "Advanced", UIHint = "json-editor", TypeName = HttpInputTexts.HeadersType, Description = "The headers to send along with the response.")]
    public Input<JsonElement> ResponseHeaders { get; set; } = null!;

    protected override IEnumerable<string> Validate() =>
        [.. HttpHeaderJson.Problems(ResponseHeaders), .. StatusCode.TryGetFixed(out var status) && Problem((int)status) is { } problem ? [problem] : Array.Empty<string>()];

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var status = (int)StatusCode.Get(context);
        if (Problem(status) is { } problem)
        {
            throw new ActivityException("InvalidStatusCode", problem);
        }

        var content = Content.GetJson(context) ?? JsonValues.Null;
        var headers = HttpHeaderJson.Read(ResponseHeaders.GetJson(context)).ToList();
        if (Type(content, ContentType.Get(context), headers) is { } type)
        {
            headers.RemoveAll(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase));
            headers.Insert(0, KeyValuePair.Create("Content-Type", type));
        }

        HttpReply.Set(context, responses, status, headers, content);
        return ValueTask.CompletedTask;
    }

    private static string? Problem(int status) => status is < 200 or > 599 ? $"An answer's status code is 200 to 599, not {status}." : null;

    // As recorded of Elsa: text is text/plain, nothing has no type, the rest is JSON.
    private static string? Type(JsonElement content, string? chosen, List<KeyValuePair<string, string>> headers)
    {
        if (!string.IsNullOrWhiteSpace(chosen))
        {
            return chosen.Trim();
        }

        if (headers.Exists(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        return content.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => null,
            JsonValueKind.String => "text/plain",
            _ => HttpFile.Read(content)?.ContentType ?? "application/json",
        };
    }
}

/// <summary>What answers a caller: the outputs <c>{"StatusCode","Headers","Body"}</c>, which the server sends once they are durable.</summary>
internal static class HttpReply
{
    /// <exception cref="ActivityException"><c>ResponseAlreadySent</c></exception>
    public static void Set(ActivityContext context, PendingResponses responses, int status, IEnumerable<KeyValuePair<string, string>> headers, JsonElement body)
    {
        if (context.ResponseSent)
        {
            throw new ActivityException("ResponseAlreadySent", "The caller has been answered already; a call has one answer.");
        }

        // Not declared as outputs, whose bindings would stand at the same names as the inputs.
        context.SetOutput("StatusCode", JsonValues.Number(status));
        context.SetOutput("Headers", HttpHeaderJson.ToJson(headers));
        context.SetOutput("Body", body);
        if (!responses.IsWaiting(context.RunId))
        {
            context.Note = "The caller had gone before this answer.";
        }
    }
}
