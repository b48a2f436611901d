using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>Makes Elsa's workflow state of a run: what it waits for, what went wrong, what is not done yet.</summary>
internal static class WorkflowStates
{
    /// <summary>Of the executions that failed so many at most: a long loop may go on with all of its rounds failing.</summary>
    private const int MostFailed = 1000;

    /// <summary>What of a run's history its state is made of: what is not done or not well.</summary>
    public static HistoryScope Scope(InstancePlaces places)
    {
        var failed = 0;
        return new HistoryScope
        {
            Lines = static _ => false,
            Executions = action => action is { Instance: not null, Status: not (ActionHistory.Succeeded or ActionHistory.Cancelled) }
                && (action.EndTime is null || failed++ < MostFailed),
        };
    }

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
            Bookmarks = [.. records.Actions.Where(a => a.Status == ActionHistory.Waiting).SelectMany(a => Bookmarks(view, records, a))],
            Incidents = [.. view.History.Incidents.Select(i => Incident(view, i))],
            ActivityExecutionContexts = [Workflow(view, records), .. records.Actions.Where(a => a.Status is not (ActionHistory.Succeeded or ActionHistory.Cancelled)).Select(a => Context(view, records, a))],
            ExecutionLogSequence = view.History.LogCount,
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

    /// <summary>One for all that an activity waits for, as in Elsa; with a time beside it, that is in each.</summary>
    private static IEnumerable<BookmarkDto> Bookmarks(InstanceView view, ExecutionRecords records, ActionHistory action) =>
        action.WaitsFor.Count == 0
            ? [Bookmark(view, records, action, records.Id(action), null)]
            : action.WaitsFor.Select(b => Bookmark(view, records, action, ExecutionId.Of(view.Run.RunId, InstanceIds.Version5(action.Instance!.Value, $"{b.Kind}\n{b.Key}")), b));

    private static BookmarkDto Bookmark(InstanceView view, ExecutionRecords records, ActionHistory action, string id, Bookmark? bookmark)
    {
        var place = view.Place(action);
        return new BookmarkDto(
            id,
            place.Type,
            (bookmark is null ? action.Instance!.Value : InstanceIds.Version5(Guid.Empty, $"{bookmark.Kind}\n{bookmark.Key}")).ToString("N"),
            JsonValues.Object(w => WritePayload(w, action, bookmark)),
            place.Id,
            place.NodeId,
            records.Id(action),
            action.Attempts is [.., var last] ? last.EndTime : action.StartTime!.Value);
    }

    private static void WritePayload(Utf8JsonWriter writer, ActionHistory action, Bookmark? bookmark)
    {
        if (action.WaitsUntil is { } until)
        {
            writer.WriteString("resumeAt", until);
        }

        if (bookmark is null)
        {
            return;
        }

        writer.WriteString(bookmark.Kind switch
        {
            BookmarkKind.Event => "eventName",
            BookmarkKind.Task => "taskId",
            BookmarkKind.Child => "childInstanceId",
            _ => "key",
        }, bookmark.Key);
        foreach (var member in bookmark.Payload is { ValueKind: JsonValueKind.Object } payload ? payload.EnumerateObject() : default)
        {
            member.WriteTo(writer);
        }
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
        var owner = action.ParentActivity is { } parent ? view.Place(parent).NodeId : NodePaths.WorkflowId;
        return new ExecutionContextDto(
            records.Id(action), action.Depth, records.ParentId(action), place.NodeId, owner, JsonValues.EmptyObject, JsonValues.EmptyObject,
            InstanceView.Inputs(action) ?? JsonValues.EmptyObject, ExecutionRecords.Status(action), action is { Status: ActionHistory.Running, IsSilent: false },
            ExecutionRecords.Faults(action), action.StartTime!.Value, action.EndTime);
    }
}
