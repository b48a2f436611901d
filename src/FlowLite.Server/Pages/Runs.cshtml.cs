using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Server.Studio;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Pages;

/// <summary>The runs of all flows, or of one, in the Studio's list.</summary>
public sealed class RunsModel(StudioPackage package, IRunStore runs, IDefinitionStore definitions) : StudioPageModel(package)
{
    public bool IsEmpty { get; private set; }

    /// <summary>The only flow whose runs are listed; null: those of all.</summary>
    public WorkflowDefinition? Flow { get; private set; }

    /// <param name="flow">A definition's id.</param>
    public async Task<IActionResult> OnGetAsync(string? flow)
    {
        if (!string.IsNullOrEmpty(flow))
        {
            Flow = await definitions.FindAsync(flow, VersionOptions.Latest);
            if (Flow is null)
            {
                return this.Missing("flow", flow);
            }
        }

        IsEmpty = (await runs.ListRunsAsync(Flow?.DefinitionId, null, null, 1)).Count == 0;
        return Page();
    }
}
