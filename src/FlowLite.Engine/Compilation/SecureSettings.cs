using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>
/// What an author wants kept from everybody's eyes: <c>secureInputs</c> and <c>secureOutputs</c> of an activity, as the Studio's form saves them, or in
/// its <c>customProperties</c>; <c>customProperties.secureVariables</c> (names or ids) and <c>.secureInputs</c> of the definition.
/// </summary>
internal static class SecureSettings
{
    public const string Inputs = "secureInputs";
    public const string Outputs = "secureOutputs";

    public static void Read(ActivityNode node, JsonElement json)
    {
        var settings = json.Member("customProperties");
        node.SecureInputs = IsOn(json.Member(Inputs)) || IsOn(settings.Member(Inputs));
        node.SecureOutputs = IsOn(json.Member(Outputs)) || IsOn(settings.Member(Outputs));
    }

    public static bool ReadRun(JsonElement document) => IsOn(document.Member("customProperties").Member(Inputs));

    public static void ReadVariables(JsonElement document, Dictionary<string, Variable> variables, List<DefinitionProblem> problems)
    {
        var list = document.Member("customProperties").Member("secureVariables");
        if (list.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            return;
        }

        var names = list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String) ? list.EnumerateArray().Select(name => name.GetString()!).ToList() : null;
        if (names is null)
        {
            problems.Add(new DefinitionProblem(null, "/customProperties/secureVariables", "It is a list of names of variables."));
        }

        foreach (var name in names ?? [])
        {
            var found = variables.Values.Where(v => v.Id == name || v.Name == name).ToList();
            if (found.Count == 0)
            {
                problems.Add(new DefinitionProblem(null, "/customProperties/secureVariables", $"There is no variable '{name}'."));
            }

            foreach (var variable in found)
            {
                variables[variable.Id] = variable with { IsSecure = true };
            }
        }
    }

    // A checkbox is saved as true, as "True", or in an expression.
    private static bool IsOn(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.String => bool.TryParse(value.GetString(), out var on) && on,
        JsonValueKind.Object => IsOn(value.Member("expression").Member("value")),
        _ => false,
    };
}
