using System.Collections.Concurrent;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Runs that wait at a gate: for something outside that lets them on when it can, such as a connection to a CRM that is down.
/// They are rows on disk and hold no slot; whoever keeps the gate lets them on, in the order in which they arrived.
/// </summary>
public sealed class RunGates(IRunStore store)
{
    private readonly ConcurrentDictionary<Guid, string> _passes = new();

    /// <summary>The dispatcher's, once there is one.</summary>
    internal Func<string, Guid, bool>? Wake { get; set; }

    /// <summary>Lets the next runs on.</summary>
    /// <param name="except">Runs that stay where they are, or have been let on a moment ago.</param>
    /// <returns>Those that were let on; fewer than <paramref name="most"/>: there are no more, or no room for them now.</returns>
    public async ValueTask<IReadOnlyList<Guid>> LetOnAsync(string gate, IReadOnlySet<Guid> except, int most)
    {
        var let = new List<Guid>();
        foreach (var (definitionId, runId) in await store.ListAtGateAsync(gate, except, most))
        {
            _passes[runId] = gate;
            if (Wake?.Invoke(definitionId, runId) == true)
            {
                let.Add(runId);
            }
            else
            {
                _passes.TryRemove(runId, out _);
            }
        }

        return let;
    }

    /// <summary>How many runs wait, by gate.</summary>
    public ValueTask<IReadOnlyDictionary<string, long>> CountAsync() => store.CountAtGatesAsync();

    /// <summary>The gate that has let the run on; null: none has. A pass is good for once.</summary>
    internal string? TakePass(Guid runId) => !_passes.IsEmpty && _passes.TryRemove(runId, out var gate) ? gate : null;
}
