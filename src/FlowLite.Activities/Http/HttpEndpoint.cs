using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.Http;

/// <summary>
/// A request to a path of the author's choice: it starts a run, or the run waits for it. Open to everybody unless it asks for
/// authorization, as in Elsa. What a run starts with is <c>{"headers","queries","path","body","files","request","outcome"}</c>.
/// </summary>
[Activity("Elsa", "HTTP", "Wait for an inbound HTTP request that matches the specified path and methods.",
    DisplayName = "HTTP Endpoint", Kind = ActivityKind.Trigger, HasDynamicOutcomes = true)]
public sealed class HttpEndpoint : Activity
{
    /// <summary>No connection holds longer, and timers have an end.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private const string Security = "Security";
    private const string Upload = "Upload";
    private const string OutcomeCategory = "Outcomes";

    [Input(Description = "The path to associate with the workflow.", Adornment = "/workflows/", Refresh = true)]
    public Input<string> Path { get; set; } = null!;

    [Input(DisplayName = "Supported Methods", Description = "The HTTP methods to accept.", UIHint = "checklist", Options = ["GET", "POST", "PUT", "HEAD", "DELETE"])]
    public Input<List<string>> SupportedMethods { get; set; } = null!;

    [Input(Category = Security, Description = "Allow authenticated requests only.")]
    public Input<bool> Authorize { get; set; } = null!;

    [Input(Category = Security, Description = "Provide a policy to evaluate. If the policy fails, the request is forbidden.")]
    public Input<string> Policy { get; set; } = null!;

    [Input(DisplayName = "Request Timeout", Category = Upload, Description = "The maximum time allowed to process the request.")]
    public Input<TimeSpan?> RequestTimeout { get; set; } = null!;

    [Input(DisplayName = "Request Size Limit", Category = Upload, Description = "The maximum request size allowed in bytes.")]
    public Input<long?> RequestSizeLimit { get; set; } = null!;

    [Input(DisplayName = "File Size Limit", Category = Upload, Description = "The maximum file size allowed in bytes for an individual file.")]
    public Input<long?> FileSizeLimit { get; set; } = null!;

    [Input(DisplayName = "Allowed File Extensions", Category = Upload, Description = "Only file extensions in this list are allowed. Leave empty to allow all extensions")]
    public Input<List<string>> AllowedFileExtensions { get; set; } = null!;

    [Input(DisplayName = "Blocked File Extensions", Category = Upload, Description = "File extensions in this list are forbidden. Leave empty to not block any extension.")]
    public Input<List<string>> BlockedFileExtensions { get; set; } = null!;

    [Input(DisplayName = "Allowed Mime Types", Category = Upload, Description = "Only MIME types in this list are allowed. Leave empty to allow all types")]
    public Input<List<string>> AllowedMimeTypes { get; set; } = null!;

    [Input(DisplayName = "Expose Request Too Large Outcome", Category = OutcomeCategory, Description = "A value indicating whether to expose the \"Request too large\" outcome.")]
    public bool ExposeRequestTooLargeOutcome { get; set; }

    [Input(DisplayName = "Expose File Too Large Outcome", Category = OutcomeCategory, Description = "A value indicating whether to expose the \"File too large\" outcome.")]
    public bool ExposeFileTooLargeOutcome { get; set; }

    [Input(DisplayName = "Expose Invalid File Extension Outcome", Category = OutcomeCategory, Description = "A value indicating whether to expose the \"Invalid file extension\" outcome.")]
    public bool ExposeInvalidFileExtensionOutcome { get; set; }

    [Input(DisplayName = "Expose Invalid File Mime Type Outcome", Category = OutcomeCategory, Description = "A value indicating whether to expose the \"Invalid file MIME type\" outcome.")]
    public bool ExposeInvalidFileMimeTypeOutcome { get; set; }

    [Output(DisplayName = "Parsed Content", Description = "The parsed request content, if any.")]
    public Output<object> ParsedContent { get; set; } = null!;

    [Output(TypeName = "FormFile[]", Description = "The uploaded files, if any.")]
    public Output<JsonElement> Files { get; set; } = null!;

    [Output(TypeName = "FormFile", Description = "The first uploaded file, if any.")]
    public Output<JsonElement> File { get; set; } = null!;

    [Output(DisplayName = "Route Data", TypeName = "ObjectDictionary", Description = "The parsed route data, if any.")]
    public Output<JsonElement> RouteData { get; set; } = null!;

    [Output(DisplayName = "Query String Data", TypeName = "ObjectDictionary", Description = "The querystring data, if any.")]
    public Output<JsonElement> QueryStringData { get; set; } = null!;

    [Output(TypeName = "ObjectDictionary", Description = "The headers, if any.")]
    public Output<JsonElement> Headers { get; set; } = null!;

    [Output(TypeName = "HttpRequest", Description = "The request's Method, Path, Scheme, Host and ContentType.")]
    public Output<JsonElement> Result { get; set; } = null!;

    /// <summary>Its settings where no run is needed to know them; null: one of those that decide about a request is an expression.</summary>
    /// <exception cref="ActivityException">One of them is wrong.</exception>
    public EndpointSettings? FixedSettings =>
        Path.TryGetFixed(out var path) && SupportedMethods.TryGetFixed(out var methods) && Authorize.TryGetFixed(out var authorize) && Policy.TryGetFixed(out var policy)
        && RequestTimeout.TryGetFixed(out var timeout) && RequestSizeLimit.TryGetFixed(out var requestSize) && FileSizeLimit.TryGetFixed(out var fileSize)
        && AllowedFileExtensions.TryGetFixed(out var allowed) && BlockedFileExtensions.TryGetFixed(out var blocked) && AllowedMimeTypes.TryGetFixed(out var types)
            ? Settings(path, methods, authorize, policy, timeout, requestSize, fileSize, allowed, blocked, types)
            : null;

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        if (context.IsTrigger)
        {
            Take(context, context.Trigger);
        }
        else if (context.Signal is { Payload: { } request })
        {
            Take(context, request);
        }
        else
        {
            // Also where a run that something else started comes to an endpoint that could have: it waits for its request, as in Elsa.
            var settings = Settings(
                Path.Get(context), SupportedMethods.Get(context), Authorize.Get(context), Policy.Get(context), RequestTimeout.Get(context), RequestSizeLimit.Get(context),
                FileSizeLimit.Get(context), AllowedFileExtensions.Get(context), BlockedFileExtensions.Get(context), AllowedMimeTypes.Get(context));
            context.WaitFor([.. settings.Methods.Select(method => new Bookmark(BookmarkKind.Http, EndpointKeys.Of(method, settings.Path)) { Payload = settings.ToJson(method) })]);
        }

        return ValueTask.CompletedTask;
    }

    private EndpointSettings Settings(
        string? path, List<string>? methods, bool authorize, string? policy, TimeSpan? timeout, long? requestSize, long? fileSize, List<string>? allowed, List<string>? blocked, List<string>? types) => new()
        {
            Path = EndpointSettings.Normalize(path),
            // Elsa's own default.
            Methods = methods is { Count: > 0 } ? [.. methods.Select(m => m.Trim().ToUpperInvariant()).Distinct()] : ["GET"],
            Authorize = authorize,
            Policy = string.IsNullOrWhiteSpace(policy) ? null : policy,
            RequestTimeout = timeout > TimeSpan.Zero ? (timeout < LongestWait ? timeout : LongestWait) : null,
            RequestSizeLimit = requestSize > 0 ? requestSize : null,
            FileSizeLimit = fileSize > 0 ? fileSize : null,
            AllowedFileExtensions = allowed ?? [],
            BlockedFileExtensions = blocked ?? [],
            AllowedMimeTypes = types ?? [],
            ExposesRequestTooLarge = ExposeRequestTooLargeOutcome,
            ExposesFileTooLarge = ExposeFileTooLargeOutcome,
            ExposesInvalidFileExtension = ExposeInvalidFileExtensionOutcome,
            ExposesInvalidFileMimeType = ExposeInvalidFileMimeTypeOutcome,
        };

    private void Take(ActivityContext context, JsonElement request)
    {
        context.SetOutput(ParsedContent, Member(request, "body"));
        var files = Member(request, "files");
        context.SetOutput(Files, files);
        context.SetOutput(File, files is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? list[0] : JsonValues.Null);
        context.SetOutput(RouteData, Member(request, "path"));
        context.SetOutput(QueryStringData, Member(request, "queries"));
        context.SetOutput(Headers, Member(request, "headers"));
        context.SetOutput(Result, Member(request, "request"));
        if (request.Text("outcome") is { } outcome)
        {
            context.Complete(outcome);
        }
    }

    private static JsonElement Member(JsonElement request, string name) =>
        request.Member(name) is { ValueKind: not JsonValueKind.Undefined } value ? value : JsonValues.Null;
}
