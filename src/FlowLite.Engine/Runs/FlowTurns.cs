namespace FlowLite.Engine.Runs;

/// <summary>Flows with waiting runs, in the order of their turns. Guarded by the dispatcher's lock.</summary>
/// <param name="hasLine">Whether a flow's runs stand in a line.</param>
internal sealed class FlowTurns(Func<string, bool> hasLine)
{
    private readonly Dictionary<string, FlowQueue> _queues = [];
    private readonly LinkedList<FlowQueue> _turns = new();

    public FlowQueue Queue(string definitionId)
    {
        if (!_queues.TryGetValue(definitionId, out var queue))
        {
            _queues[definitionId] = queue = new FlowQueue(definitionId);
            queue.SetLine(hasLine(definitionId));
        }

        return queue;
    }

    /// <summary>Null: nothing was ever asked of it.</summary>
    public FlowQueue? Find(string definitionId) => _queues.GetValueOrDefault(definitionId);

    /// <summary>The flow has waiting runs: it takes turns until it has none.</summary>
    public void Add(FlowQueue queue)
    {
        if (!queue.TakesTurns)
        {
            queue.TakesTurns = true;
            _turns.AddLast(queue);
        }
    }

    /// <summary>The next flow in turn that has a run in its window and a free slot; null: none has.</summary>
    /// <param name="limit">How many runs of a flow may be under way.</param>
    /// <param name="lowWater">A window with fewer runs is filled from disk.</param>
    /// <param name="load">Fills it, and adds the flow again.</param>
    public FlowQueue? Next(Func<FlowQueue, int> limit, int lowWater, Action<FlowQueue> load)
    {
        for (var left = _turns.Count; left > 0; left--)
        {
            var node = _turns.First!;
            var queue = node.Value;
            _turns.RemoveFirst();
            if (queue.WantsDisk(lowWater))
            {
                queue.Loading = true;
                load(queue);
            }

            if (queue.Count == 0)
            {
                queue.TakesTurns = false;
                continue;
            }

            _turns.AddLast(node);
            if (queue.Active.Count < limit(queue))
            {
                return queue;
            }
        }

        return null;
    }
}
