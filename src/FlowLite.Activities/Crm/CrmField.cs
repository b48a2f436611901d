using System.Text.Json;

namespace FlowLite.Activities.Crm;

/// <summary>A table of a CRM.</summary>
/// <param name="Name">The name that never changes: <c>lead</c>.</param>
/// <param name="SetName">Its name in URLs: <c>leads</c>.</param>
/// <param name="IdField">The column that holds a record's id.</param>
/// <param name="NameField">The column that names a record for people, if there is one.</param>
public sealed record CrmEntityInfo(string Name, string SetName, string DisplayName, string IdField, string? NameField);

public enum CrmFieldType
{
    /// <summary>A single line.</summary>
    Text,

    /// <summary>Several lines.</summary>
    Memo,
    WholeNumber,
    Number,
    YesNo,
    DateTime,
    Date,

    /// <summary>One of <see cref="CrmField.Options"/>.</summary>
    Choice,

    /// <summary>Some of <see cref="CrmField.Options"/>.</summary>
    Choices,

    /// <summary>Another record (<see cref="CrmField.LookupTargets"/>).</summary>
    Lookup,

    /// <summary>An id.</summary>
    Id,

    /// <summary>A type that has no editor here.</summary>
    Other,

    /// <summary>A type that only the CRM knows: it gets the value as it is, a text or JSON.</summary>
    Verbatim,
}

/// <summary>How strongly a CRM asks for a column.</summary>
public enum CrmRequirement
{
    None,
    Recommended,

    /// <summary>A record without it is not complete.</summary>
    Required,
}

/// <summary>A column of a table, as far as it matters to those who fill it.</summary>
/// <param name="Name">The name that never changes: <c>emailaddress1</c>.</param>
public sealed record CrmField(string Name, CrmFieldType Type)
{
    public required string DisplayName { get; init; }
    public string Description { get; init; } = "";
    public CrmRequirement Requirement { get; init; }

    /// <summary>In UTF-16 code units, or in characters (<see cref="CountsCharacters"/>); null: not limited, or no text.</summary>
    public int? MaxLength { get; init; }

    /// <summary>The CRM counts Unicode's code points, as databases do.</summary>
    public bool CountsCharacters { get; init; }
    public double? Min { get; init; }
    public double? Max { get; init; }
    public IReadOnlyList<CrmFieldOption> Options { get; init; } = [];

    /// <summary>Values beside the options are taken as well: these are proposals.</summary>
    public bool TakesOthers { get; init; }

    /// <summary>What stands between the values of <see cref="CrmFieldType.Choices"/>.</summary>
    public char Separator { get; init; } = ',';

    /// <summary>Whether a new record may be given a value.</summary>
    public bool CanCreate { get; init; }
    public bool CanUpdate { get; init; }

    /// <summary>The value that a new record has on its own, as JSON; null: none, or not known.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>Names of the tables that a lookup may point to.</summary>
    public IReadOnlyList<string> LookupTargets { get; init; } = [];
}

/// <param name="Value">As it is sent: a number in Dataverse.</param>
public sealed record CrmFieldOption(JsonElement Value, string Label);
