using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>The executions of a run in Elsa's shapes: the workflow itself first, then each in the order in which it was scheduled.</summary>
internal sealed class ExecutionRecords
{
    private readonly InstanceView _view;

    public ExecutionRecords(InstanceView view)
    {
        _view = view;
        Actions = [.. view.History.Executions.Where(a => a.Instance is not null)];
    }

    /// <summary>Those that the view has kept.</summary>
    public IReadOnlyList<ActionHistory> Actions { get; }

    public IEnumerable<ExecutionDto> All() => Actions.Select(One).Prepend(Workflow());

    public string Id(ActionHistory action) => ExecutionId.Of(_view.Run.RunId, action.Instance!.Value);

    public string ParentId(ActionHistory action) => ExecutionId.Of(_view.Run.RunId, action.Parent ?? Guid.Empty);

    public static int Faults(ActionHistory action) => action.IncidentsBelow + (action is { HasFailed: true, IsSilent: false } ? 1 : 0);

    public static string Status(ActionHistory action) => action.Status switch
    {
        ActionHistory.Succeeded => "Completed",
        ActionHistory.Failed or ActionHistory.TimedOut => "Faulted",
        ActionHistory.Cancelled => "Canceled",
        _ => "Running",
    };

    public ExecutionDto Workflow()
    {
        var run = _view.Run;
        return new ExecutionDto
        {
            Id = ExecutionId.OfRun(run.RunId),
            WorkflowInstanceId = run.RunId.ToString(),
            ActivityId = NodePaths.WorkflowId,
            ActivityNodeId = NodePaths.WorkflowId,
            ActivityType = NodePaths.WorkflowType,
            ActivityTypeVersion = 1,
            StartedAt = run.StartedAt,
            CompletedAt = run.FinishedAt,
            HasBookmarks = false,
            Status = run.Status switch
            {
                RunStatus.Succeeded => "Completed",
                RunStatus.Faulted => "Faulted",
                RunStatus.Cancelled => "Canceled",
                _ => "Running",
            },
            Metadata = JsonValues.EmptyObject,
            Properties = JsonValues.EmptyObject,
            AggregateFaultCount = _view.History.Incidents.Count,
        };
    }

    public ExecutionDto One(ActionHistory action)
    {
        var place = _view.Place(action);
        return new ExecutionDto
        {
            Id = Id(action),
            WorkflowInstanceId = _view.Run.RunId.ToString(),
            ActivityId = place.Id,
            ActivityNodeId = place.NodeId,
            ActivityType = place.Type,
            ActivityTypeVersion = place.Version,
            ActivityName = place.Name,
            StartedAt = action.StartTime!.Value,
            CompletedAt = action.EndTime,
            HasBookmarks = action.Status == ActionHistory.Waiting,
            Status = Status(action),
            Metadata = Metadata(action.Attempts.Count > 1),
            Properties = JsonValues.EmptyObject,
            AggregateFaultCount = Faults(action),
            SchedulingActivityExecutionId = ExecutionId.Of(_view.Run.RunId, action.ScheduledBy ?? Guid.Empty),
            SchedulingActivityId = action.ScheduledByActivity ?? NodePaths.WorkflowId,
            CallStackDepth = action.Depth,
            ActivityState = InstanceView.Inputs(action),
            Payload = Payload(action),
            Outputs = _view.Outputs(action),
            Exception = action.Status == ActionHistory.Succeeded ? null : ExceptionDto.From(action.Attempts is [.., var last] ? last.Error : null),
        };
    }

    internal static JsonElement Metadata(bool hasRetries) =>
        hasRetries ? JsonValues.Object(static w => w.WriteBoolean("HasRetryAttempts", true)) : JsonValues.EmptyObject;

    private static JsonElement? Payload(ActionHistory action) =>
        JsonSerializer.SerializeToElement(new
        {
            Outcomes = action.Outcomes.Count > 0 ? action.Outcomes : null,
            action.ItemPath,
            action.WaitsUntil,
            WaitsFor = action.WaitsFor.Count > 0 ? action.WaitsFor.Select(b => new { b.Kind, b.Key, b.CorrelationId }) : null,
            ChildInstances = action.Runs.Count > 0 ? action.Runs.Select(r => new { Id = r.RunId.ToString(), r.DefinitionId }) : null,
            Attempts = action.Attempts.Count > 1 || action.Attempts.Any(a => a.Error is not null)
                ? action.Attempts.Select(a => new { a.Number, StartedAt = a.StartTime, EndedAt = a.EndTime, Error = a.Error?.Message, a.RetryAt })
                : null,
            action.Note,
            Log = action.Log.Count > 0 ? action.Log : null,
        }, Readable);

    private static readonly JsonSerializerOptions Readable = new()
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
