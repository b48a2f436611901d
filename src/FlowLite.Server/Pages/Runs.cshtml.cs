using FlowLite.Engine.Runs;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Pages;

/// <summary>The runs of all flows, in the Studio's list.</summary>
public sealed class RunsModel(StudioPackage package, IRunStore runs) : StudioPageModel(package)
{
    public bool IsEmpty { get; private set; }

    public async Task OnGetAsync() => IsEmpty = (await runs.ListRunsAsync(null, null, null, 1)).Count == 0;
}
