using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Connectors.StandIns;

/// <summary>HubSpot's CRM API v3 as its reference shows it: objects, batch upsert, properties, association labels, "Error handling", "Usage limits".</summary>
internal sealed class HubSpotStandIn : StandIn
{
    public const string Token = "pat-eu1-11111111-2222-3333";
    public const string KeyProperty = "flowlite_key";

    private static readonly Dictionary<string, string[]> Properties = new()
    {
        ["contacts"] = ["email", "firstname", "lastname", "phone", "company", "jobtitle", "lifecyclestage", "hs_buying_role", KeyProperty],
        ["companies"] = ["name", "domain", KeyProperty],
        ["leads"] = ["hs_lead_name", KeyProperty],
    };

    private static readonly string[] Unique = ["email", KeyProperty];

    public static Task<HubSpotStandIn> StartAsync() => new HubSpotStandIn().StartedAsync<HubSpotStandIn>();

    /// <summary>The tables whose key property requires unique values.</summary>
    public IReadOnlyList<string> UniqueIn { get; set; } = ["contacts", "companies", "leads"];

    protected override bool IsRecordCall(HttpRequest request) => request.Path.Value!.StartsWith("/crm/v3/objects/", StringComparison.Ordinal);

    protected override Answer Handle(HttpRequest request, string body)
    {
        if (request.Headers.Authorization != $"Bearer {Token}")
        {
            return Error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found. This API supports OAuth 2.0 authentication.");
        }

        if (request.Method != "GET" && request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) != true)
        {
            return new Answer(415);
        }

        return (request.Method, request.Path.Value!.Trim('/').Split('/')) switch
        {
            ("GET", ["account-info", "v3", "details"]) => new Answer(200, """{"portalId":62515,"accountType":"STANDARD","timeZone":"Europe/Berlin"}"""),
            ("GET", ["crm", "v3", "schemas"]) => Error(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call."),
            ("GET", ["crm", "v3", "properties", var table]) when Properties.ContainsKey(table) => Describe(table),
            ("GET", ["crm", "v4", "associations", "leads", "contacts", "labels"]) => new Answer(200, """{"results":[{"category":"HUBSPOT_DEFINED","typeId":578,"label":"Primary"}]}"""),
            ("GET", ["crm", "v4", "associations", "contacts", "companies", "labels"]) =>
                new Answer(200, """{"results":[{"category":"HUBSPOT_DEFINED","typeId":1,"label":"Primary"},{"category":"HUBSPOT_DEFINED","typeId":279,"label":null},{"category":"USER_DEFINED","typeId":36,"label":"Partner"}]}"""),
            ("POST", ["crm", "v3", "objects", var table]) when Properties.ContainsKey(table) => Create(table, body),
            ("POST", ["crm", "v3", "objects", var table, "batch", "upsert"]) when Properties.ContainsKey(table) => Upsert(table, body),
            ("GET", ["crm", "v3", "objects", var table, var id]) => Known(request, table, id) is { } record ? Answer.Json(200, Shown(record)) : NotFound,
            ("PATCH", ["crm", "v3", "objects", var table, var id]) => Known(request, table, id) is { } record ? Change(table, record, body) : NotFound,
            _ => NotFound,
        };
    }

    private static Answer NotFound => Error(404, "OBJECT_NOT_FOUND", "resource not found");

    public static Answer Error(int status, string category, string message, string? property = null)
    {
        var error = new JsonObject { ["status"] = "error", ["message"] = message, ["correlationId"] = "aeb5f871-7f07-4993-9211-075dc63e7cbf", ["category"] = category };
        if (property is not null)
        {
            error["errors"] = new JsonArray(new JsonObject { ["message"] = message, ["code"] = category, ["context"] = new JsonObject { ["propertyName"] = new JsonArray(property) } });
        }

        return Answer.Json(status, error);
    }

    private Answer Describe(string table) => Answer.Json(200, new JsonObject { ["results"] = new JsonArray([.. Properties[table].Select(name => Property(table, name)), ReadOnly()]) });

    private JsonObject Property(string table, string name) => new()
    {
        ["name"] = name,
        ["label"] = name == "lastname" ? "Last Name" : name,
        ["type"] = name is "lifecyclestage" or "hs_buying_role" ? "enumeration" : "string",
        ["fieldType"] = name switch { "lifecyclestage" => "radio", "hs_buying_role" => "checkbox", _ => "text" },
        ["groupName"] = table,
        ["options"] = name == "lifecyclestage" ? new JsonArray(new JsonObject { ["label"] = "Lead", ["value"] = "lead", ["hidden"] = false }) : [],
        ["hasUniqueValue"] = name == KeyProperty && UniqueIn.Contains(table),
        ["hidden"] = false,
        ["calculated"] = false,
        ["modificationMetadata"] = new JsonObject { ["readOnlyValue"] = false },
    };

    private static JsonNode ReadOnly() => JsonNode.Parse("""{"name":"createdate","label":"Create Date","type":"datetime","fieldType":"date","calculated":false,"hidden":false,"modificationMetadata":{"readOnlyValue":true}}""")!;

    private JsonObject? Known(HttpRequest request, string table, string id) =>
        request.Query.TryGetValue("idProperty", out var property) ? Find(table, property.ToString(), id) : Find(table, "$id", id);

    private Answer Create(string table, string body)
    {
        if (Parse(body) is not { } json || json["properties"] is not JsonObject properties || json["associations"] is not JsonArray associations)
        {
            return Error(400, "VALIDATION_ERROR", "Invalid input JSON");
        }

        if (Refused(table, properties) is { } refused)
        {
            return refused;
        }

        if (table == "leads" && associations.Count == 0)
        {
            return Error(400, "VALIDATION_ERROR", "Lead must be associated to a contact or company");
        }

        if (associations.Any(association => Find("contacts", "$id", Text((JsonObject)association!["to"]!, "id")) is null && Find("companies", "$id", Text((JsonObject)association["to"]!, "id")) is null))
        {
            return Error(400, "VALIDATION_ERROR", "The object to associate does not exist");
        }

        foreach (var name in Unique.Where(name => name != KeyProperty || UniqueIn.Contains(table)))
        {
            if (Find(table, name, Text(properties, name)) is { } known)
            {
                return name == "email"
                    ? Error(409, "CONFLICT", $"Contact already exists. Existing ID: {Text(known, "$id")}")
                    : Error(400, "VALIDATION_ERROR", $"Property values were not valid: [{{\"isValid\":false,\"error\":\"CONFLICTING_UNIQUE_VALUE\",\"name\":\"{name}\"}}]", name);
            }
        }

        var record = Add(table, properties);
        record["$associations"] = associations.DeepClone();
        return Answer.Json(201, Shown(record));
    }

    private Answer Upsert(string table, string body)
    {
        if (Parse(body)?["inputs"] is not JsonArray { Count: > 0 and <= 100 } inputs)
        {
            return Error(400, "VALIDATION_ERROR", "Invalid input JSON");
        }

        var results = new JsonArray();
        var errors = new JsonArray();
        foreach (var input in inputs.Cast<JsonObject>())
        {
            var property = Text(input, "idProperty")!;
            var properties = (JsonObject)input["properties"]!.DeepClone();
            properties[property] = Text(input, "id");
            if (!Unique.Contains(property) || Refused(table, properties) is not null)
            {
                errors.Add(new JsonObject { ["status"] = "error", ["category"] = "VALIDATION_ERROR", ["message"] = "The input is not valid" });
                continue;
            }

            var known = Find(table, property, Text(input, "id"));
            if (known is not null)
            {
                Set(known, properties);
            }

            var shown = Shown(known ?? Add(table, properties));
            shown["new"] = known is null;
            results.Add(shown);
        }

        var answer = new JsonObject { ["status"] = "COMPLETE", ["results"] = results };
        if (errors.Count > 0)
        {
            answer["numErrors"] = errors.Count;
            answer["errors"] = errors;
        }

        return Answer.Json(errors.Count > 0 ? 207 : 200, answer);
    }

    private static Answer Change(string table, JsonObject record, string body)
    {
        if (Parse(body)?["properties"] is not JsonObject properties)
        {
            return Error(400, "VALIDATION_ERROR", "Invalid input JSON");
        }

        if (Refused(table, properties) is { } refused)
        {
            return refused;
        }

        Set(record, properties);
        return Answer.Json(200, Shown(record));
    }

    private static Answer? Refused(string table, JsonObject properties)
    {
        foreach (var (name, value) in properties)
        {
            if (!Properties[table].Contains(name))
            {
                return Error(400, "VALIDATION_ERROR", $"Property \"{name}\" does not exist", name);
            }

            if (value?.GetValueKind() != JsonValueKind.String)
            {
                return Error(400, "VALIDATION_ERROR", $"{name} is no string", name);
            }
        }

        return null;
    }

    private static JsonObject Shown(JsonObject record)
    {
        var properties = new JsonObject();
        foreach (var (name, value) in record.Where(field => field.Key[0] != '$'))
        {
            properties[name] = value?.DeepClone();
        }

        return new JsonObject { ["id"] = Text(record, "$id"), ["properties"] = properties, ["createdAt"] = "2026-01-01T00:00:00.000Z", ["updatedAt"] = "2026-01-01T00:00:00.000Z", ["archived"] = false };
    }
}
