using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Http;

/// <summary>What an answer that did not do what was asked means: tried again or final, and who has to act.</summary>
/// <param name="Code">The CRM's own; null: it gave none.</param>
/// <param name="Message">The CRM's own words; null: it said nothing.</param>
internal sealed record CrmRefusal(string? Code, string? Message)
{
    public required FailureOwner Owner { get; init; }

    public bool Retryable => Owner == FailureOwner.Crm;

    /// <summary>Not before this; null: as the answer says, else as the retry policy does.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What to do; null: what is usual for who has to act.</summary>
    public string? Advice { get; init; }

    /// <summary>The CRM says that it did nothing, whatever the status.</summary>
    public bool NothingDone { get; init; }

    /// <summary>Flow's rule for retries, of the statuses: 408, 429 and 5xx.</summary>
    public static bool IsTransient(int status) => status is 408 or 429 or >= 500;

    /// <summary>Whose it is by the status alone.</summary>
    public static FailureOwner OwnerBy(int status) => status switch
    {
        // A 2xx that is none of the CRM's: something between answered.
        < 300 => FailureOwner.Crm,
        < 400 or 401 or 403 or 404 or 405 or 407 => FailureOwner.Administrator,
        _ when IsTransient(status) => FailureOwner.Crm,
        _ => FailureOwner.Author,
    };

    /// <param name="who">For messages: <c>The CRM of connection 'contoso'</c></param>
    /// <param name="action">What the CRM was asked to do: <c>create the record in leads</c></param>
    public ActivityException ToException(CrmAnswer answer, string who, string action)
    {
        var said = (Code, Message) switch
        {
            (null, null) => "",
            (null, _) => $", {Short(Message)}",
            (_, null) => $", {Code}",
            _ => $", {Code}: {Short(Message)}",
        };
        return new ActivityException(
            Code ?? (answer.Status is >= 200 and < 300 ? "UnexpectedAnswer" : $"Http{answer.Status}"),
            $"{who} did not {action}: HTTP {answer.Status}{said}. {Advice ?? UsualAdvice(answer.Status)}")
        {
            Retryable = Retryable,
            RetryAfter = Retryable ? RetryAfter ?? answer.RetryAfter : null,
            OutcomeUnknown = Retryable && !NothingDone && answer.Status is not (408 or 429) && (answer.Status < 300 || answer.Status >= 500),
            Details = JsonValues.Object(writer =>
            {
                writer.WriteNumber("status", answer.Status);
                writer.WriteString(FailureOwners.Member, Owner.Word());
                if (string.IsNullOrWhiteSpace(answer.Body))
                {
                    return;
                }

                writer.WritePropertyName("error");
                if (CrmJson.TryParse(answer.Body, out var json))
                {
                    json.WriteTo(writer);
                }
                else
                {
                    writer.WriteStringValue(CrmJson.Shorten(answer.Body, 2_000));
                }
            }),
        };
    }

    private static string Short(string message) => CrmJson.Shorten(message, 500).TrimEnd('.');

    private string UsualAdvice(int status) => Owner switch
    {
        FailureOwner.Crm => "It is tried again as it is.",
        FailureOwner.Author => "Check the mapped fields, then resubmit the run.",
        _ when status is >= 300 and < 400 => "Check the connection's address; redirects are not followed.",
        _ when status is 404 or 405 => "Check the table's name and the connection's address.",
        _ => "Check the connection's credentials and the rights that they have in the CRM.",
    };
}
