using System.Text.Json;
using System.Text.Json.Serialization;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

internal sealed record InstancePageDto<T>(IReadOnlyList<T> Items, long TotalCount);

internal sealed record InstanceListDto<T>(IReadOnlyList<T> Items, int Count)
{
    public InstanceListDto(IReadOnlyList<T> items)
        : this(items, items.Count)
    {
    }
}

/// <summary>A run in a list.</summary>
internal record InstanceDto(
    string Id,
    string DefinitionId,
    string DefinitionVersionId,
    int Version,
    string Status,
    string SubStatus,
    string? CorrelationId,
    int IncidentCount,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? FinishedAt)
{
    /// <summary>What the run calls itself (SetName).</summary>
    public string? Name { get; init; }
    /// <summary>The run that started it.</summary>
    public string? ParentWorkflowInstanceId { get; init; }

    public static InstanceDto From(RunSummary run, int version)
    {
        var (status, subStatus) = ElsaStatus.Of(run.Status);
        return new InstanceDto(
            run.RunId.ToString(), run.DefinitionId, run.VersionId, version, status, subStatus, run.Correlation, run.IncidentCount,
            run.StartedAt, run.UpdatedAt, run.FinishedAt)
        { Name = run.Name, ParentWorkflowInstanceId = run.ParentRunId?.ToString() };
    }
}

/// <summary>A run with its state.</summary>
internal sealed record InstanceDetailsDto([property: JsonIgnore] InstanceDto Instance, WorkflowStateDto WorkflowState, bool IsExecuting) : InstanceDto(Instance)
{
    public bool IsSystem { get; init; }
}

internal sealed record WorkflowStateDto
{
    public required string Id { get; init; }
    public required string DefinitionId { get; init; }
    public required string DefinitionVersionId { get; init; }
    public required int DefinitionVersion { get; init; }
    public string? CorrelationId { get; init; }
    public required string Status { get; init; }
    public required string SubStatus { get; init; }
    public required bool IsExecuting { get; init; }
    public required IReadOnlyList<BookmarkDto> Bookmarks { get; init; }
    public required IReadOnlyList<InstanceIncidentDto> Incidents { get; init; }
    public bool IsSystem { get; init; }
    public IReadOnlyList<object> CompletionCallbacks { get; init; } = [];
    public required IReadOnlyList<ExecutionContextDto> ActivityExecutionContexts { get; init; }
    public IReadOnlyList<object> ScheduledActivities { get; init; } = [];
    public required long ExecutionLogSequence { get; init; }
    public required JsonElement Input { get; init; }
    public required JsonElement Output { get; init; }
    public required JsonElement Properties { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>Something that a run waits for.</summary>
/// <param name="Payload"><c>{"resumeAt"}</c>, <c>{"eventName"}</c>, <c>{"taskId","taskName"}</c>, <c>{"childInstanceId"}</c>…; empty when a person has to decide.</param>
internal sealed record BookmarkDto(
    string Id, string Name, string Hash, JsonElement Payload, string ActivityId, string ActivityNodeId, string ActivityInstanceId, DateTimeOffset CreatedAt)
{
    public bool AutoBurn { get; init; } = true;
    public bool AutoComplete { get; init; } = true;
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

internal sealed record InstanceIncidentDto(
    string ActivityId, string ActivityNodeId, string? ActivityInstanceId, string ActivityType, string Message, ExceptionDto Exception, DateTimeOffset Timestamp);

/// <param name="Type">The failure's code.</param>
/// <param name="StackTrace">What the other side said, as JSON text.</param>
internal sealed record ExceptionDto(string Type, string Message, string? StackTrace)
{
    public static ExceptionDto? From(RunFailure? failure) =>
        failure is null ? null : new ExceptionDto(failure.Code, failure.Message, failure.Details?.GetRawText());
}

internal sealed record ExecutionContextDto(
    string Id,
    int CallStackDepth,
    string? ParentContextId,
    string ScheduledActivityNodeId,
    string? OwnerActivityNodeId,
    JsonElement Properties,
    JsonElement Metadata,
    JsonElement ActivityState,
    string Status,
    bool IsExecuting,
    int FaultCount,
    DateTimeOffset StartedAt,
    DateTimeOffset? CompletedAt)
{
    public IReadOnlyList<object> DynamicVariables { get; init; } = [];
}

/// <summary>One execution of an activity, without what it received and made.</summary>
internal record ExecutionSummaryDto
{
    public required string Id { get; init; }
    public required string WorkflowInstanceId { get; init; }
    public required string ActivityId { get; init; }
    public required string ActivityNodeId { get; init; }
    public required string ActivityType { get; init; }
    public required int ActivityTypeVersion { get; init; }
    public string? ActivityName { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required bool HasBookmarks { get; init; }
    public required string Status { get; init; }
    public required JsonElement Metadata { get; init; }
    public required int AggregateFaultCount { get; init; }
    public DateTimeOffset? CompletedAt { get; init; }
    public string? SchedulingActivityExecutionId { get; init; }
    public string? SchedulingActivityId { get; init; }
    public int CallStackDepth { get; init; }
}

/// <summary>One execution of an activity.</summary>
internal sealed record ExecutionDto : ExecutionSummaryDto
{
    /// <summary>The inputs by name, evaluated.</summary>
    public JsonElement? ActivityState { get; init; }
    public JsonElement? Payload { get; init; }
    public JsonElement? Outputs { get; init; }
    public required JsonElement Properties { get; init; }
    public ExceptionDto? Exception { get; init; }

    public ExecutionSummaryDto ToSummary() => new()
    {
        Id = Id,
        WorkflowInstanceId = WorkflowInstanceId,
        ActivityId = ActivityId,
        ActivityNodeId = ActivityNodeId,
        ActivityType = ActivityType,
        ActivityTypeVersion = ActivityTypeVersion,
        ActivityName = ActivityName,
        StartedAt = StartedAt,
        HasBookmarks = HasBookmarks,
        Status = Status,
        Metadata = Metadata,
        AggregateFaultCount = AggregateFaultCount,
        CompletedAt = CompletedAt,
        SchedulingActivityExecutionId = SchedulingActivityExecutionId,
        SchedulingActivityId = SchedulingActivityId,
        CallStackDepth = CallStackDepth,
    };
}

internal sealed record ExecutionStatsDto(
    string ActivityId, string ActivityNodeId, int StartedCount, int CompletedCount, int UncompletedCount, bool IsBlocked, bool IsFaulted, int AggregateFaultCount, JsonElement Metadata);

/// <summary>A line of a run's journal.</summary>
internal sealed record LogRecordDto
{
    public required string Id { get; init; }
    public required string ActivityInstanceId { get; init; }
    public string? ParentActivityInstanceId { get; init; }
    public required string ActivityId { get; init; }
    public required string ActivityType { get; init; }
    public required int ActivityTypeVersion { get; init; }
    public string? ActivityName { get; init; }
    public required string NodeId { get; init; }
    public required DateTimeOffset Timestamp { get; init; }
    public required long Sequence { get; init; }
    public required string EventName { get; init; }
    public string? Message { get; init; }
    public JsonElement? Payload { get; init; }
}

/// <summary>A record as Elsa gives it where one is asked for: with the run that it is of, and the node by another name.</summary>
internal sealed record SingleLogRecordDto(
    string Id,
    string WorkflowDefinitionId,
    string WorkflowDefinitionVersionId,
    string WorkflowInstanceId,
    int WorkflowVersion,
    string ActivityInstanceId,
    string? ParentActivityInstanceId,
    string ActivityId,
    string ActivityType,
    int ActivityTypeVersion,
    string? ActivityName,
    string ActivityNodeId,
    DateTimeOffset Timestamp,
    long Sequence,
    string EventName,
    string? Message,
    JsonElement? Payload)
{
    public static SingleLogRecordDto From(RunSummary run, int version, LogRecordDto record) => new(
        record.Id, run.DefinitionId, run.VersionId, run.RunId.ToString(), version, record.ActivityInstanceId, record.ParentActivityInstanceId, record.ActivityId, record.ActivityType,
        record.ActivityTypeVersion, record.ActivityName, record.NodeId, record.Timestamp, record.Sequence, record.EventName, record.Message, record.Payload);
}

internal sealed record VariableDto(string Id, string Name, JsonElement? Value);

internal sealed record ExecutionStateDto(string Status, string SubStatus, DateTimeOffset UpdatedAt);
