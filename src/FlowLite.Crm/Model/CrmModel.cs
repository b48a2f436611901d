using System.Collections.Frozen;

namespace FlowLite.Crm.Model;

/// <summary>
/// The tables of the CRM. Names, types, limits and options are those of Dataverse's table reference for
/// <c>lead</c>, <c>contact</c> and <c>account</c>; lookups are left out.
/// </summary>
public static class CrmModel
{
    public static CrmEntity Lead { get; } = LeadTable.Create();

    public static CrmEntity Contact { get; } = ContactTable.Create();

    public static CrmEntity Account { get; } = AccountTable.Create();

    public static IReadOnlyList<CrmEntity> Entities { get; } = [Lead, Contact, Account];

    private static readonly FrozenDictionary<string, CrmEntity> BySetName =
        Entities.ToFrozenDictionary(entity => entity.SetName, StringComparer.Ordinal);

    /// <summary>The table of that logical name, such as <c>lead</c>, or null.</summary>
    public static CrmEntity? Find(string logicalName) => Entities.FirstOrDefault(entity => entity.LogicalName == logicalName);

    /// <summary>The table of that entity set name, such as <c>leads</c>, or null.</summary>
    public static CrmEntity? FindBySetName(string setName) => BySetName.GetValueOrDefault(setName);
}
