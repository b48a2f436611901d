using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>The executions of a run in Elsa's shapes: the workflow itself first, then each in the order in which it was scheduled.</summary>
internal sealed class ExecutionRecords
{
    private readonly InstanceView _view;
    private readonly Dictionary<Guid, ActionHistory> _byInstance;
    private readonly Dictionary<Guid, int> _depths = [];
    private readonly Dictionary<Guid, int> _faults = [];
    private readonly int _runFaults;

    public ExecutionRecords(InstanceView view)
    {
        _view = view;
        Actions = [.. view.History.Executions.Where(a => a.Instance is not null)];
        _byInstance = Actions.ToDictionary(a => a.Instance!.Value);
        foreach (var action in Actions)
        {
            // What scheduled it stands before it.
            var by = action.ScheduledBy is { } id && _depths.TryGetValue(id, out var depth) ? depth : 0;
            _depths[action.Instance!.Value] = by + 1;
            if (action.HasFailed && !action.IsSilent)
            {
                _faults[action.Instance!.Value] = 1;
            }
        }

        foreach (var incident in view.History.Incidents)
        {
            _runFaults++;
            var parent = incident.Instance is { } at && _byInstance.TryGetValue(at, out var failed) ? failed.Parent : null;
            for (; parent is { } container; parent = _byInstance.GetValueOrDefault(container)?.Parent)
            {
                _faults[container] = _faults.GetValueOrDefault(container) + 1;
            }
        }
    }

    public IReadOnlyList<ActionHistory> Actions { get; }

    public IEnumerable<ExecutionDto> All(string? nodeId = null)
    {
        if (nodeId is null or NodePaths.WorkflowId)
        {
            yield return Workflow();
        }

        foreach (var action in Actions.Where(a => nodeId is null || _view.Place(a).NodeId == nodeId))
        {
            yield return One(action);
        }
    }

    public ExecutionDto? Find(string executionId) => All().FirstOrDefault(e => e.Id == executionId);

    /// <summary>Counts by activity, those that the list names or all.</summary>
    public IReadOnlyList<ExecutionStatsDto> Stats(IReadOnlyCollection<string>? nodeIds)
    {
        var byNode = Actions.GroupBy(a => _view.Place(a).NodeId).ToDictionary(g => g.Key, g => g.ToList());
        return [.. (nodeIds ?? [.. byNode.Keys]).Where(byNode.ContainsKey).Select(node => Stats(node, byNode[node]))];
    }

    /// <summary>What led to an execution, from the workflow down to itself.</summary>
    public IReadOnlyList<ExecutionDto> CallStack(ExecutionDto execution)
    {
        var stack = new List<ExecutionDto>();
        var action = Actions.FirstOrDefault(a => Id(a) == execution.Id);
        for (; action is not null; action = action.ScheduledBy is { } by ? _byInstance.GetValueOrDefault(by) : null)
        {
            stack.Add(One(action));
        }

        stack.Add(Workflow());
        stack.Reverse();
        return stack;
    }

    public string Id(ActionHistory action) => ExecutionId.Of(_view.Run.RunId, action.Instance!.Value);

    public string ParentId(ActionHistory action) => ExecutionId.Of(_view.Run.RunId, action.Parent ?? Guid.Empty);

    public int Depth(ActionHistory action) => _depths[action.Instance!.Value];

    public int Faults(ActionHistory action) => _faults.GetValueOrDefault(action.Instance!.Value);

    public ActionHistory? Parent(ActionHistory action) => action.Parent is { } parent ? _byInstance.GetValueOrDefault(parent) : null;

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
            AggregateFaultCount = _runFaults,
        };
    }

    private ExecutionDto One(ActionHistory action)
    {
        var place = _view.Place(action);
        var by = action.ScheduledBy is { } id ? _byInstance.GetValueOrDefault(id) : null;
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
            Metadata = Metadata([action]),
            Properties = JsonValues.EmptyObject,
            AggregateFaultCount = Faults(action),
            SchedulingActivityExecutionId = by is null ? ExecutionId.OfRun(_view.Run.RunId) : Id(by),
            SchedulingActivityId = by?.ActivityId ?? NodePaths.WorkflowId,
            CallStackDepth = Depth(action),
            ActivityState = InstanceView.Inputs(action),
            Payload = Payload(action),
            Outputs = _view.Outputs(action),
            Exception = action.Status == ActionHistory.Succeeded ? null : ExceptionDto.From(action.Attempts is [.., var last] ? last.Error : null),
        };
    }

    private ExecutionStatsDto Stats(string node, List<ActionHistory> actions)
    {
        var completed = actions.Count(a => a.Status == ActionHistory.Succeeded);
        return new ExecutionStatsDto(
            actions[0].ActivityId, node, actions.Count, completed, actions.Count - completed,
            actions.Exists(a => a.Status == ActionHistory.Waiting), actions.Exists(a => a.HasFailed && !a.IsSilent),
            actions.Sum(Faults), Metadata(actions));
    }

    private static JsonElement Metadata(List<ActionHistory> actions) =>
        actions.Exists(a => a.Attempts.Count > 1)
            ? JsonValues.Object(static w => w.WriteBoolean("HasRetryAttempts", true))
            : JsonValues.EmptyObject;

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
