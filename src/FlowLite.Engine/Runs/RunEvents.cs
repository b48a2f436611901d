using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>
/// A fact about a run. The journal of a run is the ordered list of its events, and its state is their fold
/// (<see cref="RunDecider"/>). Events carry ids and values, never indices or CLR type names, so that a journal
/// written by any released format resumes.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(RunStarted), nameof(RunStarted))]
[JsonDerivedType(typeof(EffectIntended), nameof(EffectIntended))]
[JsonDerivedType(typeof(ActivityEntered), nameof(ActivityEntered))]
[JsonDerivedType(typeof(ActivityCompleted), nameof(ActivityCompleted))]
[JsonDerivedType(typeof(ActivityFailed), nameof(ActivityFailed))]
[JsonDerivedType(typeof(ActivitySuspended), nameof(ActivitySuspended))]
[JsonDerivedType(typeof(TimerFired), nameof(TimerFired))]
[JsonDerivedType(typeof(SignalReceived), nameof(SignalReceived))]
[JsonDerivedType(typeof(SignalDropped), nameof(SignalDropped))]
[JsonDerivedType(typeof(RunCancelled), nameof(RunCancelled))]
[JsonDerivedType(typeof(RunRecovered), nameof(RunRecovered))]
[JsonDerivedType(typeof(RunQuarantined), nameof(RunQuarantined))]
[JsonDerivedType(typeof(RunFaulted), nameof(RunFaulted))]
public abstract record RunEvent
{
    /// <summary>When it happened, as the executor's clock saw it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required DateTimeOffset At { get; init; }
}

/// <summary>The birth of a run: everything that it will ever know from outside.</summary>
public sealed record RunStarted : RunEvent
{
    /// <summary>The journal's format; raised when the meaning of an event changes.</summary>
    public int Format { get; init; } = RunJournal.Format;
    public required string DefinitionId { get; init; }
    public required string VersionId { get; init; }
    /// <summary>The run that idempotency keys are derived from: the run itself, or the one that it resubmits.</summary>
    public required Guid RootRunId { get; init; }
    public Guid? ResubmitOf { get; init; }
    /// <summary>The activity that the run starts at; null starts at the flow's own start.</summary>
    public string? TriggerActivity { get; init; }
    public string? TriggerName { get; init; }
    /// <summary><c>{"headers":{},"queries":{},"path":{},"body":…}</c></summary>
    public JsonElement? Trigger { get; init; }
    public JsonElement? Input { get; init; }
    /// <summary>The caller's <c>x-ms-client-tracking-id</c>; a correlation id, not an idempotency key.</summary>
    public string? ClientTrackingId { get; init; }
    /// <summary>What the run has in common with others from its start, unless it says otherwise (Correlate).</summary>
    public string? CorrelationId { get; init; }
    /// <summary>Which run started it; null: a request, an event from outside, a person.</summary>
    public ParentRun? Parent { get; init; }

    /// <summary>Bytes of what came from outside.</summary>
    [JsonIgnore]
    internal long Size => Bytes(Trigger) + Bytes(Input);

    private static long Bytes(JsonElement? value) => value is { ValueKind: not JsonValueKind.Undefined } json ? JsonMarshal.GetRawUtf8Value(json).Length : 0;
}

/// <param name="Instance">The parent's activity instance that started the run.</param>
/// <param name="Waits">It waits for the run's end.</param>
/// <param name="Depth">How many runs led to this one, each started by the one before.</param>
public sealed record ParentRun(Guid RunId, Guid Instance, bool Waits, int Depth);

/// <summary>An event about one activity instance.</summary>
public abstract record ActivityEvent : RunEvent
{
    public required Guid Instance { get; init; }
    public required string Activity { get; init; }
    /// <summary>Variables set, by id: by the activity, or by the expressions that its inputs were made from.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Variables { get; init; }
    /// <summary>What the activity, or the expressions of its inputs, changed of the run itself.</summary>
    public RunChanges? Run { get; init; }
    /// <summary>Runs that the activity started; their own journals begin in the same transaction.</summary>
    public IReadOnlyList<StartedRun>? Runs { get; init; }
    /// <summary>What goes out with the event, in its transaction. Not part of the journal: once that is written, it is out.</summary>
    [JsonIgnore]
    internal IReadOnlyList<MailItem>? Outbox { get; init; }
}

/// <param name="Index">Which of the activity's runs it is, from 0.</param>
public sealed record StartedRun(Guid RunId, string DefinitionId, string VersionId, int Index);

/// <summary>
/// An effect is about to start with these inputs. Committed before the effect where the activity is at-least-once or
/// at-most-once; else only written when other branches are alive, so that a resume sends the same values.
/// </summary>
public sealed record EffectIntended : ActivityEvent
{
    public JsonElement? Inputs { get; init; }
}

/// <summary>
/// A container evaluated its inputs and goes on with a port's child, for each of the items if there are any, or with those of several ports.
/// A loop that asks its condition each time is entered once for each round.
/// </summary>
public sealed record ActivityEntered : ActivityEvent
{
    public JsonElement? Inputs { get; init; }
    public string? Port { get; init; }
    /// <summary>More than one port; <see cref="Port"/> is null then.</summary>
    public IReadOnlyList<string>? Ports { get; init; }
    public JsonElement? Items { get; init; }
    public LoopRange? Range { get; init; }
    /// <summary>What it has given before its children run: the answer to a request.</summary>
    public JsonElement? Outputs { get; init; }
}

public sealed record ActivityCompleted : ActivityEvent
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required DateTimeOffset StartedAt { get; init; }
    public required IReadOnlyList<string> Outcomes { get; init; }
    public JsonElement? Inputs { get; init; }
    public JsonElement? Outputs { get; init; }
    public IReadOnlyList<string>? Log { get; init; }
    public string? Note { get; init; }
    /// <summary>The run ends here, whatever else is still to do (Finish, Complete).</summary>
    public bool EndsRun { get; init; }
    /// <summary>How the run ends here; null: well.</summary>
    public RunEnding? Ending { get; init; }
    /// <summary>The innermost loop around it ends here, and what is under way in it is cancelled.</summary>
    public bool Breaks { get; init; }
}

/// <param name="Failure">Why it ends: the incident of a run that failed, the reason of one that was cancelled.</param>
public sealed record RunEnding(RunStatus Status, RunFailure? Failure);

/// <summary>What an activity changes of its run itself; null stays as it was. An empty name or correlation id takes away what it had.</summary>
public sealed record RunChanges
{
    public string? Name { get; init; }
    public string? CorrelationId { get; init; }
    /// <summary>Outputs of the run, by name.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Outputs { get; init; }
    /// <summary>How the run completes, for the flow that called it.</summary>
    public IReadOnlyList<string>? Outcomes { get; init; }

    public string? NameAfter(string? before) => Changed(Name, before);

    public string? CorrelationIdAfter(string? before) => Changed(CorrelationId, before);

    private static string? Changed(string? change, string? before) => change is null ? before : change.Length == 0 ? null : change;

    /// <summary>Both, where this came later.</summary>
    public RunChanges After(RunChanges? earlier) =>
        earlier is null ? this : this with { Name = Name ?? earlier.Name, CorrelationId = CorrelationId ?? earlier.CorrelationId };
}

public sealed record ActivityFailed : ActivityEvent
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required DateTimeOffset StartedAt { get; init; }
    public required RunFailure Failure { get; init; }
    public JsonElement? Inputs { get; init; }
    /// <summary>When it is tried again; null: it failed for good.</summary>
    public DateTimeOffset? RetryAt { get; init; }
    /// <summary>A person has to decide (outcome unknown): the run waits, it does not end.</summary>
    public bool NeedsDecision { get; init; }
    /// <summary>Its time was up. What was under way for it goes on outside; its answer is journaled and changes nothing.</summary>
    public bool TimedOut { get; init; }
}

/// <summary>The activity waits, and is executed again when its durable timer has fired or a signal has come, whichever is first.</summary>
public sealed record ActivitySuspended : ActivityEvent
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>Null: it waits without a timer.</summary>
    public DateTimeOffset? ResumeAt { get; init; }
    /// <summary>What it waits for from now on; null: for what it waited for before, if for anything.</summary>
    public IReadOnlyList<Bookmark>? Bookmarks { get; init; }
    public JsonElement? Inputs { get; init; }
    /// <summary>It waits until this gate lets it on, and until the timer at the latest. Nothing of it has begun: no attempt is counted.</summary>
    public string? Gate { get; init; }
    /// <summary>Why it waits at the gate, or is prepared anew: with a reason nothing of it has begun.</summary>
    public RunFailure? Reason { get; init; }
}

public sealed record TimerFired : ActivityEvent;

/// <summary>A signal woke the activity; its bookmark is used up.</summary>
public sealed record SignalReceived : ActivityEvent
{
    /// <summary>The signal's number in the mailbox.</summary>
    public required long Signal { get; init; }
    public required string Kind { get; init; }
    public required string Key { get; init; }
    public JsonElement? Payload { get; init; }
    public bool AwaitsResponse { get; init; }
}

/// <summary>A signal came when what it was for didn't wait any more: its time was up, or another branch had won.</summary>
public sealed record SignalDropped : RunEvent
{
    public required long Signal { get; init; }
    public required string Kind { get; init; }
    public required string Key { get; init; }
}

public sealed record RunCancelled : RunEvent
{
    public string? Reason { get; init; }
    /// <summary>The number of the signal that asked for it, where one did.</summary>
    public long? Signal { get; init; }
}

/// <summary>The run was taken up again in this life (epoch) of the server: after a crash, or because what kept it from running (a plugin was away) is mended.</summary>
public sealed record RunRecovered : RunEvent
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required long Epoch { get; init; }
}

/// <summary>The run was under way in too many crashes, or can't be executed here, and is left for a person.</summary>
public sealed record RunQuarantined : RunEvent
{
    public required RunFailure Failure { get; init; }
}

/// <summary>The run ends here for a reason that is none of its activities': it has grown beyond what one run may be.</summary>
public sealed record RunFaulted : RunEvent
{
    public required RunFailure Failure { get; init; }
}

/// <summary>A failure as data: a stable code, a message for the author, details such as the CRM's own answer.</summary>
public sealed record RunFailure(string Code, string Message, JsonElement? Details = null)
{
    /// <summary>What expressions see as the outputs of a failed activity: <c>{"error":{"code","message","details"}}</c></summary>
    public JsonElement ToJson() => JsonValues.Object(writer =>
    {
        writer.WriteStartObject("error");
        writer.WriteString("code", Code);
        writer.WriteString("message", Message);
        if (Details is { } details)
        {
            writer.WritePropertyName("details");
            details.WriteTo(writer);
        }

        writer.WriteEndObject();
    });
}
