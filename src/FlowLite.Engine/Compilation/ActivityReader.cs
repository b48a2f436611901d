using System.Collections;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>Reads the tree of activities: children, ports, connections. Iterative, so that nesting costs no stack.</summary>
internal sealed class ActivityReader(
    ActivityRegistry registry,
    Dictionary<string, ActivityNode> nodes,
    Dictionary<string, Variable> variables,
    List<DefinitionProblem> problems)
{
    private readonly List<(ActivityNode Node, JsonElement Json)> _read = [];

    public IReadOnlyList<(ActivityNode Node, JsonElement Json)> Read() => _read;

    public ActivityNode? Read(JsonElement root, string path, ActivityNode? parent)
    {
        ActivityNode? first = null;
        var work = new Queue<(JsonElement Json, string Path, ActivityNode? Parent, string? Port)>();
        work.Enqueue((root, path, parent, null));
        while (work.TryDequeue(out var item))
        {
            var node = ReadOne(item.Json, item.Path, item.Parent);
            if (node is null)
            {
                continue;
            }

            first ??= node;
            if (item.Port is { } port)
            {
                item.Parent!.Ports[port] = node;
            }
            else if (item.Parent is not null)
            {
                node.Order = item.Parent.Children.Count;
                item.Parent.Children.Add(node);
            }

            VariableReader.Read(item.Json, item.Path, variables, problems);
            foreach (var child in Children(node, item.Json, item.Path))
            {
                work.Enqueue(child);
            }
        }

        foreach (var (node, json) in _read)
        {
            Connect(node, json);
        }

        return first;
    }

    private static IEnumerable<(JsonElement, string, ActivityNode?, string?)> Children(ActivityNode node, JsonElement json, string path)
    {
        foreach (var port in node.Descriptor.Ports)
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(port);
            if (json.Member(name) is { ValueKind: JsonValueKind.Object } child)
            {
                yield return (child, $"{path}/{name}", node, port);
            }
        }

        if (node.Descriptor.IsContainer && json.Member("activities") is { ValueKind: JsonValueKind.Array } activities)
        {
            var index = 0;
            foreach (var child in activities.EnumerateArray())
            {
                yield return (child, $"{path}/activities/{index++}", node, null);
            }
        }
    }

    private ActivityNode? ReadOne(JsonElement json, string path, ActivityNode? parent)
    {
        var id = json.Text("id");
        var type = json.Text("type");
        if (id is null || type is null)
        {
            problems.Add(new DefinitionProblem(id, path, id is null ? "An activity needs an id." : "An activity needs a type."));
            return null;
        }

        var descriptor = registry.Find(type);
        if (descriptor is null)
        {
            problems.Add(new DefinitionProblem(id, $"{path}/type", $"There is no activity of type '{type}' here."));
            return null;
        }

        var settings = json.Member("customProperties");
        var node = new ActivityNode
        {
            Id = id,
            Type = type,
            Name = json.Text("name") ?? id,
            Path = path,
            Parent = parent,
            Activity = descriptor.Create(),
            Descriptor = descriptor,
            // A trigger starts the flow unless the author said no; Studio marks only the first one dropped.
            CanStartWorkflow = descriptor.Kind == ActivityKind.Trigger && settings.Member("canStartWorkflow").ValueKind != JsonValueKind.False,
        };
        if (!nodes.TryAdd(id, node))
        {
            problems.Add(new DefinitionProblem(id, $"{path}/id", $"Two activities have the id '{id}'."));
            return null;
        }

        _read.Add((node, json));
        return node;
    }

    private void Connect(ActivityNode container, JsonElement json)
    {
        if (!container.Descriptor.IsContainer)
        {
            return;
        }

        var inbound = new List<ActivityNode>[container.Children.Count];
        if (json.Member("connections") is { ValueKind: JsonValueKind.Array } connections)
        {
            var index = -1;
            foreach (var connection in connections.EnumerateArray())
            {
                Connect(container, connection, $"{container.Path}/connections/{++index}", inbound);
            }
        }

        foreach (var child in container.Children)
        {
            var sources = inbound[child.Order] ?? [];
            child.InboundCount = sources.Count;
            child.Upstream = child.IsJoin ? Upstream(child, inbound) : null;
            if (child.CanStartWorkflow && sources.Count > 0)
            {
                problems.Add(new DefinitionProblem(child.Id, child.Path, "A trigger starts the flow; nothing can lead to it."));
            }
        }

        if (IdleCycle(container) is { } idle)
        {
            problems.Add(new DefinitionProblem(idle.Id, idle.Path, "The connections lead from here back to here without anything being done: the run would never end."));
        }

        container.Start = StartOf(container, json);
    }

    private void Connect(ActivityNode container, JsonElement connection, string path, List<ActivityNode>[] inbound)
    {
        // Elsa 3 writes {"source":{"activity","port"}}; its first releases wrote {"source":"id","sourcePort"}.
        var source = connection.Member("source");
        var target = connection.Member("target");
        var from = source.ValueKind == JsonValueKind.String ? source.GetString() : source.Text("activity");
        var to = target.ValueKind == JsonValueKind.String ? target.GetString() : target.Text("activity");
        var outcome = source.Text("port") ?? connection.Text("sourcePort") ?? Outcomes.Done;
        if (Child(from) is not { } sourceNode || Child(to) is not { } targetNode)
        {
            // An activity of an unknown type is a problem of its own.
            var missing = Child(from) is null ? from : to;
            problems.Add(new DefinitionProblem(container.Id, path, $"The connection names '{missing}', which is no activity of '{container.Id}'."));
            return;
        }

        var edge = new Connection(outcome, targetNode);
        if (!sourceNode.Outbound.Contains(edge))
        {
            sourceNode.Outbound.Add(edge);
            (inbound[targetNode.Order] ??= []).Add(sourceNode);
        }

        ActivityNode? Child(string? id) => id is not null && nodes.TryGetValue(id, out var node) && node.Parent == container ? node : null;
    }

    /// <summary>Everything from which a join can be reached; itself only if it stands on a cycle.</summary>
    private static BitArray Upstream(ActivityNode join, List<ActivityNode>[] inbound)
    {
        var reached = new BitArray(inbound.Length);
        var work = new Queue<ActivityNode>([join]);
        while (work.TryDequeue(out var node))
        {
            foreach (var source in inbound[node.Order] ?? [])
            {
                if (!reached[source.Order])
                {
                    reached[source.Order] = true;
                    work.Enqueue(source);
                }
            }
        }

        return reached;
    }

    /// <summary>An activity on a cycle of containers in which nothing is executed; such a cycle would keep the decider busy for ever.</summary>
    private static ActivityNode? IdleCycle(ActivityNode container)
    {
        var idle = container.Children.Where(IsIdle).ToHashSet();
        // Those that nothing idle leads to can't be on such a cycle; what is left when they are gone, round by round, can.
        while (idle.RemoveWhere(node => !idle.Any(other => other.Outbound.Exists(c => c.Target == node))) > 0)
        {
        }

        return idle.FirstOrDefault();

        static bool IsIdle(ActivityNode node) => node.Activity is Container { EvaluatesInputs: false } && node.Children.TrueForAll(IsIdle);
    }

    // Elsa's order: the flowchart's own start, a trigger, the first activity that nothing leads to, the first one.
    private static ActivityNode? StartOf(ActivityNode container, JsonElement json)
    {
        var start = json.Member("start");
        var id = start.ValueKind == JsonValueKind.String ? start.GetString() : start.Text("id");
        return container.Children.Find(c => c.Id == id)
            ?? container.Children.Find(c => c.CanStartWorkflow)
            ?? container.Children.Find(c => c.InboundCount == 0)
            ?? container.Children.FirstOrDefault();
    }
}
