using System.Globalization;
using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>The form for new records of one table of one connection: Create record with an input for each column.</summary>
public sealed class RecordView
{
    private static readonly (string Text, string Value) NotSet = ("(not set)", "");

    private readonly Dictionary<string, CrmField> _fields;

    /// <param name="plain">Create record itself, whose outputs and ports the form has too.</param>
    public RecordView(string typeName, string connection, CrmEntityInfo entity, IEnumerable<CrmField> fields, StudioActivity plain)
    {
        Connection = connection;
        Entity = entity;
        var shown = fields.Where(field => field.CanCreate && IsShown(field.Type))
            .OrderByDescending(field => field.Requirement)
            .ThenBy(field => field.DisplayName, StringComparer.OrdinalIgnoreCase)
            .ThenBy(field => field.Name, StringComparer.Ordinal)
            .ToList();
        _fields = shown.ToDictionary(field => field.Name, StringComparer.Ordinal);
        Activity = plain with
        {
            TypeName = typeName,
            Name = ActivityName(entity),
            Category = "CRM",
            DisplayName = $"Create {entity.DisplayName} ({connection})",
            Description = $"Creates one {entity.DisplayName} in the CRM of connection '{connection}'.",
            Inputs =
            [
                .. shown.Select(Input),
                .. plain.Inputs.Where(input => input.Name is "Fit" or "FitByColumn").Select((input, index) => input with { Order = shown.Count + index }),
                .. plain.Inputs.Where(input => input.Category == "Security"),
            ],
            ConstructionProperties = shown.Where(IsMapped).ToDictionary(field => RecordNames.Input(field.Name), Preset),
        };
    }

    public string Connection { get; }
    public CrmEntityInfo Entity { get; }
    public StudioActivity Activity { get; }

    /// <summary>The columns that the form has an input for, in its order.</summary>
    public IReadOnlyCollection<CrmField> Fields => _fields.Values;

    /// <summary>The column, if the form has an input for it.</summary>
    public CrmField? Find(string column) => _fields.GetValueOrDefault(column);

    /// <summary>Whether what is inserted there is usually of the trigger or of earlier activities, so that the input starts as Scriban.</summary>
    public static bool IsMapped(CrmField field) => field.Type is not (CrmFieldType.Choice or CrmFieldType.YesNo);

    /// <summary>An empty input in which inserted dynamic content is alive.</summary>
    public static JsonElement Preset(CrmField field) => ActivityDescriptions.Expression(TypeName(field), "Scriban", "");

    // The Studio adds a number, and templates name the activity so: CreateLead1.
    private static string ActivityName(CrmEntityInfo entity)
    {
        var words = entity.DisplayName.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => string.Concat(word.Where(char.IsLetterOrDigit)))
            .Where(word => word.Length > 0)
            .Select(word => char.ToUpperInvariant(word[0]) + word[1..]);
        var name = string.Concat(words);
        return "Create" + (name.Length > 0 ? name : entity.Name);
    }

    private static bool IsShown(CrmFieldType type) => type is not (CrmFieldType.Id or CrmFieldType.Lookup or CrmFieldType.Other);

    private static StudioInput Input(CrmField field, int index) => new(RecordNames.Input(field.Name), TypeName(field))
    {
        DisplayName = field.Requirement == CrmRequirement.Required ? field.DisplayName + " *" : field.DisplayName,
        Description = string.Join(" ", Notes(field)),
        Order = index,
        UiHint = field.Type switch
        {
            CrmFieldType.Memo => "multiline",
            CrmFieldType.YesNo => "checkbox",
            CrmFieldType.Choice => "dropdown",
            _ => "singleline",
        },
        DefaultValue = field.Default,
        DefaultSyntax = IsMapped(field) ? "Scriban" : "Literal",
        UiSpecifications = field.Type == CrmFieldType.Choice
            ? new Dictionary<string, JsonElement>([UiSpecifications.Dropdown([NotSet, .. field.Options.Select(option => (option.Label, JsonValues.CompactText(option.Value)))])])
            : null,
    };

    internal static string TypeName(CrmField field) => field.Type switch
    {
        CrmFieldType.WholeNumber => "Int32",
        CrmFieldType.Number => "Double",
        CrmFieldType.YesNo => "Boolean",
        CrmFieldType.Choice when field.Options.All(option => option.Value.ValueKind == JsonValueKind.Number) => "Int32",
        _ => "String",
    };

    private static IEnumerable<string> Notes(CrmField field)
    {
        if (field.Requirement != CrmRequirement.None)
        {
            yield return field.Requirement == CrmRequirement.Required ? "Required." : "Recommended.";
        }

        if (field.Description.Length > 0)
        {
            yield return field.Description.TrimEnd('.') + ".";
        }

        var limits = field switch
        {
            { MaxLength: { } length } => $"At most {length} characters.",
            { Type: CrmFieldType.Date } => "A date: 2026-01-31.",
            { Type: CrmFieldType.DateTime } => "A date and time: 2026-01-31T08:00:00Z.",
            { Type: CrmFieldType.Choices } => (field.Separator == ',' ? "Numbers, separated by commas: " : "Values or their labels, separated by semicolons: ") + string.Join(", ", field.Options.Select(option => $"{option.Value} {option.Label}")) + ".",
            { Min: { } min, Max: { } max } => string.Create(CultureInfo.InvariantCulture, $"From {min} to {max}."),
            _ => null,
        };
        if (limits is not null)
        {
            yield return limits;
        }

        yield return $"Column: {field.Name}.";
    }
}
