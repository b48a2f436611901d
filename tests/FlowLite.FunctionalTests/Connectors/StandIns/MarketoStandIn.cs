using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Connectors.StandIns;

/// <summary>Marketo's REST API v1 as its guide shows it ("Authentication", "Leads", "Error Codes"): refusals are HTTP 200.</summary>
internal sealed class MarketoStandIn : StandIn
{
    public const string ClientId = "service-1";
    public const string Secret = "mkto/secret+1";
    public const string KeyField = "flowliteKey";

    private static readonly string[] Fields = ["id", "email", "firstName", "lastName", "company", "phone", "title", KeyField];

    private int _tokens;

    public string Token { get; private set; } = "none";

    public static Task<MarketoStandIn> StartAsync() => new MarketoStandIn().StartedAsync<MarketoStandIn>();

    public void EndToken() => Token = "ended";

    protected override bool IsRecordCall(HttpRequest request) => request.Path == "/rest/v1/leads.json";

    protected override Answer Handle(HttpRequest request, string body)
    {
        if (request.Path == "/identity/oauth/token")
        {
            var form = request.Method == "POST" ? Form(body) : request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
            if (form.GetValueOrDefault("grant_type") != "client_credentials" || form.GetValueOrDefault("client_id") != ClientId || form.GetValueOrDefault("client_secret") != Secret)
            {
                return new Answer(401, """{"error":"unauthorized","error_description":"No client with requested id: x"}""");
            }

            Token = $"cdf01657-110d-4155-99a7-f986b2ff13a0:{++_tokens}";
            return new Answer(200, $$"""{"access_token":"{{Token}}","token_type":"bearer","expires_in":3599,"scope":"apis@acmeinc.com"}""");
        }

        if (request.Headers.Authorization != $"Bearer {Token}")
        {
            return Error(request.Headers.Authorization.Count == 0 ? "600" : Token == "ended" ? "602" : "601", "Access token invalid");
        }

        return (request.Method, request.Path.Value) switch
        {
            ("GET", "/rest/v1/leads/describe.json") => Describe(),
            ("POST", "/rest/v1/leads.json") => Write(request, body),
            ("GET", "/rest/v1/leads.json") => Read(request),
            _ => Error("610", "Requested resource not found"),
        };
    }

    public static Answer Error(string code, string message) => new(200, $$"""{"requestId":"e42b#14272d07d78","success":false,"errors":[{"code":"{{code}}","message":"{{message}}"}]}""");

    public static Answer Skipped(string code, string message) => Result(SkippedRecord(code, message));

    private static JsonObject SkippedRecord(string code, string message) =>
        new() { ["status"] = "skipped", ["reasons"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message }) };

    private static Answer Result(params JsonNode[] results) => Answer.Json(200, new JsonObject { ["requestId"] = "e42b#14272d07d78", ["success"] = true, ["result"] = new JsonArray(results) });

    private static Answer Describe() => Result([.. Fields.Select((name, index) => (JsonNode)new JsonObject
    {
        ["id"] = index,
        ["displayName"] = name == "lastName" ? "Last Name" : name,
        ["dataType"] = name switch { "id" => "integer", "email" => "email", _ => "string" },
        ["length"] = 255,
        ["rest"] = new JsonObject { ["name"] = name, ["readOnly"] = name == "id" },
    })]);

    private Answer Write(HttpRequest request, string body)
    {
        if (request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) != true)
        {
            return Error("612", "Invalid Content Type");
        }

        if (Parse(body) is not { } json || json["input"] is not JsonArray { Count: > 0 and <= 300 } input)
        {
            return Error("609", "Invalid JSON");
        }

        var action = Text(json, "action") ?? "createOrUpdate";
        var lookup = Text(json, "lookupField") ?? "email";
        return Result([.. input.Cast<JsonObject>().Select(lead => Write(lead, action, lookup))]);
    }

    private JsonObject Write(JsonObject lead, string action, string lookup)
    {
        if (lead.FirstOrDefault(field => !Fields.Contains(field.Key)) is { Key: { } unknown })
        {
            return SkippedRecord("1006", $"Field '{unknown}' not found");
        }

        var found = action == "createDuplicate" ? null : Find("lead", lookup == "id" ? "$id" : lookup, Text(lead, lookup));
        switch (action, found)
        {
            case ("createOnly", not null):
                return SkippedRecord("1005", "Lead already exists");
            case ("updateOnly", null):
                return SkippedRecord("1004", "Lead not found");
            case (_, not null):
                Set(found, lead);
                return new JsonObject { ["id"] = int.Parse(Text(found, "$id")!, System.Globalization.CultureInfo.InvariantCulture), ["status"] = "updated" };
            default:
                return new JsonObject { ["id"] = int.Parse(Text(Add("lead", lead), "$id")!, System.Globalization.CultureInfo.InvariantCulture), ["status"] = "created" };
        }
    }

    private Answer Read(HttpRequest request)
    {
        var filter = request.Query["filterType"].ToString();
        var values = request.Query["filterValues"].ToString();
        if (filter.Length == 0 || values.Length == 0)
        {
            return Error("1003", "filterType and filterValues are needed");
        }

        if (Find("lead", filter == "id" ? "$id" : filter, values) is not { } lead)
        {
            return Result();
        }

        var shown = new JsonObject { ["id"] = int.Parse(Text(lead, "$id")!, System.Globalization.CultureInfo.InvariantCulture), ["updatedAt"] = "2026-01-01T00:00:00Z" };
        foreach (var (name, value) in lead.Where(field => field.Key[0] != '$'))
        {
            shown[name] = value?.DeepClone();
        }

        return Result(shown);
    }
}
