using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>How long activities, and the run, may take: <c>customProperties.timeout</c>, or the activity's own setting (Scope, Until).</summary>
internal static class Timeouts
{
    public static void Read(ActivityNode node, JsonElement json, List<DefinitionProblem> problems)
    {
        var chosen = Read(json, $"{node.Path}/customProperties/timeout", node.Id, problems);
        var own = node.Activity.Timeout;
        if (own is { } time && !InputValues.IsTimeout(time))
        {
            problems.Add(new DefinitionProblem(node.Id, node.Path, "Its timeout is not above zero and up to a year."));
            own = null;
        }

        node.Timeout = Shorter(chosen, own);
    }

    /// <summary>The run's time is that of its root.</summary>
    public static void ReadRun(ActivityNode root, JsonElement document, List<DefinitionProblem> problems) =>
        root.Timeout = Shorter(Read(document, "/customProperties/timeout", null, problems), root.Timeout);

    private static TimeSpan? Shorter(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    private static TimeSpan? Read(JsonElement json, string path, string? activity, List<DefinitionProblem> problems)
    {
        var setting = json.Member("customProperties").Member("timeout");
        if (setting.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null || (setting.ValueKind == JsonValueKind.String && setting.GetString()!.Length == 0))
        {
            return null;
        }

        if (setting.ValueKind == JsonValueKind.String && InputValues.TryTimeout(setting.GetString()!, out var timeout))
        {
            return timeout;
        }

        problems.Add(new DefinitionProblem(activity, path, "A timeout is a duration such as PT30S, above zero and up to a year."));
        return null;
    }
}
