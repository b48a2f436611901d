using System.Collections.Frozen;

namespace FlowLite.Crm.Model;

/// <summary>One table: its names and its columns, the id first.</summary>
public sealed class CrmEntity
{
    private readonly FrozenDictionary<string, CrmColumn> _byName;

    public CrmEntity(string logicalName, string setName, string displayName, string primaryName, IEnumerable<CrmColumn> columns)
    {
        LogicalName = logicalName;
        SetName = setName;
        DisplayName = displayName;
        Columns = [.. columns.Select((column, ordinal) => column with { Ordinal = ordinal })];
        _byName = Columns.ToFrozenDictionary(column => column.LogicalName, StringComparer.Ordinal);
        Id = Columns.Single(column => column.Type == CrmColumnType.Id);
        Version = Columns.Single(column => column.Type == CrmColumnType.Version);
        State = Columns.Single(column => column.Type == CrmColumnType.State);
        Status = Columns.Single(column => column.Type == CrmColumnType.Status);
        CreatedOn = _byName["createdon"];
        ModifiedOn = _byName["modifiedon"];
        PrimaryName = _byName[primaryName];
    }

    /// <summary>The name of one record's type, such as <c>lead</c>.</summary>
    public string LogicalName { get; }

    /// <summary>The name in URLs, such as <c>leads</c>.</summary>
    public string SetName { get; }

    public string DisplayName { get; }

    /// <summary>The name as Dataverse's designers wrote it, such as <c>Lead</c>.</summary>
    public string SchemaName => SchemaNames.Of(LogicalName, DisplayName);

    public IReadOnlyList<CrmColumn> Columns { get; }

    public CrmColumn Id { get; }

    public CrmColumn Version { get; }

    public CrmColumn State { get; }

    public CrmColumn Status { get; }

    public CrmColumn CreatedOn { get; }

    public CrmColumn ModifiedOn { get; }

    /// <summary>The column that names a record for people.</summary>
    public CrmColumn PrimaryName { get; }

    /// <summary>The column of that logical name (names are case-sensitive, as in OData), or null.</summary>
    public CrmColumn? Find(string logicalName) => _byName.GetValueOrDefault(logicalName);
}
