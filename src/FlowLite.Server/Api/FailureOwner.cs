using System.Text.Json;

namespace FlowLite.Server.Api;

/// <summary>
/// Who has to act on a failure: the flow's <c>author</c>, the server's <c>administrator</c>, or who looks after the <c>crm</c>.
/// </summary>
internal static class FailureOwner
{
    private const string Author = "author";
    private const string Administrator = "administrator";
    private const string Crm = "crm";

    public static string Of(string code, JsonElement? details) => code switch
    {
        "ConnectionNotFound" or "ConnectionInvalid" or "TokenRefused" or "OutcomeUnknown" or "RunQuarantined" or "VersionUnknown" or "ActivityError" => Administrator,
        "ConnectionFailed" or "Timeout" or "UnexpectedAnswer" or "TokenEndpointFailed" or "ConnectionDown" or "ConnectionBusy" => Crm,
        _ => Status(details) switch
        {
            // The connection's user may not do it, or does not exist there.
            401 or 403 => Administrator,
            408 or 409 or 412 or 429 or >= 500 => Crm,
            _ => Author,
        },
    };

    private static int? Status(JsonElement? details) =>
        details is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number && status.TryGetInt32(out var number) ? number : null;
}
