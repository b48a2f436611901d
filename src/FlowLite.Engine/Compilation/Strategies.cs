using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Engine.Compilation;

/// <summary>
/// The strategies that a flow's <c>options</c> name. Elsa writes the name of a class, with its namespace and assembly or without.
/// </summary>
internal static class Strategies
{
    private static readonly Dictionary<string, bool> ContinuesByName = new() { ["FaultStrategy"] = false, ["ContinueWithIncidentsStrategy"] = true };

    public static RunActivation Activation(JsonElement document, List<DefinitionProblem> problems) =>
        Read(document, "activationStrategyType", RunActivations.ByName, RunActivation.Always, problems);

    /// <summary>Whether what doesn't need a failed activity goes on.</summary>
    public static bool ContinuesWithIncidents(JsonElement document, List<DefinitionProblem> problems) =>
        Read(document, "incidentStrategyType", ContinuesByName, false, problems);

    private static T Read<T>(JsonElement document, string option, IReadOnlyDictionary<string, T> known, T missing, List<DefinitionProblem> problems)
    {
        var value = document.Member("options").Member(option);
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null || (value.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(value.GetString())))
        {
            return missing;
        }

        var name = value.ValueKind == JsonValueKind.String ? value.GetString()!.Split(',')[0].Trim().Split('.')[^1] : value.GetRawText();
        if (known.TryGetValue(name, out var strategy))
        {
            return strategy;
        }

        problems.Add(new DefinitionProblem(null, $"/options/{option}", $"There is no strategy '{name}' here. Known: {string.Join(", ", known.Keys)}."));
        return missing;
    }
}
