namespace FlowLite.Engine.Runs;

/// <summary>The bookmarks and mailboxes of the runs in a <see cref="MemoryRunStore"/>. Guarded by its lock.</summary>
internal sealed class MemoryMail
{
    private static readonly Comparer<(Guid RunId, Guid Instance, Bookmark Bookmark)> InOrder = Comparer<(Guid RunId, Guid Instance, Bookmark Bookmark)>.Create((a, b) =>
        a.RunId != b.RunId ? a.RunId.CompareTo(b.RunId) : a.Instance != b.Instance ? a.Instance.CompareTo(b.Instance) : string.CompareOrdinal(a.Bookmark.Key, b.Bookmark.Key));

    private readonly List<(Guid RunId, Guid Instance, Bookmark Bookmark)> _bookmarks = [];
    private readonly List<(Guid RunId, StoredSignal Signal)> _signals = [];
    private long _last;

    public IEnumerable<Guid> Signalled => _signals.Select(s => s.RunId).Distinct();

    public IReadOnlyList<StoredSignal> Of(Guid runId) => [.. _signals.Where(s => s.RunId == runId).Select(s => s.Signal)];

    public IEnumerable<(Guid RunId, Guid Instance, Bookmark Bookmark)> Find(string kind, string? key, string? correlationId) =>
        _bookmarks.Where(b => b.Bookmark.Kind == kind && (key is null || b.Bookmark.Key == key)
            && (correlationId is null || b.Bookmark.CorrelationId == correlationId)
            && !_signals.Exists(s => s.RunId == b.RunId && s.Signal.Instance == b.Instance && b.Bookmark.Is(s.Signal.Kind, s.Signal.Key)))
        .OrderBy(b => b.RunId);

    public IEnumerable<(Guid RunId, Guid Instance, Bookmark Bookmark)> Page(string kind, string? key, string? correlationId, Guid? runId, WaitingBookmark? after) =>
        Find(kind, key, correlationId)
            .Where(b => (runId is null || b.RunId == runId) && (after is null || InOrder.Compare(b, (after.RunId, after.Instance, after.Bookmark)) > 0))
            .Order(InOrder);

    /// <param name="sender">Whose bookmarks and mailbox they are.</param>
    /// <param name="signalled">Gives the definition of a run that is not over, which has something to do from then on.</param>
    public IReadOnlyList<WokenRun> Send(Guid? sender, MailItem item, Func<Guid, string?> signalled)
    {
        switch (item)
        {
            case BookmarkSet set:
                _bookmarks.RemoveAll(b => b.RunId == sender && b.Instance == set.Instance && b.Bookmark.Is(set.Bookmark.Kind, set.Bookmark.Key));
                _bookmarks.Add((sender!.Value, set.Instance, set.Bookmark));
                return [];
            case BookmarkCleared cleared:
                _bookmarks.RemoveAll(b => b.RunId == sender && b.Instance == cleared.Instance && b.Bookmark.Is(cleared.Kind, cleared.Key));
                return [];
            case SignalTaken taken:
                _signals.RemoveAll(s => s.Signal.Id == taken.Id);
                return [];
            case SignalSent { Signal: var signal }:
                return [.. Find(signal.Kind, signal.Key, signal.CorrelationId)
                    .Where(b => (signal.RunId is null || signal.RunId == b.RunId) && (signal.Instance is null || signal.Instance == b.Instance))
                    .ToList()
                    .Select(b => Put(b.RunId, b.Instance, signal.Kind, signal.Key, b.Bookmark.IsSecure ? signal with { Payload = signal.SealedPayload ?? signal.Payload } : signal, signalled))
                    .OfType<WokenRun>()];
            case CancelSent cancel when !_signals.Exists(s => s.RunId == cancel.RunId && s.Signal.Kind == BookmarkKind.Cancel):
                return Put(cancel.RunId, Guid.Empty, BookmarkKind.Cancel, cancel.Reason, null, signalled) is { } woken ? [woken with { Instance = null }] : [];
            default:
                return [];
        }
    }

    public void Clear(Guid runId, bool keepsCancel = false)
    {
        _bookmarks.RemoveAll(b => b.RunId == runId);
        _signals.RemoveAll(s => s.RunId == runId && !(keepsCancel && s.Signal.Kind == BookmarkKind.Cancel));
    }

    private WokenRun? Put(Guid runId, Guid instance, string kind, string key, Signal? signal, Func<Guid, string?> signalled)
    {
        if (signalled(runId) is not { } definitionId)
        {
            return null;
        }

        _signals.Add((runId, new StoredSignal(++_last, instance, kind, key, signal?.Payload, signal?.AwaitsResponse ?? false)));
        return new WokenRun(definitionId, runId, instance);
    }
}
