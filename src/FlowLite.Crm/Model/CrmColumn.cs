namespace FlowLite.Crm.Model;

/// <summary>The Dataverse attribute types that this CRM stores.</summary>
public enum CrmColumnType
{
    /// <summary>Single line of text; stored as TEXT.</summary>
    Text,

    /// <summary>Several lines of text; stored as TEXT.</summary>
    Memo,

    /// <summary>Whole number of 32 bits; stored as INTEGER.</summary>
    Integer,

    /// <summary>Floating point number; stored as REAL.</summary>
    Double,

    /// <summary>True or false; stored as INTEGER 0 or 1.</summary>
    Boolean,

    /// <summary>Instant with a precision of a second; stored as INTEGER milliseconds since 1970 UTC.</summary>
    DateTime,

    /// <summary>Calendar date; stored as TEXT <c>yyyy-MM-dd</c>.</summary>
    Date,

    /// <summary>One of the column's options by number; stored as INTEGER.</summary>
    Picklist,

    /// <summary>The record's state (open, closed...); stored as INTEGER.</summary>
    State,

    /// <summary>The reason for the state; each option belongs to one state; stored as INTEGER.</summary>
    Status,

    /// <summary>The record's own id; stored as a BLOB of 16 bytes in big-endian order, so that it sorts as it is written.</summary>
    Id,

    /// <summary>The row version, from one counter for all tables; stored as INTEGER.</summary>
    Version,
}

/// <summary>How strongly forms ask for a column (Dataverse's RequiredLevel). The Web API itself accepts omission.</summary>
public enum CrmRequiredLevel
{
    None,
    Recommended,
    ApplicationRequired,
    SystemRequired,
}

/// <summary>One option of a picklist, state or status column.</summary>
/// <param name="Value">The number on the wire.</param>
/// <param name="Label">The text that people see.</param>
/// <param name="State">For a status: the state that it belongs to.</param>
public sealed record CrmOption(int Value, string Label, int? State = null);

/// <summary>One column of a table, with everything that validation, SQL and metadata need to know about it.</summary>
public sealed record CrmColumn(string LogicalName, string DisplayName, CrmColumnType Type)
{
    /// <summary>The name as Dataverse's designers wrote it, such as <c>FirstName</c>; in lower case it is the logical name.</summary>
    public string SchemaName { get; init; } = SchemaNames.Of(LogicalName, DisplayName);

    /// <summary>What a text is: <c>Text</c>, <c>Email</c>, <c>Phone</c> or <c>Url</c>.</summary>
    public string Format { get; init; } = "Text";

    /// <summary>Longest text in UTF-16 code units, as Dataverse counts.</summary>
    public int? MaxLength { get; init; }

    public double? Min { get; init; }

    public double? Max { get; init; }

    public IReadOnlyList<CrmOption> Options { get; init; } = [];

    public CrmRequiredLevel Required { get; init; }

    /// <summary>The value of a new record that does not set the column, in stored form.</summary>
    public object? Default { get; init; }

    /// <summary>False for columns that only the system writes; a client's value for them is ignored, as in Dataverse.</summary>
    public bool IsWritable { get; init; } = true;

    /// <summary>SQL that computes the column from its neighbours, or null for a stored column.</summary>
    public string? Computed { get; init; }

    /// <summary>Position among its table's columns.</summary>
    public int Ordinal { get; init; }

    public bool IsText => Type is CrmColumnType.Text or CrmColumnType.Memo;

    /// <summary>The type's name in OData messages.</summary>
    public string EdmType => Type switch
    {
        CrmColumnType.Text or CrmColumnType.Memo => "Edm.String",
        CrmColumnType.Double => "Edm.Double",
        CrmColumnType.Boolean => "Edm.Boolean",
        CrmColumnType.DateTime => "Edm.DateTimeOffset",
        CrmColumnType.Date => "Edm.Date",
        CrmColumnType.Id => "Edm.Guid",
        CrmColumnType.Version => "Edm.Int64",
        _ => "Edm.Int32",
    };
}
