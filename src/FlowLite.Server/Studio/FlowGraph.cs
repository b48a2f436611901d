using System.Text.Json;

namespace FlowLite.Server.Studio;

/// <summary>
/// Which activity stands before which in a flow's document; also in a draft that doesn't compile. Activities of unknown types count
/// as others do.
/// </summary>
internal sealed class FlowGraph
{
    private readonly Dictionary<string, FlowGraphNode> _nodes = new(StringComparer.Ordinal);
    private readonly List<FlowGraphNode> _inOrder = [];

    private FlowGraph()
    {
    }

    /// <summary>In the order of the document, containers before what is in them.</summary>
    public IReadOnlyList<FlowGraphNode> Nodes => _inOrder;

    public static FlowGraph Of(JsonElement document)
    {
        var graph = new FlowGraph();
        if (document.ValueKind == JsonValueKind.Object && document.TryGetProperty("root", out var root))
        {
            graph.Add(root, null);
        }

        return graph;
    }

    public FlowGraphNode? Find(string id) => _nodes.GetValueOrDefault(id);

    /// <summary>The containers around an activity, the innermost first.</summary>
    public static IEnumerable<FlowGraphNode> Around(FlowGraphNode node)
    {
        for (var parent = node.Parent; parent is not null; parent = parent.Parent)
        {
            yield return parent;
        }
    }

    /// <summary>Everything that may have run when the activity does, in the order of the document. One that nothing leads to yet may get any other before it.</summary>
    public IReadOnlyList<FlowGraphNode> Before(FlowGraphNode node)
    {
        var before = new HashSet<FlowGraphNode>();
        for (var at = node; at.Parent is { } container; at = container)
        {
            foreach (var sibling in SiblingsBefore(at, container))
            {
                before.Add(sibling);
            }
        }

        var inside = before.ToHashSet();
        return [.. _inOrder.Where(n => inside.Contains(n) || Around(n).Any(inside.Contains))];
    }

    private static IEnumerable<FlowGraphNode> SiblingsBefore(FlowGraphNode node, FlowGraphNode container)
    {
        var siblings = container.Children;
        if (!container.Json.TryGetProperty("connections", out var connections) || connections.ValueKind != JsonValueKind.Array)
        {
            // One after the other, if they stand in one list; the branches of an If know nothing of each other.
            return siblings.TakeWhile(s => s != node).Where(s => s.Slot == node.Slot && s.Slot == "activities");
        }

        var edges = connections.EnumerateArray().Select(c => (From: End(c, "source"), To: End(c, "target"))).ToList();
        if (!edges.Exists(e => e.To == node.Id))
        {
            return edges.Exists(e => e.From == node.Id) ? [] : siblings.Where(s => s != node);
        }

        var reached = new HashSet<string>(StringComparer.Ordinal);
        var work = new Queue<string>([node.Id]);
        while (work.TryDequeue(out var id))
        {
            foreach (var from in edges.Where(e => e.To == id).Select(e => e.From).OfType<string>().Where(reached.Add))
            {
                work.Enqueue(from);
            }
        }

        return siblings.Where(s => s != node && reached.Contains(s.Id));
    }

    private static string? End(JsonElement connection, string name)
    {
        if (connection.ValueKind != JsonValueKind.Object || !connection.TryGetProperty(name, out var end))
        {
            return null;
        }

        return end.ValueKind switch
        {
            JsonValueKind.String => end.GetString(),
            JsonValueKind.Object when end.TryGetProperty("activity", out var activity) && activity.ValueKind == JsonValueKind.String => activity.GetString(),
            _ => null,
        };
    }

    // Documents are at most 64 levels deep, so recursion is safe.
    private void Add(JsonElement value, FlowGraphNode? parent, string slot = "")
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                if (ActivityTree.IsActivity(value))
                {
                    var node = new FlowGraphNode(value, parent, slot);
                    _nodes.TryAdd(node.Id, node);
                    _inOrder.Add(node);
                    parent?.Children.Add(node);
                    parent = node;
                }

                foreach (var member in value.EnumerateObject())
                {
                    Add(member.Value, parent, member.Name);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Add(item, parent, slot);
                }

                break;
        }
    }
}

/// <param name="Slot">The member of its container that it stands in: <c>activities</c>, <c>then</c>, <c>body</c>…</param>
internal sealed record FlowGraphNode(JsonElement Json, FlowGraphNode? Parent, string Slot)
{
    public string Id { get; } = Json.GetProperty("id").GetString()!;
    public string Type { get; } = Json.GetProperty("type").GetString()!;
    /// <summary>What expressions call it.</summary>
    public string Name { get; } = Text(Json, "name") ?? Json.GetProperty("id").GetString()!;
    /// <summary>What people call it: the text on the canvas, else its name.</summary>
    public string Title => (Json.TryGetProperty("metadata", out var metadata) ? Text(metadata, "displayText") : null) ?? Name;
    public List<FlowGraphNode> Children { get; } = [];

    /// <summary>The value of an input: a bare one, or that of its expression.</summary>
    public JsonElement Input(string name)
    {
        if (!Json.TryGetProperty(name, out var input))
        {
            return default;
        }

        return input.ValueKind == JsonValueKind.Object && input.TryGetProperty("expression", out var expression) && expression.ValueKind == JsonValueKind.Object
            ? expression.TryGetProperty("value", out var value) ? value : default
            : input;
    }

    public bool Equals(FlowGraphNode? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String && text.GetString() is { Length: > 0 } found
            ? found
            : null;
}
