using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm;

/// <summary>Who has to act on a failure.</summary>
public enum FailureOwner
{
    /// <summary>Of the flow: its fields are wrong.</summary>
    Author,

    /// <summary>Of the server, its connections and the CRM's own rules: rights, addresses, secrets.</summary>
    Administrator,

    /// <summary>Who looks after the CRM: it is busy or not well.</summary>
    Crm,
}

/// <summary>How an owner is told from a failure, and said.</summary>
public static class FailureOwners
{
    /// <summary>The member of a failure's details with the word of who saw it.</summary>
    internal const string Member = "actBy";

    private const string Author = "author";
    private const string Administrator = "administrator";
    private const string Crm = "crm";

    /// <summary>As the API and a failure's details say it.</summary>
    public static string Word(this FailureOwner owner) => owner switch
    {
        FailureOwner.Author => Author,
        FailureOwner.Administrator => Administrator,
        _ => Crm,
    };

    /// <summary>As who saw the failure says in its details (<c>actBy</c>); else as its code and the status of the answer do.</summary>
    public static FailureOwner Of(string code, JsonElement? details) => (Said(details), code) switch
    {
        (Author, _) => FailureOwner.Author,
        (Administrator, _) => FailureOwner.Administrator,
        (Crm, _) => FailureOwner.Crm,
        (_, "ConnectionNotFound" or "ConnectionInvalid" or "TokenRefused" or "LoginRefused" or "SignInRefused" or "OutcomeUnknown" or "RunQuarantined" or "VersionUnknown" or "ActivityError") => FailureOwner.Administrator,
        (_, "ConnectionFailed" or "Timeout" or "UnexpectedAnswer" or "TokenEndpointFailed" or "ConnectionDown" or "ConnectionBusy") => FailureOwner.Crm,
        _ => Status(details) switch
        {
            401 or 403 => FailureOwner.Administrator,
            408 or 429 or >= 500 => FailureOwner.Crm,
            _ => FailureOwner.Author,
        },
    };

    /// <summary><c>{"status","actBy","error":{"code","message"}}</c>: the CRM's own words, and whose failure it is.</summary>
    /// <param name="status">Of HTTP; null: it came another way.</param>
    internal static JsonElement Details(FailureOwner owner, string? code, string? message, int? status = null) => JsonValues.Object(writer =>
    {
        if (status is { } number)
        {
            writer.WriteNumber("status", number);
        }

        writer.WriteString(Member, owner.Word());
        writer.WriteStartObject("error");
        writer.WriteString("code", code);
        writer.WriteString("message", message);
        writer.WriteEndObject();
    });

    private static string? Said(JsonElement? details) =>
        details is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(Member, out var word) && word.ValueKind == JsonValueKind.String ? word.GetString() : null;

    private static int? Status(JsonElement? details) =>
        details is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.Number && status.TryGetInt32(out var number) ? number : null;
}
