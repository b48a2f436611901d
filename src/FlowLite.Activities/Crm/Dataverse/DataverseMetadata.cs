using System.Text.Json;
using static FlowLite.Activities.Crm.Http.CrmJson;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>Tables and columns as the Web API describes them (Dataverse, "Query table definitions using the Web API").</summary>
internal static class DataverseMetadata
{
    // A table of Dynamics 365 with all members of its columns takes about one megabyte.
    private const int LongestAnswer = 32 * 1024 * 1024;

    private const string Namespace = "Microsoft.Dynamics.CRM.";

    /// <summary>The types of columns that have options; these come only with a cast.</summary>
    private static readonly string[] OptionTypes =
        ["PicklistAttributeMetadata", "StateAttributeMetadata", "StatusAttributeMetadata", "BooleanAttributeMetadata", "MultiSelectPicklistAttributeMetadata"];

    public static async ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(DataverseApi api, CancellationToken cancellationToken)
    {
        const string query = "EntityDefinitions?$select=LogicalName,EntitySetName,DisplayName,PrimaryIdAttribute,PrimaryNameAttribute";
        var entities = await ListAsync(api, query, "list its tables", cancellationToken);
        // Tables without a set name can't be reached.
        return [.. from entity in entities
                   let name = Text(entity, "LogicalName")
                   let set = Text(entity, "EntitySetName")
                   let id = Text(entity, "PrimaryIdAttribute")
                   where name is not null && set is not null && id is not null
                   select new CrmEntityInfo(name, set, Label(entity, "DisplayName") ?? name, id, Text(entity, "PrimaryNameAttribute"))];
    }

    public static async ValueTask<IReadOnlyList<CrmField>> FieldsAsync(DataverseApi api, string entity, CancellationToken cancellationToken)
    {
        var attributes = $"EntityDefinitions(LogicalName='{Uri.EscapeDataString(entity)}')/Attributes";
        var columns = await ListAsync(api, attributes, $"describe the columns of {entity}", cancellationToken);
        var optionSets = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var type in OptionTypes)
        {
            if (!columns.Any(column => Text(column, "@odata.type") == $"#{Namespace}{type}"))
            {
                continue;
            }

            var query = $"{attributes}/{Namespace}{type}?$select=LogicalName&$expand=OptionSet";
            foreach (var column in await ListAsync(api, query, $"list the options of {entity}", cancellationToken))
            {
                if (Text(column, "LogicalName") is { } name && Member(column, "OptionSet") is { } options)
                {
                    optionSets[name] = options;
                }
            }
        }

        // A column with AttributeOf is a shadow of another, such as the name of a lookup's record.
        return [.. from column in columns
                   let name = Text(column, "LogicalName")
                   where name is not null && Text(column, "AttributeOf") is null
                   select Field(name, column, optionSets.TryGetValue(name, out var options) ? options : null)];
    }

    private static CrmField Field(string name, JsonElement column, JsonElement? optionSet)
    {
        var type = Type(column);
        var options = optionSet is { } set ? Options(set) : [];
        return new CrmField(name, type)
        {
            DisplayName = Label(column, "DisplayName") ?? name,
            Description = Label(column, "Description") ?? "",
            Requirement = Member(column, "RequiredLevel") is { } level ? Requirement(Text(level, "Value")) : CrmRequirement.None,
            MaxLength = (int?)Number(column, "MaxLength"),
            Min = Number(column, "MinValue"),
            Max = Number(column, "MaxValue"),
            Options = options,
            CanCreate = IsTrue(column, "IsValidForCreate"),
            CanUpdate = IsTrue(column, "IsValidForUpdate"),
            Default = type == CrmFieldType.YesNo ? Member(column, "DefaultValue") : null,
            LookupTargets = Member(column, "Targets") is { ValueKind: JsonValueKind.Array } targets
                ? [.. targets.EnumerateArray().Where(target => target.ValueKind == JsonValueKind.String).Select(target => target.GetString()!)]
                : [],
        };
    }

    private static CrmFieldType Type(JsonElement column) => Text(column, "AttributeType") switch
    {
        "String" => CrmFieldType.Text,
        "Memo" => CrmFieldType.Memo,
        "Integer" or "BigInt" => CrmFieldType.WholeNumber,
        "Double" or "Decimal" or "Money" => CrmFieldType.Number,
        "Boolean" => CrmFieldType.YesNo,
        "DateTime" when Text(column, "Format") == "DateOnly" && DateOnly(column) => CrmFieldType.Date,
        "DateTime" => CrmFieldType.DateTime,
        "Picklist" or "State" or "Status" => CrmFieldType.Choice,
        "Lookup" or "Customer" or "Owner" => CrmFieldType.Lookup,
        "Uniqueidentifier" => CrmFieldType.Id,
        "Virtual" when Text(column, "@odata.type") == $"#{Namespace}MultiSelectPicklistAttributeMetadata" => CrmFieldType.Choices,
        _ => CrmFieldType.Other,
    };

    // A column may show days only and still keep an instant, which is what the Web API takes then.
    private static bool DateOnly(JsonElement column) => Member(column, "DateTimeBehavior") is { } behavior && Text(behavior, "Value") == "DateOnly";

    private static CrmRequirement Requirement(string? level) => level switch
    {
        // What SystemRequired asks for, the system itself gives.
        "ApplicationRequired" => CrmRequirement.Required,
        "Recommended" => CrmRequirement.Recommended,
        _ => CrmRequirement.None,
    };

    /// <summary>Of an OptionSetMetadata, or of a BooleanOptionSetMetadata: no first.</summary>
    private static List<CrmFieldOption> Options(JsonElement optionSet)
    {
        IEnumerable<JsonElement> options = Member(optionSet, "Options") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray()
            : new[] { Member(optionSet, "FalseOption"), Member(optionSet, "TrueOption") }.OfType<JsonElement>();
        return [.. from option in options
                   let value = Member(option, "Value")
                   where value is { ValueKind: JsonValueKind.Number }
                   select new CrmFieldOption(value.Value, Label(option, "Label") ?? value.Value.GetRawText())];
    }

    private static async ValueTask<IReadOnlyList<JsonElement>> ListAsync(DataverseApi api, string query, string action, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync(HttpMethod.Get, api.Root + query, null, default, LongestAnswer, cancellationToken);
        return answer.Status == 200 && TryParse(answer.Body!, out var json) && Member(json, "value") is { ValueKind: JsonValueKind.Array } values
            ? [.. values.EnumerateArray()]
            : throw DataverseErrors.Failure(answer, api.Who, action);
    }

    /// <summary>A text in the language of the connection's user.</summary>
    private static string? Label(JsonElement json, string name) =>
        Member(json, name) is { } label && Member(label, "UserLocalizedLabel") is { } text ? Text(text, "Label") : null;
}
