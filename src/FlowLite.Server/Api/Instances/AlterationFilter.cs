using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Api.Instances;

/// <summary>
/// Which runs an alteration is for. Of a list a part that nobody understands is passed over; here it would cancel runs that nobody meant, so it is refused.
/// </summary>
internal static class AlterationFilter
{
    public const string RunIds = "workflowInstanceIds";
    private const string SelectsAll = "emptyFilterSelectsAll";

    private static readonly HashSet<string> Selectors = new(StringComparer.OrdinalIgnoreCase)
    {
        RunIds, "definitionId", "definitionIds", "definitionVersionIds", "version", "correlationId", "hasIncidents", "searchTerm",
        "status", "statuses", "subStatus", "subStatuses", InstanceQuery.TimeFilters,
    };

    /// <summary>Say nothing about which runs: none of the list's order and pages, and nothing here is a system's.</summary>
    private static readonly HashSet<string> Others = new(StringComparer.OrdinalIgnoreCase)
    {
        SelectsAll, "isSystem", "page", "pageSize", "orderBy", "orderDirection",
    };

    /// <returns>Null: every part of it is understood.</returns>
    public static string? Problem(JsonElement filter)
    {
        foreach (var member in filter.EnumerateObject().Where(m => !IsEmpty(m.Value) && !Others.Contains(m.Name)))
        {
            if (!Selectors.Contains(member.Name))
            {
                return $"The filter's {member.Name} is not known here: no run was cancelled.";
            }

            if (!member.Name.Equals(InstanceQuery.TimeFilters, StringComparison.OrdinalIgnoreCase) && !IsReadable(member))
            {
                return $"The filter's {member.Name} can't be read: no run was cancelled.";
            }
        }

        var selectors = Used(filter);
        return selectors.Count > 1 && selectors.Contains(RunIds) ? $"The filter has {RunIds} and other parts: no run was cancelled." : null;
    }

    /// <summary>As in Elsa: a filter with nothing in it is for no run, unless it says that it is for all.</summary>
    public static bool SelectsByList(JsonElement filter)
    {
        var selectors = Used(filter);
        return selectors.Count == 0
            ? JsonValues.TryGetMember(filter, SelectsAll, out var all) && all.ValueKind == JsonValueKind.True
            : !selectors.Contains(RunIds);
    }

    private static HashSet<string> Used(JsonElement filter) =>
        filter.EnumerateObject().Where(m => Selectors.Contains(m.Name) && !IsEmpty(m.Value)).Select(m => m.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static bool IsReadable(JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.Array ? member.Value.EnumerateArray().All(IsValue)
        : IsValue(member.Value) && !member.Name.Equals(RunIds, StringComparison.OrdinalIgnoreCase);

    private static bool IsValue(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False && !IsEmpty(value);

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.String => string.IsNullOrWhiteSpace(value.GetString()),
        _ => false,
    };
}
