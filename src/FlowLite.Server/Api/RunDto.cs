using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api;

/// <summary>A run in a list. Durations are ISO 8601.</summary>
internal record RunDto(
    Guid Id,
    string FlowId,
    string VersionId,
    string Status,
    DateTimeOffset StartTime,
    DateTimeOffset? EndTime,
    string? Duration,
    Guid RootRunId,
    Guid? ResubmitOf,
    string? ClientTrackingId,
    ErrorDto? Error,
    int IncidentCount,
    Guid? ParentRunId)
{
    public static RunDto From(RunSummary run) => new(
        run.RunId, run.DefinitionId, run.VersionId, RunHistory.StatusOf(run.Status), run.StartedAt, run.FinishedAt, Iso(run.FinishedAt - run.StartedAt),
        run.RootRunId, run.ResubmitOf, run.ClientTrackingId, run.ErrorCode is null ? null : new ErrorDto(run.ErrorCode, run.ErrorMessage ?? "", null, null), run.IncidentCount, run.ParentRunId);

    internal static string? Iso(TimeSpan? duration) => duration is { } span ? XmlConvert.ToString(span) : null;
}

/// <summary>A run with everything that happened in it.</summary>
internal sealed record RunDetailsDto([property: JsonIgnore] RunDto Run) : RunDto(Run)
{
    public required RunTriggerDto Trigger { get; init; }
    public string? CancelReason { get; init; }
    /// <summary>The first run of the flow's line, if this one has not begun because it stands behind it.</summary>
    public Guid? StandsBehind { get; init; }
    /// <summary>When the run was taken up again after a crash of the server.</summary>
    public IReadOnlyList<DateTimeOffset> Recoveries { get; init; } = [];
    public required IReadOnlyList<IncidentDto> Incidents { get; init; }
    public required IReadOnlyList<ActionDto> Actions { get; init; }
    /// <summary>How many there are, also where only some were asked for.</summary>
    public required int ActionCount { get; init; }
    /// <summary>What happened, in order: starts, retries, waits, ends.</summary>
    public required IReadOnlyList<RunLineDto> Timeline { get; init; }

    /// <summary>The first actions, of the later ones as many that are not well, and as many lines of the timeline; a loop may have made thousands.</summary>
    public static HistoryScope Scope(int top, bool withTimeline)
    {
        var (lines, others) = (0, 0);
        return new HistoryScope
        {
            Lines = line => withTimeline && line.Action is not { IsSilent: true } && lines++ < top,
            Executions = action => !action.IsSilent && (action.ActionNumber < top || (action.Status is not (ActionHistory.Succeeded or ActionHistory.Skipped) && others++ < top)),
        };
    }

    /// <param name="history">Read with <see cref="Scope"/>, which says what is in it.</param>
    /// <param name="standsBehind">See <see cref="StandsBehind"/>.</param>
    public static RunDetailsDto From(RunHistory history, Guid? standsBehind) => new(Named(history))
    {
        StandsBehind = standsBehind,
        Trigger = new RunTriggerDto(history.Started.TriggerName, history.Started.TriggerActivity, history.Started.At, history.Started.Trigger),
        CancelReason = history.CancelReason,
        Recoveries = history.Recoveries,
        Incidents = [.. history.Incidents.Select(i => new IncidentDto(i.Activity, i.Instance, ErrorDto.From(i.Failure)!, i.At))],
        Actions = [.. history.Actions.Select(ActionDto.From)],
        ActionCount = history.ActionCount,
        Timeline = [.. history.Log.Select(RunLineDto.From)],
    };

    // The run's row doesn't say whose failure it is.
    private static RunDto Named(RunHistory history)
    {
        var run = From(history.Summary);
        return run.Error is { } error && history.Incidents is [.., var last] && last.Failure.Code == error.Code ? run with { Error = ErrorDto.From(last.Failure) } : run;
    }
}

/// <param name="Outputs">What was received: headers, queries, path, body.</param>
internal sealed record RunTriggerDto(string? Name, string? ActivityId, DateTimeOffset StartTime, JsonElement? Outputs);

/// <param name="Event"><c>Started</c>, <c>Completed</c>, <c>Faulted</c>, <c>Retrying</c>, <c>Suspended</c>, <c>Resumed</c> or <c>Cancelled</c>.</param>
/// <param name="ActivityId">Null: the run itself.</param>
/// <param name="Until">When a wait ends, or the next attempt is due.</param>
internal sealed record RunLineDto(long Sequence, DateTimeOffset Time, string Event, string? ActivityId, string? Name, string? ItemPath, string? Message, DateTimeOffset? Until)
{
    public static RunLineDto From(RunLogEntry line) => new(
        line.Sequence, line.At, line.Kind.ToString(), line.Action?.ActivityId, line.Action?.Name, line.Action?.ItemPath, line.Message, line.Until);
}

internal sealed record IncidentDto(string ActivityId, Guid? Instance, ErrorDto Error, DateTimeOffset Time);

/// <param name="Details">What the other side said: of a CRM <c>{"status","actBy","error"}</c>.</param>
/// <param name="ActBy">Who has to act: <c>author</c>, <c>administrator</c> or <c>crm</c>; null in lists, where it isn't known.</param>
internal sealed record ErrorDto(string Code, string Message, JsonElement? Details, string? ActBy)
{
    public static ErrorDto? From(RunFailure? failure) =>
        failure is null ? null : new ErrorDto(failure.Code, failure.Message, failure.Details, FailureOwners.Of(failure.Code, failure.Details).Word());
}

/// <param name="ItemPath">Index of the loop's item, from 0; in nested loops the outermost first: <c>2/0</c>.</param>
/// <param name="Late">The answer came after the run had ended, and changed nothing.</param>
internal sealed record ActionDto(
    Guid? Instance,
    string Name,
    string ActivityId,
    string? Type,
    string Status,
    string? ItemPath,
    DateTimeOffset? StartTime,
    DateTimeOffset? EndTime,
    string? Duration,
    DateTimeOffset? WaitsUntil,
    IReadOnlyList<WaitDto> WaitsFor,
    IReadOnlyList<StartedRunDto> Runs,
    IReadOnlyList<AttemptDto> Attempts,
    JsonElement? Inputs,
    JsonElement? Outputs,
    ErrorDto? Error,
    IReadOnlyList<string> Outcomes,
    IReadOnlyList<string> Log,
    string? Note,
    bool Late)
{
    public static ActionDto From(ActionHistory action) => new(
        action.Instance, action.Name, action.ActivityId, action.Type, action.Status, action.ItemPath, action.StartTime, action.EndTime, RunDto.Iso(action.Duration), action.WaitsUntil,
        [.. action.WaitsFor.Select(b => new WaitDto(b.Kind, b.Key, b.CorrelationId))], [.. action.Runs.Select(r => new StartedRunDto(r.RunId, r.DefinitionId))],
        [.. action.Attempts.Select(a => new AttemptDto(a.Number, a.StartTime, a.EndTime, ErrorDto.From(a.Error), a.RetryAt))],
        action.Inputs, action.Outputs, ErrorDto.From(action.WaitsBecause ?? (action.Attempts is [.., var last] ? last.Error : null)), action.Outcomes, action.Log, action.Note, action.IsLate);
}

/// <summary>Something other than time that an action waits for.</summary>
/// <param name="Kind"><c>event</c>, <c>task</c>, <c>child</c> or <c>http</c>.</param>
internal sealed record WaitDto(string Kind, string Key, string? CorrelationId);

/// <summary>A run that an action started.</summary>
internal sealed record StartedRunDto(Guid RunId, string FlowId);

internal sealed record AttemptDto(int Number, DateTimeOffset StartTime, DateTimeOffset EndTime, ErrorDto? Error, DateTimeOffset? RetryAt);
