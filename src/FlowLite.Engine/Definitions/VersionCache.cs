using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Definitions;

/// <summary>Compiled versions by version id, so many at most; the one that was asked for longest ago goes first. Runs under way hold their own.</summary>
internal sealed class VersionCache(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<CompiledWorkflow>> _byId = [];
    private readonly LinkedList<CompiledWorkflow> _byUse = new();

    public CompiledWorkflow? Find(string versionId)
    {
        lock (_lock)
        {
            if (!_byId.TryGetValue(versionId, out var entry))
            {
                return null;
            }

            _byUse.Remove(entry);
            _byUse.AddFirst(entry);
            return entry.Value;
        }
    }

    /// <summary>A version never changes once it runs, so of two compilations either will do.</summary>
    public void Put(CompiledWorkflow workflow)
    {
        lock (_lock)
        {
            if (_byId.Remove(workflow.Definition.Id, out var old))
            {
                _byUse.Remove(old);
            }

            _byId.Add(workflow.Definition.Id, _byUse.AddFirst(workflow));
            if (_byId.Count > capacity)
            {
                _byId.Remove(_byUse.Last!.Value.Definition.Id);
                _byUse.RemoveLast();
            }
        }
    }
}
