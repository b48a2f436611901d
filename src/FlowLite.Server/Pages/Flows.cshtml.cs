using FlowLite.Engine.Definitions;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Pages;

/// <summary>All flows, in the Studio's list.</summary>
public sealed class FlowsModel(StudioPackage package, IDefinitionStore definitions) : StudioPageModel(package)
{
    public bool IsEmpty { get; private set; }

    public async Task OnGetAsync() =>
        IsEmpty = (await definitions.ListAsync(new DefinitionQuery(VersionOptions.Latest, PageSize: 1))).TotalCount == 0;
}
