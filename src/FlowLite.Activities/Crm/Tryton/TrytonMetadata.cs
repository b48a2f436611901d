using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Activities.Crm.Http;

namespace FlowLite.Activities.Crm.Tryton;

/// <summary>Models and columns as Tryton describes them (<c>ir.model</c>, <c>fields_get</c>).</summary>
internal static class TrytonMetadata
{
    /// <summary>Tryton's own housekeeping: users, sessions, views.</summary>
    private static readonly string[] Internal = ["ir.", "res.", "workflow."];

    public static async ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(TrytonApi api, CancellationToken cancellationToken)
    {
        var models = await api.CallAsync("model.ir.model.search_read", "list its models", [new JsonArray(), 0, null, null, new JsonArray("model", "name")], cancellationToken);
        var lead = new CrmEntityInfo(TrytonLead.Entity, TrytonLead.Entity, "Lead (party and opportunity)", "id", "number");
        return [lead, .. from model in models.EnumerateArray()
                         let name = CrmJson.Text(model, "model")
                         where name is not null && !Internal.Any(name.StartsWith)
                         orderby name
                         select new CrmEntityInfo(name, name, CrmJson.Text(model, "name") ?? name, "id", "rec_name")];
    }

    /// <summary>Tryton's own description: an object by column.</summary>
    public static ValueTask<JsonElement> ColumnsAsync(TrytonApi api, string model, CancellationToken cancellationToken) =>
        api.CallAsync($"model.{model}.fields_get", $"describe the columns of {model}", [new JsonArray()], cancellationToken);

    public static async ValueTask<IReadOnlyList<CrmField>> FieldsAsync(TrytonApi api, string entity, CancellationToken cancellationToken)
    {
        var model = entity == TrytonLead.Entity ? TrytonLead.Opportunity : entity;
        var columns = await ColumnsAsync(api, model, cancellationToken);
        // What has a default needs no value, required or not.
        var names = new JsonArray([.. columns.EnumerateObject().Select(column => (JsonNode)column.Name)]);
        var defaults = await api.CallAsync($"model.{model}.default_get", $"give the defaults of {model}", [names, false], cancellationToken);
        var fields = columns.EnumerateObject().Select(column => Field(column.Name, column.Value, CrmJson.Member(defaults, column.Name) is not null));
        return entity == TrytonLead.Entity
            ? TrytonLead.Fields(fields)
            : [.. fields.Where(field => !(entity == TrytonLead.Party && field.Name == "code"))];
    }

    private static CrmField Field(string name, JsonElement column, bool hasDefault)
    {
        var type = Type(column);
        var isFree = !CrmJson.IsTrue(column, "readonly") && name != "id";
        return new CrmField(name, type)
        {
            DisplayName = CrmJson.Text(column, "string") ?? name,
            Description = CrmJson.Text(column, "help") ?? "",
            Requirement = isFree && CrmJson.IsTrue(column, "required") && !hasDefault ? CrmRequirement.Required : CrmRequirement.None,
            MaxLength = CrmJson.Number(column, "size") is { } size ? (int)size : null,
            Options = type == CrmFieldType.Choice ? Options(column) : [],
            CanCreate = isFree,
            CanUpdate = isFree,
            LookupTargets = type == CrmFieldType.Lookup && CrmJson.Text(column, "relation") is { } target ? [target] : [],
        };
    }

    private static CrmFieldType Type(JsonElement column) => CrmJson.Text(column, "type") switch
    {
        "char" => CrmFieldType.Text,
        "text" or "fulltext" => CrmFieldType.Memo,
        "integer" or "bigint" => CrmFieldType.WholeNumber,
        "float" or "numeric" => CrmFieldType.Number,
        "boolean" => CrmFieldType.YesNo,
        "date" => CrmFieldType.Date,
        "datetime" or "timestamp" => CrmFieldType.DateTime,
        // Where the options depend on the record, they are not listed but a method's name.
        "selection" => CrmJson.Member(column, "selection") is { ValueKind: JsonValueKind.Array } ? CrmFieldType.Choice : CrmFieldType.Text,
        "many2one" => CrmFieldType.Lookup,
        _ => CrmFieldType.Other,
    };

    private static List<CrmFieldOption> Options(JsonElement column) =>
    [
        .. from option in column.GetProperty("selection").EnumerateArray()
           where option.ValueKind == JsonValueKind.Array && option.GetArrayLength() == 2 && option[0].ValueKind == JsonValueKind.String
           select new CrmFieldOption(option[0], option[1].GetString() ?? ""),
    ];
}
