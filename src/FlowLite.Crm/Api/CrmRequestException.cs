namespace FlowLite.Crm.Api;

/// <summary>The request is at fault; carries the answer in Dataverse's terms.</summary>
internal sealed class CrmRequestException(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;
}

/// <summary>The refusals that this API gives. Codes and texts are Dataverse's where it documents or is known to send them.</summary>
internal static class CrmErrors
{
    private const string QueryCode = "0x80060888";
    private const string PayloadCode = "0x80048d19";
    private const string GenericCode = "0x80040203";

    public static CrmRequestException UnknownSegment(string segment) =>
        new(StatusCodes.Status404NotFound, "0x8006088a", $"Resource not found for the segment '{segment}'.");

    public static CrmRequestException NotFound(string logicalName, Guid id) =>
        new(StatusCodes.Status404NotFound, "0x80040217", $"{logicalName} With Id = {id} Does Not Exist");

    /// <summary>Something of the metadata that does not exist.</summary>
    public static CrmRequestException NotFound(string message) => new(StatusCodes.Status404NotFound, "0x80040217", message);

    public static CrmRequestException UnknownEntity(string logicalName) =>
        new(StatusCodes.Status404NotFound, "0x80041102", $"The entity with a name = '{logicalName}' with namemapping = 'Logical' was not found in the MetadataCache.");

    public static CrmRequestException AlreadyExists() =>
        new(StatusCodes.Status412PreconditionFailed, "0x80040237", "A record with matching key values already exists.");

    public static CrmRequestException VersionMismatch(string logicalName) =>
        new(StatusCodes.Status412PreconditionFailed, "0x80060882", $"The version of the existing {logicalName} doesn't match the version that the request names.");

    public static CrmRequestException BadKey(string segment) =>
        new(StatusCodes.Status400BadRequest, QueryCode, $"The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.{segment}'.");

    public static CrmRequestException BadQuery(string message) => new(StatusCodes.Status400BadRequest, QueryCode, message);

    public static CrmRequestException UnknownQueryColumn(string column, string logicalName) =>
        BadQuery($"Could not find a property named '{column}' on type 'Microsoft.Dynamics.CRM.{logicalName}'.");

    public static CrmRequestException BadPayload(string message) =>
        new(StatusCodes.Status400BadRequest, PayloadCode, $"Error identified in Payload provided by the user: {message}");

    public static CrmRequestException UnknownColumn(string column, string logicalName) =>
        BadPayload($"The property '{column}' does not exist on type 'Microsoft.Dynamics.CRM.{logicalName}'. Make sure to only use property names that are defined by the type.");

    public static CrmRequestException WrongType(string column, string edmType) =>
        BadPayload($"Cannot convert the value of property '{column}' to the expected type '{edmType}'.");

    public static CrmRequestException TooLong(string column, string logicalName, int maxLength) => new(
        StatusCodes.Status400BadRequest,
        "0x80044331",
        $"A validation error occurred.  The length of the '{column}' attribute of the '{logicalName}' entity exceeded the maximum allowed length of '{maxLength}'.");

    public static CrmRequestException BadOption(string column, string logicalName, long value, IEnumerable<int> accepted) => new(
        StatusCodes.Status400BadRequest,
        "0x8004431A",
        $"A validation error occurred. The value {value} of '{column}' on record of type '{logicalName}' is outside the valid range. Accepted Values: {string.Join(',', accepted)}");

    public static CrmRequestException OutOfRange(string column, string logicalName) => new(
        StatusCodes.Status400BadRequest,
        "0x8004432f",
        $"A validation error occurred. The value of '{column}' on record of type '{logicalName}' is outside the valid range.");

    public static CrmRequestException DateTooEarly(string column) => new(
        StatusCodes.Status400BadRequest,
        "0x80040239",
        $"The value of '{column}' is less than the minimum value supported. Minimum value supported: 01/01/1753 00:00:00");

    public static CrmRequestException StatusMismatch(long status, long state, string logicalName, Guid id) => new(
        StatusCodes.Status400BadRequest,
        "0x80048408",
        $"{status} is not a valid status code for state code {state} on {logicalName} with Id {id}.");

    public static CrmRequestException TooLarge(int limit) =>
        new(StatusCodes.Status413PayloadTooLarge, GenericCode, $"The request body is larger than {limit} bytes.");

    public static CrmRequestException NotJson() =>
        new(StatusCodes.Status415UnsupportedMediaType, GenericCode, "The request body must have the content type application/json in UTF-8.");

    public static CrmRequestException MethodNotAllowed(string method) =>
        new(StatusCodes.Status405MethodNotAllowed, QueryCode, $"The method '{method}' is not allowed on this resource.");

    public static CrmRequestException Unauthorized() =>
        new(StatusCodes.Status401Unauthorized, "0x8004A100", "The access token is missing, wrong or expired.");

    public static CrmRequestException Unavailable() =>
        new(StatusCodes.Status503ServiceUnavailable, "0x80044150", "The CRM's storage is not available. Try again later.");

    public static CrmRequestException Unexpected() =>
        new(StatusCodes.Status500InternalServerError, "0x80040216", "An unexpected error occurred.");

    public static CrmRequestException Malformed(int status) => new(status, GenericCode, "The request could not be read.");
}
