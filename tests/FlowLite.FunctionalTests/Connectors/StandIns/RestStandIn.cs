using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Connectors.StandIns;

/// <summary>
/// A CRM with a REST API of the usual kinds: <c>leads</c> with an Idempotency-Key, <c>people</c> under an id of the caller's (PUT),
/// <c>contacts</c> with a unique column, <c>notes</c> without any key.
/// </summary>
internal sealed class RestStandIn : StandIn
{
    public const string ClientId = "flowlite";
    public const string Secret = "rest-secret";

    /// <summary>As the connection's setting describes it.</summary>
    public const string Tables = """
        {
          "leads": {
            "displayName": "Lead",
            "create": { "path": "/v2/leads", "body": { "data": { "type": "lead", "attributes": "{fields}" } }, "id": "/data/id", "exists": [200] },
            "key": { "header": "Idempotency-Key", "enforced": true },
            "get": { "path": "/v2/leads/{id}", "record": "/data/attributes" },
            "update": { "path": "/v2/leads/{id}" },
            "fields": [
              { "name": "email", "displayName": "E-mail", "required": true, "maxLength": 100 },
              { "name": "city", "at": "/address/city" },
              { "name": "rating", "type": "choice", "options": ["hot", { "value": "cold", "label": "Cold" }] }
            ],
            "fieldList": { "path": "/v2/fields/leads", "items": "/data", "name": "/key", "displayName": "/label", "type": "/kind", "required": "/mandatory", "next": "/next" }
          },
          "people": {
            "create": { "method": "PUT", "path": "/v2/people/{key}", "exists": [200] },
            "key": { "enforced": true },
            "get": { "path": "/v2/people/{id}" },
            "fields": [{ "name": "email" }]
          },
          "contacts": {
            "create": { "path": "/v2/contacts", "exists": [409], "find": { "path": "/v2/contacts?external_id={key}", "id": "/data/0/id" } },
            "key": { "field": "external_id", "enforced": true },
            "upsert": { "path": "/v2/contacts/by/{email}" },
            "get": { "path": "/v2/contacts?email={email}", "record": "/data/0" },
            "fields": [{ "name": "email" }]
          },
          "offers": {
            "create": { "path": "/v2/odata/Offers", "headers": { "Prefer": "return=representation" }, "id": "/Id" },
            "fieldList": { "path": "/v2/odata/$metadata", "entitySet": "Offers" }
          },
          "notes": { "create": { "path": "/v2/notes", "id": "/id" }, "key": { "field": "ref" }, "fields": [{ "name": "email" }] }
        }
        """;

    private const string Csdl = """
        <?xml version="1.0" encoding="utf-8"?>
        <edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
          <Schema Namespace="Shop" Alias="S" xmlns="http://docs.oasis-open.org/odata/ns/edm">
            <EnumType Name="Rating"><Member Name="Hot"/><Member Name="Cold"/></EnumType>
            <EntityType Name="Thing" Abstract="true"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.Guid" Nullable="false"/></EntityType>
            <EntityType Name="Offer" BaseType="S.Thing">
              <Property Name="Title" Type="Edm.String" Nullable="false" MaxLength="40"/>
              <Property Name="Rating" Type="Shop.Rating"/>
              <Property Name="Amount" Type="Edm.Decimal"/>
              <Property Name="Made" Type="Edm.DateTimeOffset" Nullable="false"><Annotation Term="Org.OData.Core.V1.Computed" Bool="true"/></Property>
            </EntityType>
            <EntityContainer Name="Container"><EntitySet Name="Offers" EntityType="Shop.Offer"/></EntityContainer>
          </Schema>
        </edmx:DataServices></edmx:Edmx>
        """;

    private string _token = "none";
    private int _tokens;

    public static Task<RestStandIn> StartAsync() => new RestStandIn().StartedAsync<RestStandIn>();

    public void EndToken() => _token = "ended";

    protected override bool IsRecordCall(HttpRequest request) => request.Path.Value!.StartsWith("/v2/", StringComparison.Ordinal) && !request.Path.StartsWithSegments("/v2/fields");

    protected override Answer Handle(HttpRequest request, string body)
    {
        if (request.Path == "/token")
        {
            var form = Form(body);
            _token = $"rt{++_tokens}";
            return form.GetValueOrDefault("client_id") == ClientId && form.GetValueOrDefault("client_secret") == Secret
                ? new Answer(200, $$"""{"access_token":"{{_token}}","expires_in":3600}""")
                : new Answer(401, """{"error":"invalid_client"}""");
        }

        var known = new[] { $"Bearer {_token}", $"Bearer {Secret}", "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{ClientId}:{Secret}")) };
        if (!known.Contains(request.Headers.Authorization.ToString()) && request.Headers["X-Api-Key"] != Secret)
        {
            return new Answer(401, """{"title":"Unauthorized","status":401,"detail":"Who are you?"}""");
        }

        return (request.Method, request.Path.Value!.Trim('/').Split('/')) switch
        {
            ("GET", ["v2", "me"]) => new Answer(200, """{"name":"me"}"""),
            ("GET", ["v2", "fields", "leads"]) => request.Query["page"] == "2"
                ? new Answer(200, """{"data":[{"key":"revenue","label":"Revenue","kind":"decimal","mandatory":false}]}""")
                : new Answer(200, """{"data":[{"key":"name","label":"Name","kind":"string","mandatory":true},{"key":"email","label":"E","kind":"string","mandatory":false}],"next":"/v2/fields/leads?page=2"}"""),
            ("POST", ["v2", "leads"]) => Lead(request, body),
            ("GET", ["v2", "leads", var id]) => Find("leads", "$id", id) is { } lead ? Answer.Json(200, new JsonObject { ["data"] = new JsonObject { ["attributes"] = Shown(lead) } }) : NotFound,
            ("PATCH", ["v2", "leads", var id]) => Find("leads", "$id", id) is { } lead ? Change(lead, body) : NotFound,
            ("PUT", ["v2", "people", var id]) => Person(id, body),
            ("GET", ["v2", "people", var id]) => Find("people", "$id", id) is { } person ? Answer.Json(200, Shown(person)) : NotFound,
            ("POST", ["v2", "contacts"]) => Contact(body),
            ("GET", ["v2", "contacts"]) => List(request),
            ("PUT", ["v2", "contacts", "by", var email]) => ByEmail(Uri.UnescapeDataString(email), body),
            ("GET", ["v2", "odata", "$metadata"]) when request.Headers.Accept == "application/xml" => new Answer(200, Csdl),
            ("POST", ["v2", "odata", "Offers"]) when request.Headers["Prefer"] == "return=representation" && Parse(body) is { } offer =>
                Answer.Json(201, new JsonObject { ["@odata.context"] = "$metadata#Offers/$entity", ["Id"] = Text(Add("offers", offer), "$id") }),
            ("POST", ["v2", "notes"]) => Note(body),
            _ => NotFound,
        };
    }

    private static Answer NotFound => new(404, """{"errors":[{"code":"not_found","detail":"No such thing."}]}""");

    private static Answer Invalid(string detail) => new(422, $$"""{"errors":[{"code":"invalid","detail":"{{detail}}"}]}""");

    private Answer Lead(HttpRequest request, string body)
    {
        if (Parse(body)?["data"]?["attributes"] is not JsonObject fields)
        {
            return Invalid("data.attributes is missing");
        }

        if (!request.Headers.TryGetValue("Idempotency-Key", out var key))
        {
            return Invalid("Idempotency-Key is missing");
        }

        if (Text(fields, "email") is null)
        {
            return Invalid("email is missing");
        }

        var known = Find("leads", "$key", key.ToString());
        var lead = known ?? Add("leads", fields);
        lead["$key"] = key.ToString();
        return Answer.Json(known is null ? 201 : 200, new JsonObject { ["data"] = new JsonObject { ["id"] = Text(lead, "$id") } });
    }

    private Answer Person(string id, string body)
    {
        if (Parse(body) is not { } fields)
        {
            return Invalid("no JSON");
        }

        if (Find("people", "$id", id) is { } known)
        {
            Set(known, fields);
            return new Answer(200, """{"ok":true}""");
        }

        Add("people", fields, _ => id);
        return new Answer(201, null, ("Location", $"{Url}/v2/people/{id}"));
    }

    private Answer Contact(string body)
    {
        if (Parse(body) is not { } fields || Text(fields, "external_id") is not { } key)
        {
            return Invalid("external_id is missing");
        }

        if (Find("contacts", "external_id", key) is not null || Find("contacts", "email", Text(fields, "email")) is not null)
        {
            return new Answer(409, """{"errors":[{"code":"duplicate","detail":"There is one like it."}]}""");
        }

        var contact = Add("contacts", fields);
        return new Answer(201, null, ("Location", $"{Url}/v2/contacts/{Text(contact, "$id")}"));
    }

    private Answer List(HttpRequest request)
    {
        var (name, value) = request.Query.First() is var query ? (query.Key, query.Value.ToString()) : default;
        var found = Find("contacts", name, value);
        return Answer.Json(200, new JsonObject { ["data"] = found is null ? [] : new JsonArray(Shown(found)) });
    }

    private Answer ByEmail(string email, string body)
    {
        var known = Find("contacts", "email", email);
        var fields = Parse(body)!;
        fields["email"] = email;
        if (known is not null)
        {
            Set(known, fields);
        }

        var contact = known ?? Add("contacts", fields);
        return Answer.Json(known is null ? 201 : 200, Shown(contact));
    }

    private Answer Note(string body) => Parse(body) is { } fields ? Answer.Json(201, new JsonObject { ["id"] = int.Parse(Text(Add("notes", fields), "$id")!, System.Globalization.CultureInfo.InvariantCulture) }) : Invalid("no JSON");

    private static Answer Change(JsonObject record, string body)
    {
        Set(record, Parse(body)!);
        return new Answer(204);
    }

    private static JsonObject Shown(JsonObject record)
    {
        var shown = new JsonObject { ["id"] = Text(record, "$id") };
        foreach (var (name, value) in record.Where(field => field.Key[0] != '$'))
        {
            shown[name] = value?.DeepClone();
        }

        return shown;
    }
}
