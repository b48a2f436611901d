using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Connectors.StandIns;

/// <summary>
/// Salesforce's REST API as its guide shows it ("Create a Record", "Insert or Update (Upsert) a Record Using an External ID",
/// "sObject Describe", "Status Codes and Error Responses") with the OAuth 2.0 client credentials flow on My Domain.
/// </summary>
internal sealed class SalesforceStandIn : StandIn
{
    public const string ClientId = "3MVG9consumer";
    public const string Secret = "7F3+A/secret=";
    public const string KeyField = "FlowLite_Key__c";
    private const string Root = "/services/data/v63.0/";

    private static readonly Dictionary<string, int> LeadFields = new()
    {
        ["FirstName"] = 40,
        ["LastName"] = 80,
        ["Company"] = 255,
        ["Email"] = 80,
        ["Phone"] = 40,
        ["Title"] = 128,
        ["Description"] = 32000,
        ["LeadSource"] = 255,
        ["Rating"] = 255,
        ["Products__c"] = 4099,
        [KeyField] = 36,
    };

    private int _tokens;

    /// <summary>The token that is taken; another one is refused as a session that ended.</summary>
    public string Session { get; private set; } = "none";

    public bool KeyIsUnique { get; set; } = true;

    public static Task<SalesforceStandIn> StartAsync() => new SalesforceStandIn().StartedAsync<SalesforceStandIn>();

    public void EndSession() => Session = "ended";

    protected override bool IsRecordCall(HttpRequest request) => request.Path.Value!.StartsWith(Root + "sobjects/", StringComparison.Ordinal);

    protected override Answer Handle(HttpRequest request, string body)
    {
        var path = request.Path.Value!;
        if (path == "/services/oauth2/token")
        {
            return Token(request, body);
        }

        if (request.Headers.Authorization != $"Bearer {Session}")
        {
            return Error(401, "INVALID_SESSION_ID", "Session expired or invalid");
        }

        if (!path.StartsWith(Root, StringComparison.Ordinal))
        {
            return NotFound;
        }

        return (request.Method, path[Root.Length..].Split('/')) switch
        {
            ("GET", [""]) => new Answer(200, """{"sobjects":"/services/data/v63.0/sobjects","identity":"https://login.salesforce.com/id/00D50000000IZ3ZEAW/00550000001fg5OAAQ"}"""),
            ("GET", ["sobjects"]) => new Answer(200, """{"encoding":"UTF-8","maxBatchSize":200,"sobjects":[{"name":"Lead","label":"Lead","createable":true},{"name":"LeadHistory","label":"Lead History","createable":false}]}"""),
            ("GET", ["sobjects", "Lead", "describe"]) => Describe(),
            ("POST", ["sobjects", "Lead"]) => Write(request, body, null),
            ("PATCH", ["sobjects", "Lead", var id]) => Find("Lead", "$id", id) is { } record ? Change(record, body) : NotFound,
            ("PATCH", ["sobjects", "Lead", KeyField or "Email", var value]) => Upsert(request, body, path.Split('/')[^2], value),
            ("GET", ["sobjects", "Lead", var id]) => Read(request, Find("Lead", "$id", id)),
            ("GET", ["sobjects", "Lead", KeyField or "Email", var value]) => Read(request, Find("Lead", path.Split('/')[^2], value)),
            _ => NotFound,
        };
    }

    private static Answer NotFound => Error(404, "NOT_FOUND", "The requested resource does not exist");

    public static Answer Error(int status, string code, string message, params string[] fields)
    {
        var error = new JsonObject { ["message"] = message, ["errorCode"] = code };
        if (fields.Length > 0)
        {
            error["fields"] = new JsonArray([.. fields.Select(field => (JsonNode)field)]);
        }

        return Answer.Json(status, new JsonArray(error));
    }

    private Answer Token(HttpRequest request, string body)
    {
        var form = request.Method == "POST" && request.ContentType == "application/x-www-form-urlencoded" ? Form(body) : [];
        if (form.GetValueOrDefault("grant_type") != "client_credentials")
        {
            return new Answer(400, """{"error":"unsupported_grant_type","error_description":"grant type not supported"}""");
        }

        if (form.GetValueOrDefault("client_id") != ClientId || form.GetValueOrDefault("client_secret") != Secret)
        {
            return new Answer(400, """{"error":"invalid_client","error_description":"invalid client credentials"}""");
        }

        Session = $"00D!token{++_tokens}";
        return new Answer(200, $$"""{"access_token":"{{Session}}","signature":"c2ln","token_format":"opaque","instance_url":"{{Url}}","id":"{{Url}}/id/00D/005","token_type":"Bearer","issued_at":"1700000000000"}""");
    }

    private Answer Describe() => Answer.Json(200, new JsonObject
    {
        ["name"] = "Lead",
        ["fields"] = new JsonArray([
            Field("Id", "id", 18, createable: false),
            .. LeadFields.Select(field => Field(field.Key, field.Key switch { "Description" => "textarea", "LeadSource" or "Rating" => "picklist", "Products__c" => "multipicklist", "Email" => "email", _ => "string" }, field.Value))]),
    });

    private JsonObject Field(string name, string type, int length, bool createable = true) => new()
    {
        ["name"] = name,
        ["label"] = name == "LastName" ? "Last Name" : name,
        ["type"] = type,
        ["length"] = length,
        ["nillable"] = name is not ("LastName" or "Company" or "Id"),
        ["defaultedOnCreate"] = name == "Id",
        ["createable"] = createable,
        ["updateable"] = createable,
        ["externalId"] = name == KeyField,
        ["unique"] = name == KeyField && KeyIsUnique,
        ["restrictedPicklist"] = name == "Rating",
        ["picklistValues"] = type == "picklist"
            ? new JsonArray(new JsonObject { ["active"] = true, ["value"] = "Web", ["label"] = "Web" }, new JsonObject { ["active"] = false, ["value"] = "Fax", ["label"] = "Fax" })
            : [],
    };

    private Answer Write(HttpRequest request, string body, (string Name, string Value)? key)
    {
        if (request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) != true || Parse(body) is not { } fields)
        {
            return Error(400, "JSON_PARSER_ERROR", "Unexpected character");
        }

        if (Refused(fields) is { } refused)
        {
            return refused;
        }

        if (key is var (name, value))
        {
            fields[name] = value;
        }

        var missing = new[] { "LastName", "Company" }.Where(required => string.IsNullOrEmpty(Text(fields, required))).ToArray();
        if (missing.Length > 0)
        {
            return Error(400, "REQUIRED_FIELD_MISSING", $"Required fields are missing: [{string.Join(", ", missing)}]", missing);
        }

        if (KeyIsUnique && Find("Lead", KeyField, Text(fields, KeyField)) is { } known)
        {
            return Error(400, "DUPLICATE_VALUE", $"duplicate value found: {KeyField} duplicates value on record with id: {Text(known, "$id")}");
        }

        if (Text(fields, "LastName") == "Twin" && request.Headers["Sforce-Duplicate-Rule-Header"] != "allowSave=true")
        {
            return Error(400, "DUPLICATES_DETECTED", "Use one of these records?");
        }

        var record = Add("Lead", fields, number => $"00Q{number:000000000000}AAA");
        return new Answer(201, $$"""{"id":"{{Text(record, "$id")}}","success":true,"errors":[]}""");
    }

    private Answer Upsert(HttpRequest request, string body, string field, string value)
    {
        if (Records.Count(record => Text(record, field) == value) > 1)
        {
            return new Answer(300, """["/services/data/v63.0/sobjects/Lead/00Q1","/services/data/v63.0/sobjects/Lead/00Q2"]""");
        }

        if (Find("Lead", field, value) is not { } known)
        {
            return request.Query["updateOnly"] == "true" ? NotFound : Write(request, body, (field, value));
        }

        var changed = Change(known, body);
        return changed.Status == 204 ? new Answer(200, $$"""{"id":"{{Text(known, "$id")}}","success":true,"errors":[],"created":false}""") : changed;
    }

    private static Answer Change(JsonObject record, string body)
    {
        if (Parse(body) is not { } fields)
        {
            return Error(400, "JSON_PARSER_ERROR", "Unexpected character");
        }

        if (Refused(fields) is { } refused)
        {
            return refused;
        }

        Set(record, fields);
        return new Answer(204);
    }

    private static Answer? Refused(JsonObject fields)
    {
        foreach (var (name, _) in fields)
        {
            if (!LeadFields.TryGetValue(name, out var length))
            {
                return Error(400, "INVALID_FIELD", $"No such column '{name}' on sobject of type Lead");
            }

            if (Text(fields, name)?.Length > length)
            {
                return Error(400, "STRING_TOO_LONG", $"{name}: data value too large: {Text(fields, name)![..5]} (max length={length})", name);
            }
        }

        return null;
    }

    private static Answer Read(HttpRequest request, JsonObject? record)
    {
        if (record is null)
        {
            return NotFound;
        }

        var wanted = request.Query["fields"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries);
        var answer = new JsonObject { ["attributes"] = new JsonObject { ["type"] = "Lead" }, ["Id"] = Text(record, "$id") };
        foreach (var (name, value) in record.Where(field => field.Key[0] != '$' && (wanted.Length == 0 || wanted.Contains(field.Key))))
        {
            answer[name] = value?.DeepClone();
        }

        return Answer.Json(200, answer);
    }
}
