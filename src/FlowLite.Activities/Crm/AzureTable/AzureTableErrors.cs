using System.Text.Json;
using Azure;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.AzureTable;

/// <summary>What the service's refusals mean: tried again or final, and what their author is told.</summary>
internal static class AzureTableErrors
{
    /// <param name="action">What the service was asked to do: <c>create the row in Leads</c></param>
    public static ActivityException Failure(RequestFailedException e, string who, string action, SecretMask mask)
    {
        if (e.Status == 0)
        {
            return new ActivityException("ConnectionFailed", $"{who} could not be reached: {mask.Apply(e.InnerException?.Message ?? e.Message).TrimEnd('.')}. Check that the connection string's address is right.")
            {
                Retryable = true,
                OutcomeUnknown = true,
            };
        }

        var response = e.GetRawResponse();
        var said = (Said(response) ?? response?.ReasonPhrase) is { } words ? mask.Apply(words) : null;
        // A table that is being deleted can be made anew after a while; a row that was there and wasn't can be made.
        var retryable = CrmRefusal.IsTransient(e.Status) || e.ErrorCode is "TableBeingDeleted" or "EntityAlreadyExists";
        return new ActivityException(
            e.ErrorCode ?? $"Http{e.Status}",
            $"{who} did not {action}: HTTP {e.Status}{(e.ErrorCode is { } code ? $", {code}" : "")}{(said is null ? "" : $": {said.TrimEnd('.')}")}. {Advice(e, retryable)}")
        {
            Retryable = retryable,
            OutcomeUnknown = e.Status >= 500,
            RetryAfter = response is not null && response.Headers.TryGetValue("Retry-After", out var after) && int.TryParse(after, out var seconds) && seconds >= 0
                ? TimeSpan.FromSeconds(Math.Min(seconds, 7 * 24 * 3600)) : null,
            Details = FailureOwners.Details(OwnerOf(e, retryable), e.ErrorCode, said, e.Status),
        };
    }

    public static ActivityException Timeout(string who) =>
        new("Timeout", $"{who} did not answer in time.") { Retryable = true, OutcomeUnknown = true };

    // {"odata.error":{"code":"TableNotFound","message":{"lang":"en-US","value":"…\nRequestId:…\nTime:…"}}}
    private static string? Said(Response? response)
    {
        if (response?.ContentStream is null || !CrmJson.TryParse(response.Content.ToString(), out var json)
            || CrmJson.Member(json, "odata.error") is not { } error || CrmJson.Member(error, "message") is not { } message)
        {
            return null;
        }

        var text = message.ValueKind == JsonValueKind.String ? message.GetString() : CrmJson.Text(message, "value");
        return text?.Split('\n')[0];
    }

    private static FailureOwner OwnerOf(RequestFailedException e, bool retryable) => e switch
    {
        _ when retryable => FailureOwner.Crm,
        { ErrorCode: "TableNotFound" } => FailureOwner.Administrator,
        _ => CrmRefusal.OwnerBy(e.Status),
    };

    private static string Advice(RequestFailedException e, bool retryable) => e switch
    {
        _ when retryable => "It can be sent again as it is; a row is made once.",
        { Status: 401 or 403 } => "Check the connection string: the account's key may have been renewed.",
        { ErrorCode: "TableNotFound" } => "Create the table, or let the connection create tables.",
        _ => "Check the mapped fields, then resubmit the run.",
    };
}
