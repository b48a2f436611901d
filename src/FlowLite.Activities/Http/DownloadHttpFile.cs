using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http;

/// <summary>Gets a file by a request. Its outcomes are those of the flowchart's request.</summary>
[Activity("Elsa", "HTTP", "Downloads a file from a given URL.", DisplayName = "Download File", Kind = ActivityKind.Task, Effect = Effect.AtLeastOnce, HasDynamicOutcomes = true)]
public sealed class DownloadHttpFile(IHttpSender sender) : Activity
{
    [Input(DisplayName = "URL", Description = "The URL to download the file from.", TypeName = HttpInputTexts.UriType, Required = true)]
    public Input<string> Url { get; set; } = null!;

    [Input(Description = HttpInputTexts.Method, DefaultValue = "GET", Options = ["GET", "POST", "PUT"])]
    public Input<string> Method { get; set; } = null!;

    [Input(DisplayName = "Expected Status Codes", Description = HttpInputTexts.ExpectedStatusCodes, DefaultValue = "[200]")]
    public Input<List<int>> ExpectedStatusCodes { get; set; } = null!;

    [Input(DisplayName = "Request Content", Description = HttpInputTexts.Content)]
    public Input<object> Content { get; set; } = null!;

    [Input(DisplayName = "Content Type", Description = HttpInputTexts.ContentType, Options =
    [
        "", "application/json", "application/soap+xml", "application/x-www-form-urlencoded", "application/xml", "text/html", "text/json", "text/plain", "text/richtext", "text/xml",
    ])]
    public Input<string> RequestContentType { get; set; } = null!;

    [Input(Category = "Security", Description = HttpInputTexts.Authorization, IsSensitive = true)]
    public Input<string> Authorization { get; set; } = null!;

    [Input(Category = "Security", Description = HttpInputTexts.AnyAuthorization)]
    public Input<bool> DisableAuthorizationHeaderValidation { get; set; } = null!;

    [Input(Category = "Advanced", UIHint = "json-editor", TypeName = HttpInputTexts.HeadersType, Description = HttpInputTexts.Headers)]
    public Input<JsonElement> RequestHeaders { get; set; } = null!;

    [Output(TypeName = "HttpResponseMessage", Description = "The response without its content: StatusCode, ReasonPhrase, IsSuccessStatusCode.")]
    public Output<JsonElement> Response { get; set; } = null!;

    [Output(Description = HttpInputTexts.StatusCode)]
    public Output<int> StatusCode { get; set; } = null!;

    [Output(TypeName = "Stream", Description = "The downloaded content as a file, if any.")]
    public Output<JsonElement> ResponseContentStream { get; set; } = null!;

    [Output(TypeName = "ByteArray", Description = "The downloaded content as base64, if any.")]
    public Output<JsonElement> ResponseContentBytes { get; set; } = null!;

    [Output(TypeName = HttpInputTexts.HeadersType, Description = HttpInputTexts.ResponseHeaders)]
    public Output<JsonElement> ResponseHeaders { get; set; } = null!;

    [Output(TypeName = HttpInputTexts.HeadersType, DisplayName = "Content Headers", Description = "The response content headers that were received.")]
    public Output<JsonElement> ResponseContentHeaders { get; set; } = null!;

    [Output(TypeName = "HttpFile", Description = "The file.")]
    public Output<JsonElement> Result { get; set; } = null!;

    protected override IEnumerable<string> Validate() => HttpHeaderJson.Problems(RequestHeaders);

    protected override async ValueTask ExecuteAsync(ActivityContext context)
    {
        var call = HttpExchange.Call(context, new HttpCallInputs(
            Url.Get(context), Method.Get(context), Content.GetJson(context), RequestContentType.Get(context),
            Authorization.Get(context), DisableAuthorizationHeaderValidation.Get(context), RequestHeaders.GetJson(context)));
        var (answer, failure) = await HttpExchange.SendAsync(sender, call, context.CancellationToken);
        using var held = answer;
        if (answer is null)
        {
            var outcome = failure!.IsTimeout ? HttpExchange.Timeout : HttpExchange.FailedToConnect;
            context.Note = failure.Message;
            context.Complete(outcome);
            // That something follows in a sequence is no answer to a request that nobody got.
            HttpExchange.TryAgain(context, failure, context.Node.HasOutcome(outcome), asked: false);
            return;
        }

        SetOutputs(context, call, answer);
        var expected = ExpectedStatusCodes.Get(context) ?? [200];
        var isExpected = expected.Contains(answer.Status);
        IReadOnlyList<string> outcomes = expected.Count == 0 ? Outcomes.JustDone
            : [isExpected ? answer.Status.ToString(CultureInfo.InvariantCulture) : HttpExchange.UnmatchedStatusCode, Outcomes.Done];
        context.Complete(outcomes);
        if (!isExpected)
        {
            HttpExchange.TryAgain(context, call, answer, HttpExchange.GoesOn(context.Node, [.. outcomes]), asked: false);
        }
    }

    private void SetOutputs(ActivityContext context, HttpCall call, HttpAnswer answer)
    {
        context.SetOutput(Response, HttpExchange.Response(answer));
        context.SetOutput(StatusCode, JsonValues.Number(answer.Status));
        context.SetOutput(ResponseHeaders, HttpExchange.Headers(answer.Headers));
        context.SetOutput(ResponseContentHeaders, HttpExchange.Headers(answer.ContentHeaders));
        if (answer.Content.Length == 0)
        {
            return;
        }

        var etag = answer.Headers.FirstOrDefault(h => h.Key.Equals("ETag", StringComparison.OrdinalIgnoreCase)).Value;
        var file = new HttpFile(answer.Content, answer.ContentType ?? HttpFile.DefaultType, FileName(call, answer), ETag: etag).ToJson();
        context.SetOutput(Result, file);
        // The same value, which the journal keeps once; the bare base64 only where somebody wants it.
        context.SetOutput(ResponseContentStream, file);
        if (Array.Exists(context.Node.Outputs, binding => binding.Output == ResponseContentBytes.Name))
        {
            context.SetOutput(ResponseContentBytes, file.GetProperty("$content"));
        }
    }

    /// <summary>As the other side calls it, else the end of the address.</summary>
    private static string? FileName(HttpCall call, HttpAnswer answer)
    {
        var given = answer.ContentHeaders.FirstOrDefault(h => h.Key.Equals("Content-Disposition", StringComparison.OrdinalIgnoreCase)).Value;
        var name = ContentDispositionHeaderValue.TryParse(given, out var disposition) ? (disposition.FileNameStar ?? disposition.FileName)?.Trim('"') : null;
        name ??= Uri.UnescapeDataString(call.Url.Segments[^1]);
        // The last part only: nobody out there says where a file goes.
        name = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        return name.Length == 0 || name.Any(char.IsControl) ? null : name;
    }
}
