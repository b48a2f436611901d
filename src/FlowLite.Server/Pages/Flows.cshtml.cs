using FlowLite.Engine.Definitions;
using FlowLite.Engine.Scheduling;
using FlowLite.Server.Endpoints;
using FlowLite.Server.Hosting;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Pages;

/// <summary>All flows, in the Studio's list.</summary>
public sealed class FlowsModel(StudioPackage package, IDefinitionStore definitions, EndpointRoutes endpoints, FlowSchedules schedules, FlowCatalog flows, FlowLiteOptions options) : StudioPageModel(package)
{
    public bool IsEmpty { get; private set; }

    /// <summary>Published endpoints that anybody may call: the flow's id and name, methods and path.</summary>
    public IReadOnlyList<(string Id, string Name, string Methods, string Path)> Open { get; private set; } = [];

    /// <summary>Published flows that the clock starts, the next one first: the flow's id and name, its schedule and the time.</summary>
    public IReadOnlyList<(string Id, string Name, string Schedule, DateTimeOffset Next)> Scheduled { get; private set; } = [];

    public async Task OnGetAsync()
    {
        Scheduled = [.. from flow in flows.Published
            from start in schedules.Of(flow.Definition.DefinitionId)
            where start.Next is not null
            orderby start.Next
            select (flow.Definition.DefinitionId, flow.Definition.Name ?? flow.Definition.DefinitionId, start.Schedule, start.Next!.Value)];
        Open = options.ServesEndpoints
            ? [.. endpoints.All.Where(e => !e.Settings.Authorize).Select(e => (
                e.Flow.Definition.DefinitionId, e.Flow.Definition.Name ?? e.Flow.Definition.DefinitionId, string.Join(", ", e.Settings.Methods), EndpointServer.BasePath + e.Settings.Path))]
            : [];
        IsEmpty = (await definitions.ListAsync(new DefinitionQuery(VersionOptions.Latest, PageSize: 1))).TotalCount == 0;
    }
}
