using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace FlowLite.Engine.Runs;

/// <summary>
/// The only mutable thing of a run: the fold of its events. Holds what is alive, not what was (that is the journal),
/// so it stays small however long the run loops.
/// </summary>
public sealed class RunState
{
    public Guid RunId { get; init; }
    /// <summary>How many events are folded in.</summary>
    public long Seq { get; set; }
    public RunStarted Start { get; set; } = null!;
    public RunStatus Status { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>Live activity instances by id.</summary>
    public Dictionary<Guid, ActivityInstance> Instances { get; } = [];
    /// <summary>Number for the next instance; only orders them, keys never come from it.</summary>
    public long NextOrder { get; set; }
    /// <summary>The latest result of each activity by name.</summary>
    public Dictionary<string, ActionResult> Actions { get; } = [];
    /// <summary>Values by variable id; a variable not set yet holds its default.</summary>
    public Dictionary<string, JsonElement> Variables { get; } = [];
    public List<Incident> Incidents { get; } = [];
    /// <summary>The activity, by name, that last gave an output called Result.</summary>
    public string? LastResultOf { get; set; }
    public bool ResponseSent { get; set; }
    /// <summary>What people call the run (SetName).</summary>
    public string? Name { get; set; }
    /// <summary>What it has in common with other runs (Correlate).</summary>
    public string? CorrelationId { get; set; }
    /// <summary>That, or what its caller gave it.</summary>
    public string? Correlation => CorrelationId ?? Start.ClientTrackingId;
    public Dictionary<string, JsonElement> Outputs { get; } = [];
    public IReadOnlyList<string> Outcomes { get; set; } = [];
    /// <summary>Something may be addressed to it: it has waited for a signal, or has a parent that may cancel it.</summary>
    public bool HasMailbox { get; set; }
    /// <summary>Lives of the server that took this run up after a crash and got no further with it.</summary>
    public List<long> Recoveries { get; } = [];

    /// <summary>What the last events made ready to execute, in order. The decider's commands; not part of the state.</summary>
    public Queue<ActivityInstance> Ready { get; } = new();

    /// <summary>How many instances are to be executed or being executed.</summary>
    public int ReadyCount { get; private set; }

    /// <summary>What the last events cancelled, until somebody has seen to it (timers, history). Not part of the state.</summary>
    public List<ActivityInstance> Cancelled { get; } = [];

    /// <summary>What was not done when the run ended. For the history; not part of the state.</summary>
    public IReadOnlySet<Guid> Left { get; private set; } = FrozenSet<Guid>.Empty;

    /// <summary>Instances with a deadline that came or went with the last events, until their timers are stored. Not part of the state.</summary>
    public List<Guid> DeadlinesChanged { get; } = [];

    /// <summary>What goes to mailboxes, and which bookmarks come and go, with the next append; in order. The decider's commands; not part of the state.</summary>
    public List<MailItem> Outgoing { get; } = [];

    /// <summary>The next one to execute.</summary>
    public bool TryTakeReady([NotNullWhen(true)] out ActivityInstance? instance)
    {
        while (Ready.TryDequeue(out instance))
        {
            if (!instance.IsCancelled)
            {
                return true;
            }
        }

        return false;
    }

    internal void Add(ActivityInstance instance)
    {
        Instances.Add(instance.Id, instance);
        NoteDeadline(instance);
        ReadyCount += instance.Status == InstanceStatus.Ready ? 1 : 0;
    }

    internal void Remove(ActivityInstance instance)
    {
        Instances.Remove(instance.Id);
        NoteDeadline(instance);
        Forget(instance);
        ReadyCount -= instance.Status == InstanceStatus.Ready ? 1 : 0;
    }

    /// <summary>What the instance waits for from now on. A child that it doesn't wait for any more is cancelled.</summary>
    internal void SetBookmarks(ActivityInstance instance, IReadOnlyList<Bookmark> bookmarks)
    {
        var next = bookmarks.Count > 0 ? new BookmarkList(bookmarks) : BookmarkList.Empty;
        foreach (var gone in instance.Bookmarks.All)
        {
            if (next.Contains(gone.Kind, gone.Key))
            {
                continue;
            }

            Outgoing.Add(new BookmarkCleared(instance.Id, gone.Kind, gone.Key));
            if (gone.Kind == BookmarkKind.Child)
            {
                Outgoing.Add(new CancelSent(Guid.Parse(gone.Key), "Nobody waits for it any more."));
            }
        }

        foreach (var bookmark in bookmarks)
        {
            Outgoing.Add(new BookmarkSet(instance.Id, bookmark));
            HasMailbox = true;
        }

        instance.Bookmarks = next;
    }

    private void Forget(ActivityInstance instance)
    {
        if (instance.Bookmarks.Count > 0)
        {
            SetBookmarks(instance, []);
        }
    }

    /// <summary>A signal has come for the instance, which goes on with it.</summary>
    internal void Take(ActivityInstance instance, SignalReceived signal)
    {
        Outgoing.Add(new SignalTaken(signal.Signal));
        Outgoing.Add(new BookmarkCleared(instance.Id, signal.Kind, signal.Key));
        instance.Bookmarks.Remove(signal.Kind, signal.Key);
        instance.Signal = new ReceivedSignal(signal.Kind, signal.Key, signal.Payload);
        instance.Due = null;
        ResponseSent &= !signal.AwaitsResponse;
        SetStatus(instance, InstanceStatus.Ready);
        Ready.Enqueue(instance);
    }

    private void NoteDeadline(ActivityInstance instance)
    {
        if (instance.Deadline is not null)
        {
            DeadlinesChanged.Add(instance.Id);
        }
    }

    /// <summary>The instance has failed and stays where it is: it waits for nothing any more.</summary>
    internal void Fail(ActivityInstance instance)
    {
        NoteDeadline(instance);
        instance.Due = instance.Deadline = null;
        Forget(instance);
        instance.Gate = null;
        SetStatus(instance, InstanceStatus.Failed);
    }

    /// <summary>The instance and all below it are gone, with whatever they waited for.</summary>
    internal void Cancel(ActivityInstance instance)
    {
        if (instance.Parent is { } parentId && Instances.TryGetValue(parentId, out var parent))
        {
            parent.Children.Remove(instance.Id);
        }

        var work = new Stack<ActivityInstance>([instance]);
        while (work.TryPop(out var next))
        {
            foreach (var child in next.Children)
            {
                work.Push(Instances[child]);
            }

            Remove(next);
            next.IsCancelled = true;
            Cancelled.Add(next);
        }
    }

    internal void SetStatus(ActivityInstance instance, InstanceStatus status)
    {
        ReadyCount += (status == InstanceStatus.Ready ? 1 : 0) - (instance.Status == InstanceStatus.Ready ? 1 : 0);
        instance.Status = status;
    }

    internal void Clear()
    {
        if (Instances.Count > 0)
        {
            Left = Instances.Keys.ToHashSet();
        }

        foreach (var instance in Instances.Values)
        {
            Forget(instance);
        }

        Instances.Clear();
        Ready.Clear();
        ReadyCount = 0;
    }

    /// <summary>After a fold: what became ready on the way and is done by now is not executed again.</summary>
    internal void RestoreReady()
    {
        Ready.Clear();
        Cancelled.Clear();
        DeadlinesChanged.Clear();
        Outgoing.Clear();
        foreach (var instance in Instances.Values.Where(i => i.Status == InstanceStatus.Ready).OrderBy(i => i.Order))
        {
            Ready.Enqueue(instance);
        }
    }

    public bool IsOver => Status is RunStatus.Succeeded or RunStatus.Faulted or RunStatus.Cancelled;
}

/// <summary>One execution of an activity.</summary>
public sealed class ActivityInstance
{
    public required Guid Id { get; init; }
    public required string Activity { get; init; }
    /// <summary>The container's instance; null for the root.</summary>
    public Guid? Parent { get; init; }
    public required long Order { get; init; }
    /// <summary>Indices of the items or rounds of the loops around it, outermost first, with slashes between; null outside of loops.</summary>
    public string? ItemPath { get; init; }
    /// <summary>Which item or round of its container it stands for, where that is a loop.</summary>
    public int? Item { get; init; }
    /// <summary>It left the run without an end of its own: a race was lost, a loop was left.</summary>
    public bool IsCancelled { get; set; }
    public InstanceStatus Status { get; set; }
    /// <summary>Failed attempts so far.</summary>
    public int Attempts { get; set; }
    public DateTimeOffset? Due { get; set; }
    /// <summary>It waits until this gate lets it on, or its timer fires.</summary>
    public string? Gate { get; set; }
    /// <summary>When its time is up.</summary>
    public DateTimeOffset? Deadline { get; set; }
    /// <summary>When its timer fires: it has one for both.</summary>
    public DateTimeOffset? Timer => Due is null || Deadline < Due ? Deadline : Due;
    /// <summary>What it waits for besides its timer.</summary>
    public BookmarkList Bookmarks { get; set; } = BookmarkList.Empty;
    /// <summary>What woke it, until it waits again; null: its timer did.</summary>
    public ReceivedSignal? Signal { get; set; }
    /// <summary>Resumed by its timer or a signal: the activity goes on where it waited.</summary>
    public bool Resumed { get; set; }
    public bool Intended { get; set; }
    /// <summary>Inputs that later attempts must repeat.</summary>
    public JsonElement? Inputs { get; set; }
    public DateTimeOffset? StartedAt { get; set; }

    // Containers
    public string? Port { get; set; }
    public IReadOnlyList<string>? Ports { get; set; }
    public LoopItems? Items { get; set; }
    /// <summary>The item or round that a loop is at; of a loop that runs its items side by side, how many were begun; of a state machine, how many transitions it took in a row with nothing done on the way.</summary>
    public int ItemIndex { get; set; }
    /// <summary>State machine: the child that led to where it stands; those that follow are named after it.</summary>
    public Guid? Cause { get; set; }
    /// <summary>Values of the variables that this container declares, by id.</summary>
    public SortedDictionary<string, JsonElement>? Variables { get; set; }
    /// <summary>Live children.</summary>
    public HashSet<Guid> Children { get; } = [];
    /// <summary>Flowchart: arrivals at joins that have not fired yet, by target activity id. State machine: triggers that fired and are not looked at yet, by port.</summary>
    public SortedDictionary<string, SortedSet<string>>? Arrivals { get; set; }
    /// <summary>Flowchart: merges on a cycle that have run.</summary>
    public SortedSet<string>? Merged { get; set; }
    /// <summary>Scope: the results of the activities that stand directly in it, by name.</summary>
    public SortedDictionary<string, ActionResult>? Results { get; set; }
}

public enum InstanceStatus
{
    /// <summary>To be executed, or being executed.</summary>
    Ready,
    /// <summary>A container whose children run.</summary>
    Entered,
    /// <summary>Waits for its timer or a signal.</summary>
    Waiting,
    /// <summary>Waits for a person's decision.</summary>
    Blocked,
    /// <summary>Failed in a run that goes on with what doesn't need it.</summary>
    Failed,
}

/// <summary>What an activity was woken by.</summary>
public sealed record ReceivedSignal(string Kind, string Key, JsonElement? Payload);

public sealed record ActionResult(string Status, JsonElement? Outputs)
{
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
    public const string TimedOut = "TimedOut";
    public const string Cancelled = "Cancelled";
    public const string Skipped = "Skipped";
    /// <summary>The output that most activities have, and that <c>getLastResult()</c> gives.</summary>
    public const string Result = "Result";
}

public sealed record Incident(string Activity, Guid? Instance, RunFailure Failure, DateTimeOffset At);
