namespace FlowLite.Engine.Runs;

/// <summary>
/// A run's mailbox as its executor sees it. Whoever wakes a run writes to the mailbox on disk, never to the run's journal: only the
/// executor moves that, and takes a signal out of the mailbox in the same append. Guarded by the run's lock.
/// </summary>
internal sealed class RunMailbox(IReadOnlyList<StoredSignal> stored)
{
    private readonly List<StoredSignal> _signals = [.. stored];
    /// <summary>Those that were seen, so that one whose removal is not durable yet is not taken again.</summary>
    private readonly HashSet<long> _seen = [.. stored.Select(s => s.Id)];

    /// <summary>What is in the mailbox on disk now.</summary>
    public void Add(IReadOnlyList<StoredSignal> signals) => _signals.AddRange(signals.Where(s => _seen.Add(s.Id)));

    /// <summary>
    /// The event of the first signal that can be delivered now, which is out of the mailbox then; null: none can. An activity that is
    /// under way gets its next signal when it waits again.
    /// </summary>
    public RunEvent? Take(RunState state, DateTimeOffset now)
    {
        if (state.IsOver || state.Status == RunStatus.Quarantined)
        {
            return null;
        }

        for (var i = 0; i < _signals.Count; i++)
        {
            if (Deliver(_signals[i], state, now) is { } @event)
            {
                _signals.RemoveAt(i);
                return @event;
            }
        }

        return null;
    }

    private static RunEvent? Deliver(StoredSignal signal, RunState state, DateTimeOffset now)
    {
        if (signal.Kind == BookmarkKind.Cancel)
        {
            return new RunCancelled { At = now, Signal = signal.Id, Reason = signal.Key };
        }

        var instance = state.Instances.GetValueOrDefault(signal.Instance);
        var waits = instance?.Bookmarks.Any(b => b.Is(signal.Kind, signal.Key)) == true;
        if (!waits)
        {
            return new SignalDropped { At = now, Signal = signal.Id, Kind = signal.Kind, Key = signal.Key };
        }

        return instance!.Status == InstanceStatus.Waiting
            ? new SignalReceived
            {
                At = now,
                Instance = instance.Id,
                Activity = instance.Activity,
                Signal = signal.Id,
                Kind = signal.Kind,
                Key = signal.Key,
                Payload = signal.Payload,
                AwaitsResponse = signal.AwaitsResponse,
            }
            : null;
    }
}
