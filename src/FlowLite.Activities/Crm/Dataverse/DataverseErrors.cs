using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>What an answer that made no record means: tried again or final, and what its author is told.</summary>
internal static class DataverseErrors
{
    private const string PrivilegeDenied = "0x80040220";

    /// <summary>
    /// Refusals that Dataverse may send with a 5xx; the code is the signal, not the status (Dataverse Web API, "Manage duplicate
    /// detection"; codes: "Web service error codes").
    /// </summary>
    private static readonly HashSet<string> Refusals = new(StringComparer.OrdinalIgnoreCase)
    {
        "0x80040333", // DuplicateRecordsFound
        "0x80040237", // DuplicateRecord
        "0x80060892", // DuplicateRecordEntityKey
        "0x80040203", // InvalidArgument
        "0x80040265", // IsvAborted: a plug-in refused the record
        "0x80044331", // StringLengthTooLong
        "0x80048d19", // InvalidRequest: the payload can't be read
        PrivilegeDenied,
    };

    private static readonly HashSet<string> Duplicates = new(StringComparer.OrdinalIgnoreCase) { "0x80040333", "0x80040237", "0x80060892" };

    public static ActivityException NotCreated(CrmAnswer answer, string who, string entitySet) => Failure(answer, who, $"create the record in {entitySet}");

    /// <param name="action">What the CRM was asked to do: <c>create the record in leads</c></param>
    public static ActivityException Failure(CrmAnswer answer, string who, string action)
    {
        var (code, _) = Read(answer.Body);
        // A 2xx or 3xx that is none of Dataverse's: something between answered. To send again is safe, the key sees to that.
        var unexpected = answer.Status is >= 200 and < 300;
        var retryable = unexpected || (CrmRefusal.IsTransient(answer.Status) && (code is null || !Refusals.Contains(code)));
        return new ActivityException(
            unexpected ? "UnexpectedAnswer" : code ?? $"Http{answer.Status}",
            $"{who} did not {action}: HTTP {answer.Status}{Said(answer)}. {Advice(answer.Status, retryable)}")
        {
            Retryable = retryable,
            RetryAfter = answer.RetryAfter,
            Details = Details(answer, OwnerOf(answer.Status, code, retryable)),
        };
    }

    /// <summary>There is a record with its id or an alternate key, or one that is like it by the CRM's duplicate rules; documents show this with a 412 and with a 500.</summary>
    public static bool IsDuplicate(CrmAnswer answer) => answer.Status >= 400 && Code(answer) is { } code && Duplicates.Contains(code);

    /// <summary>The CRM's own code in an error body, if there is one.</summary>
    public static string? Code(CrmAnswer answer) => Read(answer.Body).Code;

    /// <summary><c>, code: message</c> of an error body, as far as there is one.</summary>
    public static string Said(CrmAnswer answer)
    {
        var (code, message) = Read(answer.Body);
        return (code, message) switch
        {
            (null, null) => "",
            (null, _) => $", {message.TrimEnd('.')}",
            (_, null) => $", {code}",
            _ => $", {code}: {message.TrimEnd('.')}",
        };
    }

    /// <summary><c>{"status":400,"actBy":"author","error":{"code","message"}}</c>; what isn't JSON is text.</summary>
    public static JsonElement Details(CrmAnswer answer, FailureOwner owner) => JsonValues.Object(writer =>
    {
        writer.WriteNumber("status", answer.Status);
        writer.WriteString(FailureOwners.Member, owner.Word());
        if (string.IsNullOrWhiteSpace(answer.Body))
        {
            return;
        }

        writer.WritePropertyName("error");
        if (CrmJson.TryParse(answer.Body, out var json))
        {
            (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? error : json).WriteTo(writer);
        }
        else
        {
            writer.WriteStringValue(CrmJson.Shorten(answer.Body, 2_000));
        }
    });

    // Dataverse: {"error":{"code","message"}}; token endpoints: {"error":"invalid_client","error_description":"…"}.
    private static (string? Code, string? Message) Read(string? body)
    {
        if (body is null || !CrmJson.TryParse(body, out var json) || json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("error", out var error))
        {
            return default;
        }

        return error.ValueKind == JsonValueKind.Object
            ? (Text(error, "code"), Text(error, "message"))
            : (Text(json, "error"), Text(json, "error_description"));
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? CrmJson.Shorten(text, 500)
            : null;

    private static FailureOwner OwnerOf(int status, string? code, bool retryable) => code switch
    {
        _ when retryable => FailureOwner.Crm,
        PrivilegeDenied => FailureOwner.Administrator,
        not null when Refusals.Contains(code) => FailureOwner.Author,
        _ => CrmRefusal.OwnerBy(status),
    };

    private static string Advice(int status, bool retryable) => status switch
    {
        _ when retryable => "It can be sent again as it is; a record is made once.",
        401 or 403 => "Check that the connection's application user exists in the CRM and has a security role that may create these records.",
        404 => "Check the table's name and the connection's URL.",
        >= 300 and < 400 => "Check the connection's URL; redirects are not followed.",
        _ => "Check the mapped fields, then resubmit the run.",
    };
}
