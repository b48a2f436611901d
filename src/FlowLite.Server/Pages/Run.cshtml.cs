using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Server.Studio;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Pages;

/// <summary>One run: what each of its actions received and made, and the same in the Studio's viewer.</summary>
public sealed class RunModel(StudioPackage package, IRunStore runs, IDefinitionStore definitions) : StudioPageModel(package)
{
    public RunSummary Run { get; private set; } = null!;

    public string FlowName { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync(string runId)
    {
        if (!Guid.TryParse(runId, out var id) || await runs.FindRunAsync(id) is not { } run)
        {
            return this.Missing("run", runId);
        }

        Run = run;
        FlowName = (await definitions.FindVersionAsync(run.VersionId))?.Name ?? run.DefinitionId;
        return Page();
    }
}
