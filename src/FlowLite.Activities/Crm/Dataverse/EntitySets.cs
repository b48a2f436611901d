using System.Collections.Frozen;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>Names of tables in URLs. Authors may write the table's logical name, as Dataverse's own pages do.</summary>
internal static class EntitySets
{
    private static readonly FrozenDictionary<string, string> ByLogicalName = new Dictionary<string, string>
    {
        ["account"] = "accounts",
        ["annotation"] = "annotations",
        ["campaign"] = "campaigns",
        ["contact"] = "contacts",
        ["incident"] = "incidents",
        ["lead"] = "leads",
        ["opportunity"] = "opportunities",
        ["phonecall"] = "phonecalls",
        ["task"] = "tasks",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string> BySetName =
        ByLogicalName.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.OrdinalIgnoreCase);

    /// <summary>Names that aren't known are taken for set names, as those of custom tables are.</summary>
    public static string Name(string entity) => ByLogicalName.GetValueOrDefault(entity, entity);

    /// <summary>The name without the plural's ending, for names that aren't known.</summary>
    public static string LogicalName(string entity) =>
        BySetName.GetValueOrDefault(entity) ?? (ByLogicalName.ContainsKey(entity) ? entity : entity.TrimEnd('s'));
}
