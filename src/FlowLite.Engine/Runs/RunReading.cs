using FlowLite.Engine.Secure;

namespace FlowLite.Engine.Runs;

/// <summary>A run as it stood when it was asked for. Its events are read part by part, however many there are.</summary>
public sealed class RunReading
{
    private readonly IRunStore _store;
    private readonly JournalPart _first;
    private readonly Func<(long After, IReadOnlyList<RunEvent> Events)?> _pending;

    /// <param name="pending">Events that are not appended yet, and how many are before them; null: the run is not under way.</param>
    internal RunReading(IRunStore store, JournalPart first, Func<(long After, IReadOnlyList<RunEvent> Events)?> pending)
    {
        _store = store;
        _first = first;
        _pending = pending;
    }

    public RunSummary Summary => _first.Summary;

    /// <summary>Can be read more than once. Ends early when the run is deleted meanwhile.</summary>
    public async IAsyncEnumerable<RunEvent> Events()
    {
        await foreach (var @event in StoredEvents())
        {
            yield return SecureEvents.Redact(@event);
        }

        if (Summary.Status == RunStatus.Running && _pending() is var (after, pending) && after == _first.Seq)
        {
            foreach (var @event in pending)
            {
                yield return SecureEvents.Redact(@event);
            }
        }
    }

    /// <summary>What is durable, as it is kept: secure values are sealed, and can be opened. It is not to be shown.</summary>
    public async IAsyncEnumerable<RunEvent> StoredEvents()
    {
        var next = 0L;
        for (var part = _first; next < _first.Seq && part is { Batches.Count: > 0 }; part = await _store.ReadJournalAsync(Summary.RunId, next))
        {
            foreach (var batch in part.Batches)
            {
                foreach (var @event in RunJournal.Read(batch, part.Values))
                {
                    if (next++ < _first.Seq)
                    {
                        yield return @event;
                    }
                }
            }
        }
    }
}
