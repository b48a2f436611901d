using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Json;
using static FlowLite.Activities.Crm.Http.CrmJson;

namespace FlowLite.Activities.Crm.HubSpot;

/// <summary>Objects and properties as HubSpot describes them (CRM API, "Properties" and "Schemas").</summary>
internal static class HubSpotMetadata
{
    /// <summary>Before the name of an object, a column for the id of a record to associate with.</summary>
    public const string AssociationPrefix = "associations.";

    private static readonly CrmEntityInfo[] Standard =
    [
        new("contacts", "contacts", "Contact", "hs_object_id", "email"),
        new("companies", "companies", "Company", "hs_object_id", "name"),
        new("deals", "deals", "Deal", "hs_object_id", "dealname"),
        new("leads", "leads", "Lead", "hs_object_id", "hs_lead_name"),
        new("tickets", "tickets", "Ticket", "hs_object_id", "subject"),
    ];

    /// <summary>What HubSpot refuses a record without, which properties don't tell.</summary>
    private static readonly Dictionary<string, string[]> Required = new(StringComparer.Ordinal)
    {
        ["companies"] = ["name"],
        ["deals"] = ["dealname", "dealstage"],
        ["leads"] = ["hs_lead_name"],
        ["tickets"] = ["subject", "hs_pipeline_stage"],
    };

    public static async ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CrmCalls calls, string root, CancellationToken cancellationToken)
    {
        var answer = await calls.GetAsync(root + "/crm/v3/schemas", cancellationToken);
        if (answer.Status == 403)
        {
            // Custom objects need a plan and a scope of their own.
            return Standard;
        }

        return answer.Status == 200 && TryParse(answer.Body, out var json)
            ? [.. Standard,
               .. from schema in Items(json, "results")
                  let name = Text(schema, "name")
                  where name is not null && Standard.All(known => known.Name != name)
                  select new CrmEntityInfo(name, name, Member(schema, "labels") is { } labels ? Text(labels, "singular") ?? name : name, "hs_object_id", Text(schema, "primaryDisplayProperty"))]
            : throw HubSpotErrors.Failure(answer, calls.Who, "list its objects");
    }

    public static async ValueTask<IReadOnlyList<JsonElement>> DescribeAsync(CrmCalls calls, string root, string entity, CancellationToken cancellationToken)
    {
        var answer = await calls.GetAsync($"{root}/crm/v3/properties/{Uri.EscapeDataString(entity)}", cancellationToken);
        return answer.Status == 200 && TryParse(answer.Body, out var json)
            ? [.. Items(json, "results")]
            : throw HubSpotErrors.Failure(answer, calls.Who, $"describe the properties of {entity}");
    }

    public static IReadOnlyList<CrmField> Fields(string entity, IReadOnlyList<JsonElement> properties, string? keyProperty)
    {
        var required = Required.GetValueOrDefault(entity, []);
        return
        [
            .. from property in properties
               let name = Text(property, "name")
               where name is not null
               select Field(name, property, required.Contains(name), isKey: name == keyProperty),
            .. from other in Standard
               where other.Name != entity && other.Name is "contacts" or "companies"
               select new CrmField(AssociationPrefix + other.Name, CrmFieldType.Text)
               {
                   DisplayName = $"Associated {other.DisplayName.ToLowerInvariant()}",
                   Description = $"The id of a {other.DisplayName.ToLowerInvariant()} that the new record belongs to.",
                   CanCreate = true,
               },
        ];
    }

    private static CrmField Field(string name, JsonElement property, bool isRequired, bool isKey)
    {
        var type = Type(property);
        var canWrite = !isKey && !IsTrue(property, "calculated") && !IsTrue(property, "hidden")
            && !(Member(property, "modificationMetadata") is { } modification && IsTrue(modification, "readOnlyValue"));
        return new CrmField(name, type)
        {
            DisplayName = Text(property, "label") ?? name,
            Description = Text(property, "description") ?? "",
            Requirement = isRequired ? CrmRequirement.Required : name == "email" ? CrmRequirement.Recommended : CrmRequirement.None,
            MaxLength = type is CrmFieldType.Text or CrmFieldType.Memo ? 65_536 : null,
            Options = type is CrmFieldType.Choice or CrmFieldType.Choices
                ? [.. from option in Items(property, "options")
                      where !IsTrue(option, "hidden") && Text(option, "value") is not null
                      select new CrmFieldOption(JsonValues.String(Text(option, "value")!), Text(option, "label") ?? Text(option, "value")!)]
                : [],
            Separator = ';',
            CanCreate = canWrite,
            CanUpdate = canWrite,
        };
    }

    private static CrmFieldType Type(JsonElement property) => (Text(property, "type"), Text(property, "fieldType")) switch
    {
        ("string", "textarea" or "html") => CrmFieldType.Memo,
        ("string" or "phone_number", _) => CrmFieldType.Text,
        ("number", _) => CrmFieldType.Number,
        ("bool", _) => CrmFieldType.YesNo,
        ("datetime", _) => CrmFieldType.DateTime,
        ("date", _) => CrmFieldType.Date,
        ("enumeration", "checkbox") => CrmFieldType.Choices,
        ("enumeration", "booleancheckbox") => CrmFieldType.YesNo,
        ("enumeration", _) => CrmFieldType.Choice,
        _ => CrmFieldType.Other,
    };
}
