using System.Collections;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>Reads a flowchart's connections and works out what its joins have to know. Iterative and linear in the connections, but for a search or three for each join.</summary>
internal sealed class ConnectionReader(ActivityNode container, IReadOnlyDictionary<string, ActivityNode> nodes, List<DefinitionProblem> problems)
{
    private readonly List<(ActivityNode Source, string Outcome)>[] _inbound = new List<(ActivityNode, string)>[container.Children.Count];

    public void Read(JsonElement json)
    {
        if (json.Member("connections") is { ValueKind: JsonValueKind.Array } connections)
        {
            var index = -1;
            var known = new HashSet<(ActivityNode, Connection)>();
            var unread = Unread(json);
            foreach (var connection in connections.EnumerateArray())
            {
                Connect(connection, $"{container.Path}/connections/{++index}", known, unread);
            }
        }

        foreach (var child in container.Children)
        {
            var sources = _inbound[child.Order] ?? [];
            child.InboundCount = sources.Count;
            child.Upstream = sources.Count > 1 ? Upstream(child) : null;
            if (sources.Count > 1)
            {
                // Without a cycle there is nothing that comes round.
                var behind = child.CanBeReachedFrom(child) ? Downstream(child.Outbound.Select(c => c.Target), null) : null;
                var elsewhere = behind is null ? null : Downstream(Beginnings(json), child);
                child.Inbound = [.. sources.Select(s => new InboundConnection(s.Source, s.Outcome, behind?[s.Source.Order] == true, elsewhere?[s.Source.Order] != false))];
            }

            if (child is { CanStartWorkflow: true, Activity: Trigger } && sources.Count > 0)
            {
                problems.Add(new DefinitionProblem(child.Id, child.Path, "A trigger starts the flow; nothing can lead to it.", RunsAnyway: true));
            }
        }

        if (IdleCycle() is { } idle)
        {
            problems.Add(new DefinitionProblem(idle.Id, idle.Path, "The connections lead from here back to here without anything being done: the run would never end."));
        }
    }

    /// <summary>Activities that stand in the flowchart and could not be read (an unknown type): that is a problem of its own.</summary>
    private HashSet<string> Unread(JsonElement json) => json.Member("activities") is { ValueKind: JsonValueKind.Array } activities
        ? [.. activities.EnumerateArray().Select(a => a.Text("id")).OfType<string>().Where(id => !nodes.TryGetValue(id, out var node) || node.Parent != container)]
        : [];

    private void Connect(JsonElement connection, string path, HashSet<(ActivityNode, Connection)> known, HashSet<string> unread)
    {
        // Elsa 3 writes {"source":{"activity","port"}}; its first releases wrote {"source":"id","sourcePort"}.
        var source = connection.Member("source");
        var target = connection.Member("target");
        var from = source.ValueKind == JsonValueKind.String ? source.GetString() : source.Text("activity");
        var to = target.ValueKind == JsonValueKind.String ? target.GetString() : target.Text("activity");
        var outcome = source.Text("port") ?? connection.Text("sourcePort") ?? Outcomes.Done;
        if (Child(from) is not { } sourceNode || Child(to) is not { } targetNode)
        {
            if (!IsThere(from) || !IsThere(to))
            {
                problems.Add(new DefinitionProblem(container.Id, path, $"The connection names '{(IsThere(from) ? to : from)}', which is no activity of '{container.Id}'."));
            }

            return;
        }

        var edge = new Connection(outcome, targetNode);
        if (known.Add((sourceNode, edge)))
        {
            sourceNode.Outbound.Add(edge);
            (_inbound[targetNode.Order] ??= []).Add((sourceNode, outcome));
        }

        bool IsThere(string? id) => Child(id) is not null || (id is not null && unread.Contains(id));

        ActivityNode? Child(string? id) => id is not null && nodes.TryGetValue(id, out var node) && node.Parent == container ? node : null;
    }

    /// <summary>Everything from which a join can be reached; itself only if it stands on a cycle.</summary>
    private BitArray Upstream(ActivityNode join)
    {
        var reached = new BitArray(_inbound.Length);
        var work = new Queue<ActivityNode>([join]);
        while (work.TryDequeue(out var node))
        {
            foreach (var (source, _) in _inbound[node.Order] ?? [])
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

    /// <summary>Where a run of the flowchart may begin.</summary>
    private IEnumerable<ActivityNode> Beginnings(JsonElement json)
    {
        var start = json.Text("start") ?? json.Member("start").Text("id");
        var beginnings = container.Children.Where(c => _inbound[c.Order] is null || c.Id == start).ToList();
        return beginnings.Count > 0 ? beginnings : container.Children.Take(1);
    }

    /// <summary>What can be reached from there, itself included, but not through <paramref name="barrier"/>.</summary>
    private BitArray Downstream(IEnumerable<ActivityNode> from, ActivityNode? barrier)
    {
        var reached = new BitArray(_inbound.Length);
        var work = new Queue<ActivityNode>(from);
        while (work.TryDequeue(out var node))
        {
            if (node != barrier && !reached[node.Order])
            {
                reached[node.Order] = true;
                foreach (var (_, target) in node.Outbound)
                {
                    work.Enqueue(target);
                }
            }
        }

        return reached;
    }

    /// <summary>An activity on a cycle of containers in which nothing is executed; such a cycle would keep the decider busy for ever.</summary>
    private ActivityNode? IdleCycle()
    {
        var idle = container.Children.Where(IsIdle).ToHashSet();
        var inbound = idle.ToDictionary(node => node, node => (_inbound[node.Order] ?? []).Count(c => idle.Contains(c.Source)));
        // Those that nothing idle leads to can't be on such a cycle; what is left when they are gone, one after the other, can.
        var work = new Queue<ActivityNode>(idle.Where(node => inbound[node] == 0));
        while (work.TryDequeue(out var node))
        {
            idle.Remove(node);
            foreach (var (_, target) in node.Outbound)
            {
                if (idle.Contains(target) && --inbound[target] == 0)
                {
                    work.Enqueue(target);
                }
            }
        }

        return idle.FirstOrDefault();
    }

    private static bool IsIdle(ActivityNode node)
    {
        var work = new Stack<ActivityNode>([node]);
        while (work.TryPop(out var next))
        {
            if (next.Activity is not Container { EvaluatesInputs: false })
            {
                return false;
            }

            foreach (var child in next.Children.Concat(next.Ports.Values))
            {
                work.Push(child);
            }
        }

        return true;
    }
}
