using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.HubSpot;

/// <summary>What HubSpot's refusals mean (HubSpot API, "Error handling" and "Usage limits"): <c>{"status","category","message","errors":[],"policyName"}</c>.</summary>
internal static partial class HubSpotErrors
{
    /// <summary>The daily limit starts anew at midnight of the account, wherever that is.</summary>
    private static readonly TimeSpan DailyLimitWait = TimeSpan.FromHours(1);

    /// <param name="action">What the CRM was asked to do: <c>create the record in contacts</c></param>
    public static ActivityException Failure(CrmAnswer answer, string who, string action)
    {
        var json = CrmJson.TryParse(answer.Body, out var read) ? read : default;
        var policy = CrmJson.Text(json, "policyName");
        var isDaily = answer.Status == 429 && (policy == "DAILY" || (policy is null && answer.Header("X-HubSpot-RateLimit-Daily-Remaining") == "0"));
        var category = CrmJson.Text(json, "category") ?? CrmJson.Text(json, "errorType");
        var properties = Properties(json);
        var message = CrmJson.Text(json, "message");
        return new CrmRefusal(answer.Status == 429 && policy is not null ? $"{category ?? "RATE_LIMITS"}_{policy}" : category, properties.Count > 0 ? $"{message?.TrimEnd('.')} (properties: {string.Join(", ", properties)})" : message)
        {
            Owner = OwnerOf(answer.Status, category),
            RetryAfter = policy switch
            {
                _ when isDaily => DailyLimitWait,
                "SECONDLY" => answer.RetryAfter ?? TimeSpan.FromSeconds(1),
                "TEN_SECONDLY_ROLLING" or "TEN_SECONDLY" => answer.RetryAfter ?? TimeSpan.FromSeconds(10),
                _ when answer.Status == 423 => answer.RetryAfter ?? TimeSpan.FromSeconds(2),
                _ => null,
            },
            NothingDone = answer.Status is 423 or 477,
            Advice = category switch
            {
                _ when isDaily => "The account's requests of the day are used up; it is tried again every hour.",
                _ when answer.Status == 409 => "HubSpot has a record that it takes for the same. Let the connection update it, or merge by hand.",
                "MISSING_SCOPES" => "Give the private app the scopes that the message names.",
                _ => null,
            },
        }.ToException(answer, who, action);
    }

    /// <summary>Of an item of a batch that failed, behind a 207.</summary>
    public static ActivityException BatchFailure(CrmAnswer answer, JsonElement error, string who, string action) =>
        new CrmRefusal(CrmJson.Text(error, "category"), CrmJson.Text(error, "message")) { Owner = FailureOwner.Author }.ToException(answer, who, action);

    /// <summary><c>Contact already exists. Existing ID: 2926551</c>; null: it says nothing of the kind.</summary>
    public static string? ExistingId(CrmAnswer answer) =>
        answer.Status == 409 && CrmJson.TryParse(answer.Body, out var json) && CrmJson.Text(json, "message") is { } message && Existing().Match(message) is { Success: true } match
            ? match.Groups[1].Value
            : null;

    private static FailureOwner OwnerOf(int status, string? category) => (status, category) switch
    {
        // Locked, and being moved to another data centre: both pass.
        (423 or 477, _) => FailureOwner.Crm,
        (_, "MISSING_SCOPES" or "INVALID_AUTHENTICATION" or "EXPIRED_AUTHENTICATION") => FailureOwner.Administrator,
        (_, "RATE_LIMITS" or "RATE_LIMIT") => FailureOwner.Crm,
        _ => CrmRefusal.OwnerBy(status),
    };

    private static List<string> Properties(JsonElement json) =>
        [.. CrmJson.Items(json, "errors").Select(error => CrmJson.Member(error, "context") is { } context
            ? CrmJson.Items(context, "propertyName").Select(CrmJson.Word).FirstOrDefault() ?? CrmJson.Text(context, "propertyName")
            : CrmJson.Text(error, "in")).OfType<string>().Distinct()];

    [GeneratedRegex(@"Existing ID: (\d+)", RegexOptions.CultureInvariant)]
    private static partial Regex Existing();
}
