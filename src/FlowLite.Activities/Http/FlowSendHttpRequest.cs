using System.Globalization;
using System.Text.Json;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http;

/// <summary>Sends a request and goes on at the outcome of its status code, at Unmatched status code, Failed to connect or Timeout.</summary>
[Activity("Elsa", "HTTP", "Send an HTTP request.", DisplayName = "HTTP Request (flow)", Kind = ActivityKind.Task, Effect = Effect.AtLeastOnce, HasDynamicOutcomes = true)]
public sealed class FlowSendHttpRequest(IHttpSender sender) : Activity
{
    [Input(Order = 5.1f, DisplayName = "Expected Status Codes", Description = HttpInputTexts.ExpectedStatusCodes, DefaultValue = "[200]")]
    public Input<List<int>> ExpectedStatusCodes { get; set; } = null!;

    [Input(Order = 0, TypeName = HttpInputTexts.UriType, DefaultSyntax = "Literal", Required = true)]
    public Input<string> Url { get; set; } = null!;

    [Input(Order = 1, Description = HttpInputTexts.Method, DefaultValue = "GET", Options = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])]
    public Input<string> Method { get; set; } = null!;

    [Input(Order = 2, Description = HttpInputTexts.Content)]
    public Input<object> Content { get; set; } = null!;

    [Input(Order = 3, Description = HttpInputTexts.ContentType, Options =
    [
        "", "application/json", "application/soap+xml", "application/x-www-form-urlencoded", "application/xml", "text/html", "text/json", "text/plain", "text/richtext", "text/xml",
    ])]
    public Input<string> ContentType { get; set; } = null!;

    [Input(Order = 4, Category = "Security", Description = HttpInputTexts.Authorization, IsSensitive = true)]
    public Input<string> Authorization { get; set; } = null!;

    [Input(Order = 5, Category = "Security", Description = HttpInputTexts.AnyAuthorization)]
    public Input<bool> DisableAuthorizationHeaderValidation { get; set; } = null!;

    [Input(Order = 6, Category = "Advanced", UIHint = "json-editor", TypeName = HttpInputTexts.HeadersType, Description = HttpInputTexts.Headers)]
    public Input<JsonElement> RequestHeaders { get; set; } = null!;

    [Input(Order = 7, Description = HttpInputTexts.Resiliency)]
    public Input<bool> EnableResiliency { get; set; } = null!;

    [Output(Description = HttpInputTexts.StatusCode)]
    public Output<int> StatusCode { get; set; } = null!;

    [Output(Description = "The parsed content, if any: JSON as a value, other text as text, anything else as a file.")]
    public Output<object> ParsedContent { get; set; } = null!;

    [Output(TypeName = HttpInputTexts.HeadersType, Description = HttpInputTexts.ResponseHeaders)]
    public Output<JsonElement> ResponseHeaders { get; set; } = null!;

    [Output(TypeName = "HttpResponseMessage", Description = "The response without its content: StatusCode, ReasonPhrase, IsSuccessStatusCode.")]
    public Output<JsonElement> Result { get; set; } = null!;

    protected override IEnumerable<string> Validate() => HttpHeaderJson.Problems(RequestHeaders);

    protected override async ValueTask ExecuteAsync(ActivityContext context)
    {
        var call = Call(context);
        var asked = EnableResiliency.Get(context);
        var (answer, failure) = await HttpExchange.SendAsync(sender, call, context.CancellationToken);
        using var held = answer;
        if (answer is null)
        {
            var outcome = failure!.IsTimeout ? HttpExchange.Timeout : HttpExchange.FailedToConnect;
            context.Note = failure.Message;
            context.Complete(outcome);
            // That something follows in a sequence is no answer to a request that nobody got.
            HttpExchange.TryAgain(context, failure, context.Node.HasOutcome(outcome), asked);
            return;
        }

        SetOutputs(context, answer);
        var expected = ExpectedStatusCodes.Get(context) ?? [200];
        var isExpected = expected.Contains(answer.Status);
        // As in Elsa: Done comes along with the outcome of the status.
        IReadOnlyList<string> outcomes = expected.Count == 0 ? Outcomes.JustDone
            : [isExpected ? answer.Status.ToString(CultureInfo.InvariantCulture) : HttpExchange.UnmatchedStatusCode, Outcomes.Done];
        context.Complete(outcomes);
        if (!isExpected)
        {
            HttpExchange.TryAgain(context, call, answer, HttpExchange.GoesOn(context.Node, [.. outcomes]), asked);
        }
    }

    private HttpCall Call(ActivityContext context) => HttpExchange.Call(context, new HttpCallInputs(
        Url.Get(context), Method.Get(context), Content.GetJson(context), ContentType.Get(context),
        Authorization.Get(context), DisableAuthorizationHeaderValidation.Get(context), RequestHeaders.GetJson(context)));

    private void SetOutputs(ActivityContext context, HttpAnswer answer)
    {
        context.SetOutput(StatusCode, JsonValues.Number(answer.Status));
        context.SetOutput(ParsedContent, HttpContentJson.Parse(answer.Content, answer.ContentType));
        context.SetOutput(ResponseHeaders, HttpExchange.Headers([.. answer.Headers, .. answer.ContentHeaders]));
        context.SetOutput(Result, HttpExchange.Response(answer));
    }
}
