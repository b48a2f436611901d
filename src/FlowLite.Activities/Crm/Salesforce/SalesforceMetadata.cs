using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using static FlowLite.Activities.Crm.Http.CrmJson;

namespace FlowLite.Activities.Crm.Salesforce;

/// <summary>Objects and fields as Salesforce describes them (REST API, "Describe Global" and "sObject Describe").</summary>
internal static class SalesforceMetadata
{
    public static async ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CrmCalls calls, string root, CancellationToken cancellationToken)
    {
        var answer = await calls.GetAsync(root + "sobjects", cancellationToken);
        return answer.Status == 200 && TryParse(answer.Body, out var json)
            ? [.. from entity in Items(json, "sobjects")
                  let name = Text(entity, "name")
                  where name is not null && IsTrue(entity, "createable")
                  select new CrmEntityInfo(name, name, Text(entity, "label") ?? name, "Id", null)]
            : throw SalesforceErrors.Failure(answer, calls.Who, "list its objects");
    }

    public static IReadOnlyList<CrmField> Fields(IReadOnlyList<JsonElement> described, string? keyField) =>
        [.. from field in described
            let name = Text(field, "name")
            where name is not null
            select Field(name, field, isKey: string.Equals(name, keyField, StringComparison.OrdinalIgnoreCase))];

    public static async ValueTask<IReadOnlyList<JsonElement>> DescribeAsync(CrmCalls calls, string root, string entity, CancellationToken cancellationToken)
    {
        var answer = await calls.GetAsync($"{root}sobjects/{Uri.EscapeDataString(entity)}/describe", cancellationToken);
        return answer.Status == 200 && TryParse(answer.Body, out var json)
            ? [.. Items(json, "fields")]
            : throw SalesforceErrors.Failure(answer, calls.Who, $"describe {entity}");
    }

    private static CrmField Field(string name, JsonElement field, bool isKey)
    {
        var type = Type(field);
        // What has no value by itself and may not be empty has to be given.
        var isNeeded = Member(field, "nillable") is { ValueKind: JsonValueKind.False } && !IsTrue(field, "defaultedOnCreate") && IsTrue(field, "createable");
        return new CrmField(name, type)
        {
            DisplayName = Text(field, "label") ?? name,
            Description = Text(field, "inlineHelpText") ?? "",
            Requirement = isNeeded && type != CrmFieldType.YesNo ? CrmRequirement.Required : CrmRequirement.None,
            MaxLength = type is CrmFieldType.Text or CrmFieldType.Memo && Number(field, "length") is > 0 and var length ? (int)length : null,
            Options = [.. from value in Items(field, "picklistValues")
                          where IsTrue(value, "active") && Member(value, "value") is { ValueKind: JsonValueKind.String }
                          select new CrmFieldOption(value.GetProperty("value"), Text(value, "label") ?? value.GetProperty("value").GetString()!)],
            // Only a restricted list is closed.
            TakesOthers = !IsTrue(field, "restrictedPicklist"),
            Separator = ';',
            // The key is the connector's own.
            CanCreate = IsTrue(field, "createable") && !isKey,
            CanUpdate = IsTrue(field, "updateable") && !isKey,
            LookupTargets = [.. Items(field, "referenceTo").Select(Word).OfType<string>()],
        };
    }

    private static CrmFieldType Type(JsonElement field) => Text(field, "type") switch
    {
        "string" or "email" or "phone" or "url" or "encryptedstring" or "time" => CrmFieldType.Text,
        "textarea" => CrmFieldType.Memo,
        "int" or "long" => CrmFieldType.WholeNumber,
        "double" or "currency" or "percent" => CrmFieldType.Number,
        "boolean" => CrmFieldType.YesNo,
        "datetime" => CrmFieldType.DateTime,
        "date" => CrmFieldType.Date,
        "picklist" or "combobox" => CrmFieldType.Choice,
        "multipicklist" => CrmFieldType.Choices,
        "reference" => CrmFieldType.Lookup,
        "id" => CrmFieldType.Id,
        _ => CrmFieldType.Other,
    };
}
