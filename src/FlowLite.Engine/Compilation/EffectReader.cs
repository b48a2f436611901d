using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>
/// <c>customProperties.effect</c>: <c>AtMostOnce</c> or <c>AtLeastOnce</c>, what a crash does to an activity that sends something
/// which the other side may not tell from a repeat.
/// </summary>
internal static class EffectReader
{
    public static void Read(ActivityNode node, JsonElement json, List<DefinitionProblem> problems)
    {
        node.Effect = node.Descriptor.Effect;
        var setting = json.Member("customProperties").Member("effect");
        if (setting.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return;
        }

        Effect? chosen = (setting.ValueKind == JsonValueKind.String ? setting.GetString() : null)?.ToUpperInvariant() switch
        {
            "ATLEASTONCE" => Effect.AtLeastOnce,
            "ATMOSTONCE" => Effect.AtMostOnce,
            _ => null,
        };
        if (chosen is null || node.Descriptor.Effect is not (Effect.AtLeastOnce or Effect.AtMostOnce))
        {
            problems.Add(new DefinitionProblem(node.Id, $"{node.Path}/customProperties/effect", chosen is null
                ? "The effect is AtLeastOnce or AtMostOnce."
                : $"{node.Type} has no effect that could be chosen."));
            return;
        }

        node.Effect = chosen.Value;
    }
}
