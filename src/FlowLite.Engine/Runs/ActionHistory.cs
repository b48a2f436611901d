using System.Text.Json;

namespace FlowLite.Engine.Runs;

/// <summary>One execution of an activity, with every attempt at it.</summary>
public sealed class ActionHistory
{
    public const string Running = "Running";
    public const string Waiting = "Waiting";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
    /// <summary>Its time was up.</summary>
    public const string TimedOut = "TimedOut";
    /// <summary>Under way when the run ended without it.</summary>
    public const string Cancelled = "Cancelled";
    /// <summary>The run ended and never came here.</summary>
    public const string Skipped = "Skipped";

    private readonly List<ActionAttempt> _attempts = [];

    /// <summary>From 0, in the order in which they became ready; skipped ones come last.</summary>
    public required int Number { get; init; }
    /// <summary>The same, counting only those that are not silent.</summary>
    public required int ActionNumber { get; init; }
    /// <summary>Null when it was skipped.</summary>
    public Guid? Instance { get; init; }
    public required string ActivityId { get; init; }
    public required string Name { get; init; }
    public string? Type { get; init; }
    /// <summary>The container's execution; null for the root and for what was skipped.</summary>
    public Guid? Parent { get; init; }
    /// <summary>The container's activity.</summary>
    public string? ParentActivity { get; init; }
    /// <summary>The execution after whose event it was scheduled; null for the root.</summary>
    public Guid? ScheduledBy { get; init; }
    /// <summary>That execution's activity.</summary>
    public string? ScheduledByActivity { get; init; }
    /// <summary>How many executions led to it, itself included, each scheduled by the one before.</summary>
    public int Depth { get; init; }
    /// <summary>Incidents in what it contains.</summary>
    public int IncidentsBelow { get; internal set; }
    /// <summary>A container that has nothing to evaluate (a flowchart, a sequence): no event tells of it.</summary>
    public bool IsSilent { get; init; }
    public string Status { get; internal set; } = Running;
    /// <summary>Index of the loop's item, from 0; with loops in loops the outermost first: <c>2/0</c>.</summary>
    public string? ItemPath { get; init; }
    public bool HasFailed => Status is Failed or TimedOut;
    public DateTimeOffset? StartTime { get; internal set; }
    public DateTimeOffset? EndTime { get; private set; }
    public TimeSpan? Duration => EndTime - StartTime;
    public IReadOnlyList<ActionAttempt> Attempts => _attempts;
    public JsonElement? Inputs { get; internal set; }
    public JsonElement? Outputs { get; internal set; }
    public IReadOnlyList<string> Outcomes { get; internal set; } = [];
    public IReadOnlyList<string> Log { get; internal set; } = [];
    public string? Note { get; internal set; }
    public DateTimeOffset? WaitsUntil { get; private set; }
    /// <summary>Why it waits, where that is more than a time.</summary>
    public RunFailure? WaitsBecause { get; private set; }
    /// <summary>What it waits for besides that.</summary>
    public IReadOnlyList<Bookmark> WaitsFor { get; private set; } = [];
    /// <summary>Runs that it started.</summary>
    public IReadOnlyList<StartedRun> Runs { get; internal set; } = [];
    /// <summary>Its answer came when the run was over: it is known, and changed nothing.</summary>
    public bool IsLate { get; internal set; }

    internal bool HasStarted { get; set; }

    internal void Add(ActionAttempt attempt)
    {
        if (!HasStarted)
        {
            StartTime = attempt.StartTime;
            HasStarted = true;
        }

        _attempts.Add(attempt);
    }

    internal void Wait(DateTimeOffset? until, IReadOnlyList<Bookmark>? bookmarks = null, RunFailure? because = null) =>
        (Status, WaitsUntil, WaitsFor, WaitsBecause) = (Waiting, until, bookmarks ?? WaitsFor, because);

    internal void Resume(SignalReceived? signal = null) =>
        (Status, WaitsUntil, WaitsBecause, WaitsFor) = (Running, null, null, signal is null ? WaitsFor : [.. WaitsFor.Where(b => !b.Is(signal.Kind, signal.Key))]);

    internal void End(string status, DateTimeOffset at) => (Status, EndTime, WaitsUntil, WaitsBecause, WaitsFor) = (status, at, null, null, []);
}

/// <param name="Number">From 1.</param>
/// <param name="Error">Null when it succeeded.</param>
/// <param name="RetryAt">When the next attempt is due, if there is one.</param>
public sealed record ActionAttempt(int Number, DateTimeOffset StartTime, DateTimeOffset EndTime, RunFailure? Error, DateTimeOffset? RetryAt);
