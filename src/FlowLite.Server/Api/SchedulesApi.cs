using FlowLite.Engine.Definitions;
using FlowLite.Engine.Scheduling;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Api;

/// <summary>When a flow's triggers start runs by the clock.</summary>
internal static class SchedulesApi
{
    public static void MapSchedulesApi(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/api/flows/{definitionId}/schedules", ListAsync).WithSummary("When a flow's triggers start runs by the clock").Produces<SchedulesDto>();

    /// <summary>Of the published version, the next one first. Gives <c>{value:[{activityId, title, type, schedule, missedTimes, nextRun?, lastRun?}]}</c>.</summary>
    private static async Task<IResult> ListAsync(string definitionId, IDefinitionStore store, [FromServices] FlowSchedules schedules) =>
        await store.FindAsync(definitionId, VersionOptions.Latest) is null
            ? FlowErrors.NotFound("WorkflowNotFound", $"The workflow '{definitionId}' could not be found.")
            : Results.Json(new SchedulesDto([.. schedules.Of(definitionId).Select(s => new ScheduleDto(
                s.Node.Id, s.Node.Name, s.Node.Type, s.Schedule, ((ScheduledTrigger)s.Node.Activity).Missed.ToString(), s.Next, s.Last))]), ApiJson.Options);

    private sealed record SchedulesDto(IReadOnlyList<ScheduleDto> Value);

    /// <param name="NextRun">Null: there is no further time.</param>
    /// <param name="LastRun">The time of the last run that it started.</param>
    private sealed record ScheduleDto(
        string ActivityId, string Title, string Type, string Schedule, string MissedTimes, DateTimeOffset? NextRun, DateTimeOffset? LastRun);
}
