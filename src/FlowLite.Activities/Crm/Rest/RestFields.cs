using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Rest;

/// <summary>Columns: those that the connection describes, and those that the CRM lists.</summary>
internal static class RestFields
{
    /// <summary>Of a list that goes on and on.</summary>
    private const int MostPages = 100;

    private static readonly Dictionary<string, CrmFieldType> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["text"] = CrmFieldType.Text,
        ["memo"] = CrmFieldType.Memo,
        ["whole"] = CrmFieldType.WholeNumber,
        ["number"] = CrmFieldType.Number,
        ["yesno"] = CrmFieldType.YesNo,
        ["datetime"] = CrmFieldType.DateTime,
        ["date"] = CrmFieldType.Date,
        ["choice"] = CrmFieldType.Choice,
        ["choices"] = CrmFieldType.Choices,
    };

    /// <summary>What lists of columns call them besides.</summary>
    private static readonly Dictionary<string, CrmFieldType> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["textarea"] = CrmFieldType.Memo,
        ["int"] = CrmFieldType.WholeNumber,
        ["integer"] = CrmFieldType.WholeNumber,
        ["long"] = CrmFieldType.WholeNumber,
        ["decimal"] = CrmFieldType.Number,
        ["double"] = CrmFieldType.Number,
        ["float"] = CrmFieldType.Number,
        ["currency"] = CrmFieldType.Number,
        ["bool"] = CrmFieldType.YesNo,
        ["boolean"] = CrmFieldType.YesNo,
        ["checkbox"] = CrmFieldType.YesNo,
        ["timestamp"] = CrmFieldType.DateTime,
        ["enum"] = CrmFieldType.Choice,
        ["picklist"] = CrmFieldType.Choice,
        ["select"] = CrmFieldType.Choice,
        ["multiselect"] = CrmFieldType.Choices,
    };

    public static string Types => string.Join(", ", Known.Keys);

    /// <summary>Null: there is no such type.</summary>
    public static CrmFieldType? TypeOf(string name) => Known.TryGetValue(name, out var type) ? type : null;

    public static async ValueTask<IReadOnlyList<CrmField>> ListAsync(RestTable table, RestApi api, CancellationToken cancellationToken)
    {
        var fields = table.Fields.Select(Described).ToList();
        if (table.FieldList is { EntitySet: { } set } metadata)
        {
            var call = new CrmCall(HttpMethod.Get, api.Url(metadata.Path)) { Accept = "application/xml" };
            var answer = await api.Calls.SendAsync(call, cancellationToken);
            var described = answer.Status == 200 ? ODataFields.Read(answer.Body!, set) : null;
            fields.AddRange((described ?? throw RestErrors.Failure(answer, api.Calls.Who, $"describe the columns of {set}")).Where(field => fields.TrueForAll(known => known.Name != field.Name)).ToList());
        }
        else if (table.FieldList is { } list)
        {
            var url = api.Url(list.Path);
            for (var page = 0; url is not null && page < MostPages; page++)
            {
                var answer = await api.Calls.GetAsync(url, cancellationToken);
                if (answer.Status != 200 || !CrmJson.TryParse(answer.Body, out var json) || CrmJson.At(json, list.Items) is not { ValueKind: JsonValueKind.Array } items)
                {
                    throw RestErrors.Failure(answer, api.Calls.Who, "list its columns");
                }

                fields.AddRange(items.EnumerateArray().Select(item => Listed(item, list)).OfType<CrmField>().Where(field => fields.TrueForAll(known => known.Name != field.Name)));
                url = CrmJson.At(json, list.Next) is { ValueKind: JsonValueKind.String } next ? api.Next(next.GetString()!) : null;
            }
        }

        return fields;
    }

    /// <summary>The columns as the body holds them: each at its place.</summary>
    public static JsonElement Place(JsonElement fields, IReadOnlyList<RestField> described)
    {
        if (described.All(field => field.At is null))
        {
            return fields;
        }

        var root = new Branch();
        foreach (var field in fields.EnumerateObject())
        {
            var at = described.FirstOrDefault(known => known.Name == field.Name)?.At?[1..].Split('/') ?? [field.Name];
            var branch = root;
            foreach (var part in at[..^1])
            {
                branch = branch.Members.TryGetValue(part, out var known) && known is Branch inner ? inner : (Branch)(branch.Members[part] = new Branch());
            }

            branch.Members[at[^1]] = field.Value;
        }

        return JsonValues.Write(root, static (writer, branch) => branch.Write(writer));
    }

    private static CrmField Described(RestField field) => new(field.Name, TypeOf(field.Type)!.Value)
    {
        DisplayName = field.DisplayName ?? field.Name,
        Description = field.Description ?? "",
        Requirement = field.Required ? CrmRequirement.Required : CrmRequirement.None,
        MaxLength = field.MaxLength,
        Options = [.. field.Options.Select(option => Option(option, "/value", "/label")).OfType<CrmFieldOption>()],
        CanCreate = true,
        CanUpdate = true,
    };

    private static CrmField? Listed(JsonElement item, RestFieldList list)
    {
        if (CrmJson.At(item, list.Name) is not { ValueKind: JsonValueKind.String } name || name.GetString() is not { Length: > 0 } text)
        {
            return null;
        }

        var options = CrmJson.At(item, list.Options) is { ValueKind: JsonValueKind.Array } given
            ? given.EnumerateArray().Select(option => Option(option, list.OptionValue, list.OptionLabel)).OfType<CrmFieldOption>().ToList()
            : [];
        var type = CrmJson.At(item, list.Type) is { } said && CrmJson.Word(said) is { } word
            ? TypeOf(word) ?? Synonyms.GetValueOrDefault(word, options.Count > 0 ? CrmFieldType.Choice : CrmFieldType.Text)
            : CrmFieldType.Text;
        return new CrmField(text, type)
        {
            DisplayName = CrmJson.At(item, list.DisplayName) is { } label && CrmJson.Word(label) is { } display ? display : text,
            Requirement = CrmJson.At(item, list.Required) is { ValueKind: JsonValueKind.True } ? CrmRequirement.Required : CrmRequirement.None,
            Options = options,
            CanCreate = true,
            CanUpdate = true,
        };
    }

    /// <summary>A bare value, or one with a label.</summary>
    private static CrmFieldOption? Option(JsonElement option, string value, string label) => option.ValueKind switch
    {
        JsonValueKind.String or JsonValueKind.Number => new CrmFieldOption(option, CrmJson.Word(option) ?? ""),
        JsonValueKind.Object when CrmJson.At(option, value) is { } found => new CrmFieldOption(found, CrmJson.At(option, label) is { } text && CrmJson.Word(text) is { } word ? word : CrmJson.Word(found) ?? ""),
        _ => null,
    };

    private sealed class Branch
    {
        /// <summary>Values, and branches of their own.</summary>
        public Dictionary<string, object> Members { get; } = new(StringComparer.Ordinal);

        public void Write(Utf8JsonWriter writer)
        {
            writer.WriteStartObject();
            foreach (var (name, member) in Members)
            {
                writer.WritePropertyName(name);
                if (member is Branch branch)
                {
                    branch.Write(writer);
                }
                else
                {
                    ((JsonElement)member).WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }
    }
}
