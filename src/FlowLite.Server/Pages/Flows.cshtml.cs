using FlowLite.Engine.Definitions;
using FlowLite.Server.Endpoints;
using FlowLite.Server.Hosting;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Pages;

/// <summary>All flows, in the Studio's list.</summary>
public sealed class FlowsModel(StudioPackage package, IDefinitionStore definitions, EndpointRoutes endpoints, FlowLiteOptions options) : StudioPageModel(package)
{
    public bool IsEmpty { get; private set; }

    /// <summary>Published endpoints that anybody may call: the flow's id and name, methods and path.</summary>
    public IReadOnlyList<(string Id, string Name, string Methods, string Path)> Open { get; private set; } = [];

    public async Task OnGetAsync()
    {
        Open = options.ServesEndpoints
            ? [.. endpoints.All.Where(e => !e.Settings.Authorize).Select(e => (
                e.Flow.Definition.DefinitionId, e.Flow.Definition.Name ?? e.Flow.Definition.DefinitionId, string.Join(", ", e.Settings.Methods), EndpointServer.BasePath + e.Settings.Path))]
            : [];
        IsEmpty = (await definitions.ListAsync(new DefinitionQuery(VersionOptions.Latest, PageSize: 1))).TotalCount == 0;
    }
}
