using System.Globalization;
using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Salesforce;

/// <summary>
/// What Salesforce's refusals mean (REST API, "Status Codes and Error Responses"; SOAP API, "StatusCode"). They are a list:
/// <c>[{"errorCode","message","fields":[]}]</c>; the code is the signal, not the status.
/// </summary>
internal static class SalesforceErrors
{
    /// <summary>The daily limit counts the last 24 hours, so that some of it comes back all the time.</summary>
    private static readonly TimeSpan DailyLimitWait = TimeSpan.FromHours(1);

    /// <summary>They pass, whatever their status.</summary>
    private static readonly HashSet<string> Passing = new(StringComparer.Ordinal)
    {
        "REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG", "API_CURRENTLY_DISABLED",
    };

    /// <summary>Rights, and what only the CRM's administrator can change.</summary>
    private static readonly HashSet<string> ForTheAdmin = new(StringComparer.Ordinal)
    {
        "INVALID_SESSION_ID", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "INVALID_FIELD_FOR_INSERT_UPDATE", "API_DISABLED_FOR_ORG", "STORAGE_LIMIT_EXCEEDED", "NOT_FOUND", "INVALID_TYPE", "FUNCTIONALITY_NOT_ENABLED",
    };

    /// <param name="action">What the CRM was asked to do: <c>create the record in Lead</c></param>
    public static ActivityException Failure(CrmAnswer answer, string who, string action)
    {
        var (code, message, fields) = Read(answer.Body);
        var isDaily = code == "REQUEST_LIMIT_EXCEEDED" && IsDaily(answer, message);
        var owner = code switch
        {
            not null when Passing.Contains(code) => FailureOwner.Crm,
            not null when ForTheAdmin.Contains(code) => FailureOwner.Administrator,
            // An Apex trigger or a flow in the org failed: its words say at what.
            not null when answer.Status == 400 => FailureOwner.Author,
            _ => CrmRefusal.OwnerBy(answer.Status),
        };
        return new CrmRefusal(code, fields.Count > 0 ? $"{message?.TrimEnd('.')} (fields: {string.Join(", ", fields)})" : message)
        {
            Owner = owner,
            RetryAfter = isDaily ? DailyLimitWait : null,
            // A limit or a lock keeps it from beginning.
            NothingDone = code is "REQUEST_LIMIT_EXCEEDED" or "UNABLE_TO_LOCK_ROW",
            Advice = code switch
            {
                "REQUEST_LIMIT_EXCEEDED" when isDaily => "The org's requests of the last 24 hours are used up; it is tried again every hour.",
                "DUPLICATES_DETECTED" => "A duplicate rule of the org found a record that is alike. Let the connection allow duplicates, or change the rule, then resubmit the run.",
                "NOT_FOUND" or "INVALID_TYPE" => "Check the object's name and that the connection's user may see it.",
                "INVALID_FIELD_FOR_INSERT_UPDATE" => "Check that the connection's user may write these fields.",
                "STORAGE_LIMIT_EXCEEDED" => "The org's storage is full.",
                _ => null,
            },
        }.ToException(answer, who, action);
    }

    /// <summary>The code of the first refusal, if there is one.</summary>
    public static string? Code(CrmAnswer answer) => Read(answer.Body).Code;

    private static (string? Code, string? Message, IReadOnlyList<string> Fields) Read(string? body)
    {
        if (!CrmJson.TryParse(body, out var json))
        {
            return (null, null, []);
        }

        // A list, but for some resources; of an upsert that found several records a list of their addresses.
        var first = json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().FirstOrDefault() : json;
        return (CrmJson.Text(first, "errorCode"), CrmJson.Text(first, "message"), [.. CrmJson.Items(first, "fields").Select(CrmJson.Word).OfType<string>()]);
    }

    /// <summary><c>TotalRequests Limit exceeded.</c>, where the limit of concurrent requests says so; else the header that counts: <c>api-usage=15000/15000</c>.</summary>
    private static bool IsDaily(CrmAnswer answer, string? message)
    {
        if (message?.Contains("Concurrent", StringComparison.OrdinalIgnoreCase) == true)
        {
            return false;
        }

        if (message?.Contains("TotalRequests", StringComparison.OrdinalIgnoreCase) == true)
        {
            return true;
        }

        var usage = answer.Header("Sforce-Limit-Info")?.Split("api-usage=")[^1].Split(';')[0].Split('/') ?? [];
        return usage is [var used, var limit] && int.TryParse(used, NumberStyles.None, CultureInfo.InvariantCulture, out var a)
            && int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var b) && a >= b;
    }
}
