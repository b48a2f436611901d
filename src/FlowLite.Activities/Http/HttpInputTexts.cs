namespace FlowLite.Activities.Http;

/// <summary>What the inputs of several HTTP activities are called, and what can be chosen in them.</summary>
internal static class HttpInputTexts
{
    /// <summary>Elsa's name of the type of addresses.</summary>
    public const string UriType = "UnregisteredClrType:System.Uri, System.Private.Uri";
    public const string HeadersType = "HttpHeaders";
    public const string Method = "The HTTP method to use when sending the request.";
    public const string Content = "The content to send with the request. Text is sent as it is, an object as JSON or as the fields of a form, a file as its bytes.";
    public const string ContentType = "The content type to use when sending the request.";
    public const string Authorization = "The Authorization header value to send with the request. For example: Bearer {some-access-token}";
    public const string AnyAuthorization = "A value that allows to add the Authorization header without validation.";
    public const string Headers = "The headers to send along with the request.";
    public const string ExpectedStatusCodes = "A list of expected status codes to handle.";
    public const string Resiliency = "Requests that failed for a reason that may pass are sent again, whatever follows. A retry policy in the activity's settings says how often.";
    public const string StatusCode = "The HTTP response status code";
    public const string ResponseHeaders = "The response headers that were received.";
}
