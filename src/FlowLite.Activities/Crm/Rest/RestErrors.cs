using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Rest;

/// <summary>What an answer that did not do what was asked means. The status decides; code and words are found where APIs usually have them.</summary>
internal static class RestErrors
{
    private static readonly string[] Codes = ["code", "errorCode", "error_code", "type", "category", "name"];
    private static readonly string[] Messages = ["message", "detail", "error_description", "description", "title", "msg"];

    /// <param name="action">What the CRM was asked to do: <c>create the record in leads</c></param>
    public static ActivityException Failure(CrmAnswer answer, string who, string action)
    {
        var (code, message) = CrmJson.TryParse(answer.Body, out var json) ? Read(json) : default;
        return new CrmRefusal(code, message) { Owner = CrmRefusal.OwnerBy(answer.Status) }.ToException(answer, who, action);
    }

    /// <summary><c>{"error":{"code","message"}}</c> (OData), <c>{"error":"…","error_description":"…"}</c>, <c>{"errors":[…]}</c>, problem details (RFC 9457), a list of errors.</summary>
    private static (string? Code, string? Message) Read(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            return json.GetArrayLength() > 0 ? Read(json[0]) : default;
        }

        if (CrmJson.Member(json, "error") is { ValueKind: JsonValueKind.Object } error)
        {
            return Read(error);
        }

        if (CrmJson.Items(json, "errors").FirstOrDefault() is { ValueKind: JsonValueKind.Object } first)
        {
            return Read(first);
        }

        return (First(json, Codes) ?? CrmJson.Text(json, "error"), First(json, Messages) ?? CrmJson.Items(json, "errors").Select(CrmJson.Word).FirstOrDefault());
    }

    private static string? First(JsonElement json, string[] names) =>
        names.Select(name => CrmJson.Word(json, name)).FirstOrDefault(text => text is not null) is { } found ? CrmJson.Shorten(found, 500) : null;
}
