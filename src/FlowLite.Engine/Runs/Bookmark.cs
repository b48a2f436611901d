using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Something other than time that an activity waits for. Only a <see cref="Signal"/> of the same kind and key wakes it, and just one does.
/// </summary>
/// <param name="Kind">One of <see cref="BookmarkKind"/>.</param>
/// <param name="Key">What it waits for, among those of its kind: an event's name, a child's run id… Compared exactly.</param>
public sealed record Bookmark(string Kind, string Key)
{
    /// <summary>The run's own when the activity began to wait; null: it has none.</summary>
    public string? CorrelationId { get; init; }
    /// <summary>What comes for it is secure, and sealed from the mailbox on.</summary>
    public bool IsSecure { get; init; }
    /// <summary>What people and callers see of the wait; small.</summary>
    public JsonElement? Payload { get; init; }
    /// <summary>The payload's member that is shown also where the activity's values are secure: who does the work looks for it by this. Not stored.</summary>
    [JsonIgnore]
    public string? ShownMember { get; init; }

    public bool Is(string kind, string key) => Kind == kind && Key == key;
}

public static class BookmarkKind
{
    /// <summary>Key: the event's name.</summary>
    public const string Event = "event";
    /// <summary>Key: the task's id.</summary>
    public const string Task = "task";
    /// <summary>Key: the child's run id. The child is cancelled with whoever waits for it.</summary>
    public const string Child = "child";
    /// <summary>Key: whatever the endpoint tells its requests by.</summary>
    public const string Http = "http";
    /// <summary>Of signals only: to the run itself, which is to be cancelled.</summary>
    public const string Cancel = "cancel";
}

/// <summary>What wakes activities that wait for it. It is delivered in the transaction of its cause, or not at all.</summary>
public sealed record Signal(string Kind, string Key)
{
    /// <summary>Only those that wait with this correlation id; null: all, as in Elsa.</summary>
    public string? CorrelationId { get; init; }
    /// <summary>Only those of this run.</summary>
    public Guid? RunId { get; init; }
    /// <summary>Only this one.</summary>
    public Guid? Instance { get; init; }
    public JsonElement? Payload { get; init; }
    /// <summary>The payload for those who wait for something secure; null: it is the same.</summary>
    public JsonElement? SealedPayload { get; init; }
    /// <summary>Somebody waits for the run's answer to it (<see cref="PendingResponses"/>): the run may answer once more.</summary>
    public bool AwaitsResponse { get; init; }
}

/// <summary>A signal in a run's mailbox.</summary>
/// <param name="Id">Its number in the store; they are in the order in which they came.</param>
public sealed record StoredSignal(long Id, Guid Instance, string Kind, string Key, JsonElement? Payload, bool AwaitsResponse);

/// <summary>A bookmark, and who waits.</summary>
public sealed record WaitingBookmark(string DefinitionId, Guid RunId, Guid Instance, Bookmark Bookmark);

/// <param name="Instance">Which of its activities was woken; null: the run is new, or is to be cancelled.</param>
/// <param name="IsNew">It was started.</param>
/// <param name="IsChild">Another run started it.</param>
public sealed record WokenRun(string DefinitionId, Guid RunId, Guid? Instance, bool IsNew = false, bool IsChild = false);

/// <summary>
/// What an append does besides its own run's events and row, in order. An event that is published before another branch waits for it
/// is not seen by that branch, though both are in one append.
/// </summary>
public abstract record MailItem;

public sealed record BookmarkSet(Guid Instance, Bookmark Bookmark) : MailItem;

public sealed record BookmarkCleared(Guid Instance, string Kind, string Key) : MailItem;

/// <summary>A signal of the run's mailbox is in its journal, or was for nobody.</summary>
public sealed record SignalTaken(long Id) : MailItem;

public sealed record SignalSent(Signal Signal) : MailItem;

/// <summary>Another run is to be cancelled: its own executor does it.</summary>
public sealed record CancelSent(Guid RunId, string Reason) : MailItem;

/// <summary>Another run is started; one that is there already is left as it is.</summary>
/// <param name="Refused">What goes to whoever waits for it, if its activation strategy doesn't let it start.</param>
public sealed record RunBorn(RunAppend Append, Signal? Refused) : MailItem;
