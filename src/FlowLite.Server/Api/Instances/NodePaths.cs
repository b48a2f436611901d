using System.Runtime.CompilerServices;
using System.Text.Json;
using FlowLite.Engine.Definitions;

namespace FlowLite.Server.Api.Instances;

/// <param name="NodeId">Its ids from the workflow down: <c>Workflow1:flow:request</c>.</param>
internal sealed record ActivityPlace(string Id, string NodeId, string Type, int Version, string? Name);

/// <summary>Where the activities of a version stand, as <see cref="DefinitionWriter"/> writes it.</summary>
internal sealed class NodePaths
{
    public const string WorkflowId = "Workflow1";
    public const string WorkflowType = "Elsa.Workflow";

    private static readonly ConditionalWeakTable<WorkflowDefinition, NodePaths> Made = [];

    private readonly Dictionary<string, ActivityPlace> _byId = [];

    private NodePaths(WorkflowDefinition definition)
    {
        if (definition.Document.TryGetProperty("root", out var root))
        {
            Walk(root, WorkflowId);
        }
    }

    public static ActivityPlace Workflow { get; } = new(WorkflowId, WorkflowId, WorkflowType, 1, null);

    public IEnumerable<ActivityPlace> All => _byId.Values;

    public static NodePaths Of(WorkflowDefinition definition) => Made.GetValue(definition, static d => new NodePaths(d));

    public ActivityPlace? Find(string activityId) => _byId.GetValueOrDefault(activityId);

    // Documents are at most 64 levels deep, so recursion is safe.
    private void Walk(JsonElement value, string parent)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                if (Text(value, "id") is { } id && Text(value, "type") is { } type && type.Contains('.', StringComparison.Ordinal))
                {
                    parent = $"{parent}:{id}";
                    var version = value.TryGetProperty("version", out var number) && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var n) ? n : 1;
                    _byId.TryAdd(id, new ActivityPlace(id, parent, type, version, Text(value, "name")));
                }

                foreach (var member in value.EnumerateObject().Where(m => m.Name is not ("customProperties" or "metadata" or "expression")))
                {
                    Walk(member.Value, parent);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Walk(item, parent);
                }

                break;
        }
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
