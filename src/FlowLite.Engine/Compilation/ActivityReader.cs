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

            VariableReader.Read(item.Json, item.Path, item.Parent is null ? null : node.Id, variables, problems);
            foreach (var child in Children(node, item.Json, item.Path))
            {
                work.Enqueue(child);
            }
        }

        foreach (var (node, json) in _read)
        {
            if (node.Descriptor.IsContainer)
            {
                new ConnectionReader(node, nodes, problems).Read(json);
                node.Start = StartOf(node, json);
            }
        }

        return first;
    }

    private IEnumerable<(JsonElement, string, ActivityNode?, string?)> Children(ActivityNode node, JsonElement json, string path)
    {
        foreach (var port in node.Descriptor.Ports)
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(port);
            if (json.Member(name) is { ValueKind: JsonValueKind.Object } child)
            {
                yield return (child, $"{path}/{name}", node, port);
            }
        }

        if (!node.Descriptor.IsContainer)
        {
            yield break;
        }

        foreach (var list in node.Descriptor.ChildLists)
        {
            foreach (var child in InList(node, json, path, list))
            {
                yield return child;
            }
        }

        if (json.Member("activities") is { ValueKind: JsonValueKind.Array } activities)
        {
            var index = 0;
            foreach (var child in activities.EnumerateArray())
            {
                yield return (child, $"{path}/activities/{index++}", node, null);
            }
        }
    }

    private IEnumerable<(JsonElement, string, ActivityNode?, string?)> InList(ActivityNode node, JsonElement json, string path, ChildListAttribute list)
    {
        if (json.Member(list.List) is not { ValueKind: JsonValueKind.Array } items)
        {
            yield break;
        }

        var index = -1;
        var keys = new HashSet<string>();
        foreach (var item in items.EnumerateArray())
        {
            var itemPath = $"{path}/{list.List}/{++index}";
            if (list.Members.Count == 0)
            {
                yield return (item, itemPath, node, null);
                continue;
            }

            var key = list.KeyOf(item);
            if (key is null || !keys.Add(key))
            {
                problems.Add(new DefinitionProblem(node.Id, itemPath, key is null
                    ? $"It needs a {list.Keys[0]}."
                    : $"Two of the {list.List} have the {list.Keys[0]} '{key}'."));
                continue;
            }

            foreach (var member in list.Members)
            {
                if (item.Member(member) is { ValueKind: JsonValueKind.Object } child)
                {
                    yield return (child, $"{itemPath}/{member}", node, ChildListAttribute.Port(list.List, key, member));
                }
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

        var isFlow = registry.Find(type) is null && FlowActivity.IsOne(json);
        var descriptor = registry.Find(isFlow ? FlowActivity.TypeName : type);
        if (descriptor is null)
        {
            problems.Add(new DefinitionProblem(id, $"{path}/type", type == "Elsa.Workflow"
                ? "A flow can't stand inside of another one here: put its root in its place, or save it as a flow and run it with Elsa.ExecuteWorkflow."
                : $"There is no activity of type '{type}' here."));
            return null;
        }

        if (descriptor.NotAvailable is { } reason)
        {
            problems.Add(new DefinitionProblem(id, $"{path}/type", $"'{type}' is not available here: {reason}"));
            return null;
        }

        var settings = json.Member("customProperties");
        var activity = descriptor.Create();
        var canStart = settings.Member("canStartWorkflow").ValueKind;
        var node = new ActivityNode
        {
            Id = id,
            Type = type,
            Name = json.Text("name") ?? id,
            Path = path,
            Parent = parent,
            Activity = activity,
            Descriptor = descriptor,
            // A trigger starts the flow unless the author said no; Studio marks only the first one dropped. One that can also wait in the
            // middle of a flow (StartAt) starts it only where the author says so, as in Elsa.
            CanStartWorkflow = descriptor.Kind == ActivityKind.Trigger && (activity is Trigger ? canStart != JsonValueKind.False : canStart == JsonValueKind.True),
        };
        if (!nodes.TryAdd(id, node))
        {
            problems.Add(new DefinitionProblem(id, $"{path}/id", $"Two activities have the id '{id}'."));
            return null;
        }

        _read.Add((node, isFlow ? FlowActivity.Arrange(json) : json));
        return node;
    }

    // Elsa's order: the flowchart's own start, a trigger, a Start activity, the first activity that nothing leads to, the first one.
    private static ActivityNode? StartOf(ActivityNode container, JsonElement json)
    {
        var start = json.Member("start");
        var id = start.ValueKind == JsonValueKind.String ? start.GetString() : start.Text("id");
        return container.Children.Find(c => c.Id == id)
            ?? container.Children.Find(c => c.CanStartWorkflow)
            ?? container.Children.Find(c => c is { InboundCount: 0, Descriptor.IsStart: true } && c.Descriptor.Kind != ActivityKind.Trigger)
            ?? container.Children.Find(c => c.InboundCount == 0)
            ?? container.Children.FirstOrDefault();
    }
}
