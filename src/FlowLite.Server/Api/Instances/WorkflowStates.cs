using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>Makes Elsa's workflow state of a run: what it waits for, what went wrong, what is not done yet.</summary>
internal static class WorkflowStates
{
    public static InstanceDetailsDto Details(InstanceView view)
    {
        var state = Of(view);
        return new InstanceDetailsDto(InstanceDto.From(view.Run, view.Version), state, state.IsExecuting);
    }

    public static WorkflowStateDto Of(InstanceView view)
    {
        var run = view.Run;
        var records = new ExecutionRecords(view);
        var (status, subStatus) = ElsaStatus.Of(run.Status);
        return new WorkflowStateDto
        {
            Id = run.RunId.ToString(),
            DefinitionId = run.DefinitionId,
            DefinitionVersionId = run.VersionId,
            DefinitionVersion = view.Version,
            CorrelationId = run.Correlation,
            Status = status,
            SubStatus = subStatus,
            IsExecuting = run.Status == RunStatus.Running,
            Bookmarks = [.. records.Actions.Where(a => a.Status == ActionHistory.Waiting).Select(a => Bookmark(view, records, a))],
            Incidents = [.. view.History.Incidents.Select(i => Incident(view, i))],
            ActivityExecutionContexts = [Workflow(view, records), .. records.Actions.Where(a => a.Status is not (ActionHistory.Succeeded or ActionHistory.Cancelled)).Select(a => Context(view, records, a))],
            ExecutionLogSequence = view.History.Log.Count,
            Input = view.History.Started.Input ?? JsonValues.EmptyObject,
            Output = JsonValues.Object(writer =>
            {
                foreach (var (name, value) in view.History.State?.Outputs ?? [])
                {
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                }
            }),
            Properties = JsonValues.EmptyObject,
            CreatedAt = run.StartedAt,
            UpdatedAt = run.UpdatedAt,
            FinishedAt = run.FinishedAt,
        };
    }

    private static BookmarkDto Bookmark(InstanceView view, ExecutionRecords records, ActionHistory action)
    {
        var place = view.Place(action);
        return new BookmarkDto(
            records.Id(action),
            place.Type,
            action.Instance!.Value.ToString("N"),
            action.WaitsUntil is { } until ? JsonValues.Object(w => w.WriteString("resumeAt", until)) : JsonValues.EmptyObject,
            place.Id,
            place.NodeId,
            records.Id(action),
            action.Attempts is [.., var last] ? last.EndTime : action.StartTime!.Value);
    }

    private static InstanceIncidentDto Incident(InstanceView view, Incident incident)
    {
        var place = view.Place(incident.Activity);
        return new InstanceIncidentDto(
            place.Id, place.NodeId, incident.Instance is { } instance ? ExecutionId.Of(view.Run.RunId, instance) : ExecutionId.OfRun(view.Run.RunId),
            place.Type, incident.Failure.Message, ExceptionDto.From(incident.Failure)!, incident.At);
    }

    private static ExecutionContextDto Workflow(InstanceView view, ExecutionRecords records)
    {
        var workflow = records.Workflow();
        var variables = view.Variables();
        var properties = variables.Count == 0 ? JsonValues.EmptyObject : JsonValues.Object(w =>
        {
            w.WriteStartObject("Variables");
            foreach (var variable in variables)
            {
                w.WritePropertyName(variable.Id);
                variable.Value!.Value.WriteTo(w);
            }

            w.WriteEndObject();
        });
        return new ExecutionContextDto(
            workflow.Id, 0, null, NodePaths.WorkflowId, null, properties, JsonValues.EmptyObject, JsonValues.EmptyObject,
            workflow.Status, view.Run.Status == RunStatus.Running, workflow.AggregateFaultCount, workflow.StartedAt, workflow.CompletedAt);
    }

    private static ExecutionContextDto Context(InstanceView view, ExecutionRecords records, ActionHistory action)
    {
        var place = view.Place(action);
        var owner = records.Parent(action) is { } parent ? view.Place(parent).NodeId : NodePaths.WorkflowId;
        return new ExecutionContextDto(
            records.Id(action), records.Depth(action), records.ParentId(action), place.NodeId, owner, JsonValues.EmptyObject, JsonValues.EmptyObject,
            InstanceView.Inputs(action) ?? JsonValues.EmptyObject, ExecutionRecords.Status(action), action is { Status: ActionHistory.Running, IsSilent: false },
            records.Faults(action), action.StartTime!.Value, action.EndTime);
    }
}
