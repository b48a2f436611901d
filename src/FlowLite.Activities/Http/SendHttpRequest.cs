using System.Globalization;
using System.Text.Json;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Http;

/// <summary>Sends a request and runs the activity that stands at its status code, or at one of three ports; then it is done.</summary>
[Activity("Elsa", "HTTP", "Send an HTTP request.", DisplayName = "HTTP Request", Kind = ActivityKind.Task, Effect = Effect.AtLeastOnce)]
[Port(UnmatchedPort, DisplayName = UnmatchedPort)]
[Port(FailedPort, DisplayName = FailedPort)]
[Port(TimeoutPort)]
[ChildList(CaseList, Child, Keys = [Key])]
public sealed class SendHttpRequest(IHttpSender sender) : Container
{
    private const string UnmatchedPort = "UnmatchedStatusCode";
    private const string FailedPort = "FailedToConnect";
    private const string TimeoutPort = "Timeout";
    private const string CaseList = "expectedStatusCodes";
    private const string Child = "activity";
    private const string Key = "statusCode";

    [Input(Order = 0, UIHint = "http-status-codes", DisplayName = "Expected Status Codes",
        TypeName = "UnregisteredClrType:System.Collections.Generic.ICollection`1[[Elsa.Http.HttpStatusCodeCase, Elsa.Http]], System.Private.CoreLib",
        Description = "A list of expected status codes to handle and the corresponding activity to execute when the status code matches.")]
    public JsonElement? ExpectedStatusCodes { get; set; }

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
            // That something follows is no answer to a request that nobody got.
            var port = failure!.IsTimeout ? TimeoutPort : FailedPort;
            GoOn(context, port);
            HttpExchange.TryAgain(context, failure, context.Node.Ports.ContainsKey(port), asked);
            return;
        }

        SetOutputs(context, answer);
        var isExpected = IsExpected(answer.Status);
        var answered = isExpected ? $"{CaseList}/{answer.Status.ToString(CultureInfo.InvariantCulture)}/{Child}" : UnmatchedPort;
        var isHandled = GoOn(context, answered);
        if (!isExpected)
        {
            HttpExchange.TryAgain(context, call, answer, isHandled, asked);
        }
    }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        var child = node.Ports[instance.Port!];
        scheduler.Schedule(instance, child, InstanceIds.Child(instance.Id, instance.Port!, child.Id));
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes) =>
        scheduler.Complete(instance, Outcomes.JustDone);

    /// <returns>Whether anything follows.</returns>
    private static bool GoOn(ActivityContext context, string port)
    {
        var hasChild = context.Node.Ports.ContainsKey(port);
        if (hasChild)
        {
            context.Enter(port);
        }

        return hasChild || HttpExchange.GoesOn(context.Node, Outcomes.Done);
    }

    // One without an activity is expected as well.
    private bool IsExpected(int status) =>
        ExpectedStatusCodes is { ValueKind: JsonValueKind.Array } cases
        && cases.EnumerateArray().Any(item => item.Member(Key) switch
        {
            { ValueKind: JsonValueKind.Number } number => number.TryGetInt32(out var code) && code == status,
            { ValueKind: JsonValueKind.String } text => text.GetString() == status.ToString(CultureInfo.InvariantCulture),
            _ => false,
        });

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
