using System.Collections.Immutable;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Tells those who watch a run that more of it is durable. While nobody watches any run an append costs one read of a field.
/// </summary>
public sealed class RunFeed
{
    private ImmutableDictionary<Guid, ImmutableList<Action<RunSummary>>> _watchers = ImmutableDictionary<Guid, ImmutableList<Action<RunSummary>>>.Empty;

    /// <summary>Calls back with the run's row after each append to it, until it is disposed. Callbacks are short and throw nothing.</summary>
    public IDisposable Watch(Guid runId, Action<RunSummary> changed)
    {
        ImmutableInterlocked.Update(ref _watchers, static (all, added) =>
            all.SetItem(added.runId, all.GetValueOrDefault(added.runId, []).Add(added.changed)), (runId, changed));
        return new Watcher(() => Remove(runId, changed));
    }

    internal void Appended(RunSummary run)
    {
        if (!Volatile.Read(ref _watchers).IsEmpty)
        {
            Tell(run);
        }
    }

    private void Tell(RunSummary run)
    {
        if (Volatile.Read(ref _watchers).TryGetValue(run.RunId, out var watchers))
        {
            watchers.ForEach(changed => changed(run));
        }
    }

    private void Remove(Guid runId, Action<RunSummary> changed) => ImmutableInterlocked.Update(ref _watchers, static (all, gone) =>
        all.TryGetValue(gone.runId, out var watchers)
            ? watchers.Remove(gone.changed) is { IsEmpty: false } left ? all.SetItem(gone.runId, left) : all.Remove(gone.runId)
            : all,
        (runId, changed));

    private sealed class Watcher(Action remove) : IDisposable
    {
        private Action? _remove = remove;

        public void Dispose() => Interlocked.Exchange(ref _remove, null)?.Invoke();
    }
}
