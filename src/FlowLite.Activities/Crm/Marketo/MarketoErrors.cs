using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Marketo;

/// <summary>
/// What Marketo's refusals mean (Marketo REST API, "Error Codes"). They come with HTTP 200: of the whole call as
/// <c>{"success":false,"errors":[{"code","message"}]}</c>, of a record as <c>{"status":"skipped","reasons":[…]}</c>.
/// </summary>
internal static class MarketoErrors
{
    /// <summary>The daily quota starts anew at midnight, Central Time.</summary>
    private static readonly TimeSpan DailyQuotaWait = TimeSpan.FromHours(1);

    /// <summary>100 calls in 20 seconds are allowed.</summary>
    private static readonly TimeSpan RateLimitWait = TimeSpan.FromSeconds(20);

    /// <summary>The token is no good any more.</summary>
    public static bool IsTokenRefused(CrmAnswer answer) =>
        answer.Status == 401 || (answer.Status == 200 && CrmJson.TryParse(answer.Body, out var json) && Error(json).Code is "601" or "602");

    /// <summary>Of the whole call.</summary>
    /// <param name="action">What the CRM was asked to do: <c>create the record in lead</c></param>
    public static ActivityException Failure(CrmAnswer answer, string who, string action)
    {
        var (code, message) = CrmJson.TryParse(answer.Body, out var json) ? Error(json) : default;
        return new CrmRefusal(code, message)
        {
            Owner = code is null ? CrmRefusal.OwnerBy(answer.Status) : OwnerOf(code),
            RetryAfter = code switch { "606" => RateLimitWait, "607" => DailyQuotaWait, _ => null },
            // A 6xx is refused before anything is done; but a time-out (604) and a system error (611) may come too late to say so.
            NothingDone = code is ['6', ..] and not ("604" or "611"),
            Advice = code switch
            {
                "600" or "601" or "602" => "Check the connection's client id and client secret.",
                "603" => "Give the role of the service's API user the right to read and write persons.",
                "607" => "The instance's calls of the day are used up; it is tried again every hour.",
                "610" => "Check the connection's address.",
                _ => null,
            },
        }.ToException(answer, who, action);
    }

    /// <summary>Of one record.</summary>
    public static ActivityException Skipped(CrmAnswer answer, JsonElement record, string who, string action)
    {
        var reason = CrmJson.Items(record, "reasons").FirstOrDefault();
        var code = CrmJson.Word(reason, "code");
        return new CrmRefusal(code ?? "Skipped", CrmJson.Text(reason, "message"))
        {
            Owner = code is null ? FailureOwner.Author : OwnerOf(code),
            NothingDone = true,
            Advice = code switch
            {
                "1005" => "There is a lead like it. Let the connection's action change it, or make another one.",
                "1007" => "Several leads have the same value to look up by. Merge them in Marketo, then resubmit the run.",
                _ => null,
            },
        }.ToException(answer, who, action);
    }

    /// <summary>The first reason of a record that was skipped.</summary>
    public static string? Reason(JsonElement record) => CrmJson.Word(CrmJson.Items(record, "reasons").FirstOrDefault(), "code");

    private static (string? Code, string? Message) Error(JsonElement json)
    {
        var error = CrmJson.Items(json, "errors").FirstOrDefault();
        return (CrmJson.Word(error, "code"), CrmJson.Text(error, "message"));
    }

    private static FailureOwner OwnerOf(string code) => code switch
    {
        // Busy, or not well: 502 bad gateway, 604 timed out, 606 rate limit, 607 daily quota, 608 unavailable, 611 system error,
        // 615 too many at once, 713 transient, 719 lock wait.
        "502" or "604" or "606" or "607" or "608" or "611" or "615" or "713" or "719" => FailureOwner.Crm,
        "600" or "601" or "602" or "603" or "605" or "610" or "612" or "614" or "616" or "703" => FailureOwner.Administrator,
        _ => FailureOwner.Author,
    };
}
