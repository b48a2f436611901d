using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>
/// A flow that stands in another one as an activity (Elsa's <c>usableAsActivity</c>). Its type is the flow's name without spaces; what it is shows in
/// <c>workflowDefinitionId</c>, and the version that it is pinned to in <c>workflowDefinitionVersionId</c>. The flow's inputs and outputs stand in it
/// like those of any activity, but only the other flow knows their names.
/// </summary>
public static class FlowActivity
{
    public const string TypeName = "Elsa.Workflows.Management.Activities.WorkflowDefinitionActivity.WorkflowDefinitionActivity";

    public static bool IsOne(JsonElement activity) => activity.Text("workflowDefinitionId") is not null;

    /// <summary>The activity with its inputs in a member of their own, by their names.</summary>
    internal static JsonElement Arrange(JsonElement activity) => JsonValues.Object(writer =>
    {
        foreach (var member in activity.EnumerateObject().Where(m => !IsInput(m) && m.Name != "inputs"))
        {
            member.WriteTo(writer);
        }

        writer.WriteStartObject("inputs");
        foreach (var input in activity.EnumerateObject().Where(IsInput))
        {
            input.WriteTo(writer);
        }

        writer.WriteEndObject();
    });

    /// <summary>What may bind an output: an object with nothing but a reference to a variable.</summary>
    internal static IEnumerable<JsonProperty> Outputs(JsonElement activity) =>
        activity.EnumerateObject().Where(m => m.Value.Member("memoryReference").Text("id") is not null && !IsInput(m));

    private static bool IsInput(JsonProperty member) => member.Value.Member("expression").ValueKind == JsonValueKind.Object;
}

/// <summary>Another flow that an activity runs, as far as that is known before a run.</summary>
/// <param name="VersionId">Null: the published version.</param>
public sealed record FlowReference(string DefinitionId, string? VersionId);
