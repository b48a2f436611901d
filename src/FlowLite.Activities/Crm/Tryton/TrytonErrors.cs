using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Tryton;

/// <summary>
/// What Tryton answers. Its errors come with HTTP 200: <c>{"id":1,"error":["UserError",["message","description",null]]}</c>; those of
/// its code or its database have their text alone. Each call is one transaction: after an error nothing of it is there.
/// </summary>
internal static class TrytonErrors
{
    /// <summary>The <c>result</c> of an answer.</summary>
    /// <exception cref="ActivityException">It has none.</exception>
    public static JsonElement Result(CrmAnswer answer, string who, string action, SecretMask mask)
    {
        if (answer.Status != 200)
        {
            throw new CrmRefusal(null, null) { Owner = CrmRefusal.OwnerBy(answer.Status) }.ToException(answer, who, action);
        }

        if (!CrmJson.TryParse(answer.Body, out var json) || json.ValueKind != JsonValueKind.Object || !(json.TryGetProperty("result", out _) || json.TryGetProperty("error", out _)))
        {
            throw new CrmRefusal("UnexpectedAnswer", "it is none of Tryton's; check the connection's address") { Owner = FailureOwner.Crm }.ToException(answer, who, action);
        }

        return json.TryGetProperty("error", out var error) ? throw Failure(error, who, action, mask) : json.GetProperty("result");
    }

    /// <summary>What a server on SQLite says to a login into a database that isn't there; one on PostgreSQL answers 404.</summary>
    public static bool IsNoDatabase(CrmAnswer answer) =>
        answer.Status == 200 && CrmJson.TryParse(answer.Body, out var json) && CrmJson.Items(json, "error").FirstOrDefault() is { ValueKind: JsonValueKind.String } said
        && said.GetString() is { } text && text.StartsWith("Database '", StringComparison.Ordinal) && text.EndsWith("doesn't exist!", StringComparison.Ordinal);

    private static ActivityException Failure(JsonElement error, string who, string action, SecretMask mask)
    {
        var name = error.ValueKind == JsonValueKind.Array && error.GetArrayLength() > 0 && error[0].ValueKind == JsonValueKind.String ? error[0].GetString()! : "";
        var said = error.ValueKind == JsonValueKind.Array && error.GetArrayLength() > 1 ? error[1] : default;
        var (code, text, retryable) = name switch
        {
            "UserError" => (name, Texts(said, from: 0), false),
            // A warning's first member is its name, by which a person confirms it.
            "UserWarning" => (name, Texts(said, from: 1), false),
            "ConcurrencyException" => (name, Texts(said, from: 0), true),
            "LoginException" => (name, "more than a password is asked for", false),
            // Of its code or its database, such as one that is locked: what will hold tomorrow can't be told from what won't.
            _ => ("ServerError", name, true),
        };
        text = mask.Apply(text);
        return new ActivityException(
            code,
            $"{who} did not {action}: {text.TrimEnd('.')}. {(retryable ? "It can be sent again as it is." : "Check the mapped fields and what the connection's user may do, then resubmit the run.")}")
        {
            Retryable = retryable,
            Details = FailureOwners.Details(retryable ? FailureOwner.Crm : name == "LoginException" ? FailureOwner.Administrator : FailureOwner.Author, code, text, 200),
        };
    }

    // The third member describes the domain that a value is not in: pages of it.
    private static string Texts(JsonElement said, int from) => said.ValueKind switch
    {
        JsonValueKind.String => said.GetString()!,
        JsonValueKind.Array => string.Join(" ", said.EnumerateArray().Skip(from).Take(2).Where(text => text.ValueKind == JsonValueKind.String && text.GetString()!.Length > 0).Select(text => text.GetString())),
        _ => "it gave no reason",
    };
}
