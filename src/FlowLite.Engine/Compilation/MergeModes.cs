using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>How activities of a flowchart join, from <c>customProperties.mergeMode</c> or from the activity itself (FlowJoin).</summary>
internal static class MergeModes
{
    public static void Read(ActivityNode node, JsonElement json, List<DefinitionProblem> problems)
    {
        var text = json.Member("customProperties").Text("mergeMode");
        MergeMode? chosen = null;
        if (text is not null and not "None" && (chosen = Parse(text)) is null)
        {
            problems.Add(new DefinitionProblem(node.Id, $"{node.Path}/customProperties/mergeMode",
                $"There is no merge mode '{text}'. Known: {string.Join(", ", Enum.GetNames<MergeMode>())}."));
        }

        node.Merge = node.Activity.Merge ?? chosen ?? MergeMode.Stream;
    }

    /// <summary>Elsa's names of merge modes, and those of its join modes, whose hyphens don't matter.</summary>
    private static MergeMode? Parse(string text) => text.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant() switch
    {
        "stream" or "waitallactive" => MergeMode.Stream,
        "merge" or "waitall" => MergeMode.Merge,
        "converge" => MergeMode.Converge,
        "cascade" => MergeMode.Cascade,
        "race" or "waitany" => MergeMode.Race,
        _ => null,
    };
}
