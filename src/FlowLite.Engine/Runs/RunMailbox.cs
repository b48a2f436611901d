namespace FlowLite.Engine.Runs;

/// <summary>
/// A run's mailbox as its executor sees it. Whoever wakes a run writes to the mailbox on disk, never to the run's journal: only the
/// executor moves that, and takes a signal out of the mailbox in the same append. Guarded by the run's lock.
/// </summary>
internal sealed class RunMailbox
{
    /// <summary>The signals of each instance, in order.</summary>
    private readonly Dictionary<Guid, Queue<StoredSignal>> _signals = [];
    /// <summary>Instances by the number of their first signal: one that is under way is passed over with all that has come for it.</summary>
    private readonly SortedDictionary<long, Queue<StoredSignal>> _firsts = [];
    /// <summary>Those that were seen, so that one whose removal is not durable yet is not taken again.</summary>
    private readonly HashSet<long> _seen = [];

    public static RunMailbox With(IReadOnlyList<StoredSignal> stored)
    {
        var mailbox = new RunMailbox();
        mailbox.Add(stored);
        return mailbox;
    }

    /// <summary>The one that cancels the run, if it has come.</summary>
    public static StoredSignal? Cancel(IReadOnlyList<StoredSignal> signals) => signals.FirstOrDefault(signal => signal.Kind == BookmarkKind.Cancel);

    /// <summary>What is in the mailbox on disk now.</summary>
    public void Add(IReadOnlyList<StoredSignal> signals)
    {
        foreach (var signal in signals)
        {
            if (!_seen.Add(signal.Id))
            {
                continue;
            }

            if (!_signals.TryGetValue(signal.Instance, out var queue))
            {
                _signals.Add(signal.Instance, queue = new Queue<StoredSignal>());
                _firsts.Add(signal.Id, queue);
            }

            queue.Enqueue(signal);
        }
    }

    /// <summary>
    /// The first signal that can be delivered now, which is out of the mailbox then, and its event; null: none can. An activity that is
    /// under way gets its next signal when it waits again; a quarantined run can only be cancelled.
    /// </summary>
    /// <param name="holdsCalls">Calls stay where they are: the run works for another caller.</param>
    public (StoredSignal Signal, RunEvent Event)? Take(RunState state, DateTimeOffset now, bool holdsCalls)
    {
        if (state.IsOver)
        {
            return null;
        }

        foreach (var queue in _firsts.Values)
        {
            if (Deliver(queue.Peek(), state, now, holdsCalls) is { } @event)
            {
                return (TakeFirst(queue), @event);
            }
        }

        return null;
    }

    /// <summary>A call is in it that may be the next to be taken.</summary>
    public bool HasCall => _firsts.Count > 0 && _firsts.Values.Any(static queue => queue.Peek().AwaitsResponse);

    private StoredSignal TakeFirst(Queue<StoredSignal> queue)
    {
        var taken = queue.Dequeue();
        _firsts.Remove(taken.Id);
        if (queue.TryPeek(out var next))
        {
            _firsts.Add(next.Id, queue);
        }
        else
        {
            _signals.Remove(taken.Instance);
        }

        return taken;
    }

    private static RunEvent? Deliver(StoredSignal signal, RunState state, DateTimeOffset now, bool holdsCalls)
    {
        if (signal.Kind == BookmarkKind.Cancel)
        {
            return new RunCancelled { At = now, Signal = signal.Id, Reason = signal.Key };
        }

        if (state.Status == RunStatus.Quarantined)
        {
            return null;
        }

        var instance = state.Instances.GetValueOrDefault(signal.Instance);
        if (instance?.Bookmarks.Contains(signal.Kind, signal.Key) != true)
        {
            return new SignalDropped { At = now, Signal = signal.Id, Kind = signal.Kind, Key = signal.Key };
        }

        return instance.Status == InstanceStatus.Waiting && !(holdsCalls && signal.AwaitsResponse)
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
