using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Api.Definitions;

/// <summary>A part of a version's tree of activities, for a viewer that goes into containers.</summary>
internal static class DefinitionGraph
{
    public static void MapDefinitionGraph(this RouteGroupBuilder api)
    {
        var graph = api.MapGroup("/workflow-definitions/subgraph");
        graph.MapGet("/{versionId}", GetAsync);
        graph.MapGet("/segments/{versionId}", GetSegmentsAsync);
    }

    /// <summary>Query <c>parentNodeId</c>; without it, or when there is none such, the root.</summary>
    private static async Task<IResult> GetAsync(string versionId, HttpRequest request, IDefinitionStore store, DefinitionAnswers answers)
    {
        if (await store.FindVersionAsync(versionId) is not { } definition || Nodes(definition, answers) is not [var root, ..] nodes)
        {
            return Results.NotFound();
        }

        var parent = nodes.FirstOrDefault(n => n.NodeId == request.Query["parentNodeId"]) ?? root;
        return new JsonResult(json => Write(json, parent));
    }

    /// <summary>
    /// Query <c>childNodeId</c>: the activity with that node id, the containers on the way to it from the outermost on (flowcharts
    /// are no step of their own), and the innermost of them.
    /// </summary>
    private static async Task<IResult> GetSegmentsAsync(string versionId, HttpRequest request, IDefinitionStore store, DefinitionAnswers answers)
    {
        if (await store.FindVersionAsync(versionId) is not { } definition
            || Nodes(definition, answers).FirstOrDefault(n => n.NodeId == request.Query["childNodeId"]) is not { } child)
        {
            return Results.NotFound();
        }

        var segments = new List<(Node Node, string Port)>();
        for (var below = child; below.Parent is { } node; below = node)
        {
            if (node.Activity.Text("type") != "Elsa.Flowchart")
            {
                segments.Insert(0, (node, below.Port));
            }
        }

        var container = segments.Count > 0 ? segments[^1].Node : child.Parent ?? child;
        return new JsonResult(json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("childNode");
            Write(json, child);
            json.WritePropertyName("container");
            Write(json, container);
            json.WriteStartArray("pathSegments");
            foreach (var (node, port) in segments)
            {
                json.WriteStartObject();
                json.WriteString("activityNodeId", node.NodeId);
                json.WriteString("activityId", node.Activity.Text("id"));
                json.WriteString("activityType", node.Activity.Text("type"));
                json.WriteString("portName", port);
                json.WriteString("activityName", node.Activity.Text("name") ?? node.Activity.Text("type"));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>Every activity, parents before children; what has a node id is one.</summary>
    private static List<Node> Nodes(WorkflowDefinition definition, DefinitionAnswers answers)
    {
        var nodes = new List<Node>();
        if (answers.Whole(definition).Member("root") is { ValueKind: JsonValueKind.Object } root)
        {
            Add(root, "Root", null);
        }

        return nodes;

        // A port's name, Then, is the member's, then. Documents are at most 64 levels deep.
        void Add(JsonElement value, string port, Node? parent)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    var node = value.Text("nodeId") is { } nodeId && value.Text("id") is not null ? new Node(nodeId, port, value, parent) : null;
                    if (node is not null)
                    {
                        nodes.Add(node);
                    }

                    foreach (var member in value.EnumerateObject())
                    {
                        Add(member.Value, node is null ? port : char.ToUpperInvariant(member.Name[0]) + member.Name[1..], node ?? parent);
                    }

                    break;
                case JsonValueKind.Array:
                    foreach (var item in value.EnumerateArray())
                    {
                        Add(item, port, parent);
                    }

                    break;
            }
        }
    }

    private static void Write(Utf8JsonWriter json, Node node)
    {
        json.WriteStartObject();
        json.WriteString("nodeId", node.NodeId);
        json.WriteString("port", node.Port);
        json.WritePropertyName("activity");
        node.Activity.WriteTo(json);
        json.WriteStartArray("parents");
        json.WriteEndArray();
        json.WriteStartArray("children");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private sealed record Node(string NodeId, string Port, JsonElement Activity, Node? Parent);
}
