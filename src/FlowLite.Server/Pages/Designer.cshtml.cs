using FlowLite.Engine.Definitions;
using FlowLite.Server.Studio;
using Microsoft.AspNetCore.Mvc;

namespace FlowLite.Server.Pages;

/// <summary>One flow in the Studio's editor, and beside it what the Studio lacks.</summary>
public sealed class DesignerModel(StudioPackage package, IDefinitionStore definitions) : StudioPageModel(package)
{
    public WorkflowDefinition Flow { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(string definitionId)
    {
        if (await definitions.FindAsync(definitionId, VersionOptions.Latest) is not { } flow)
        {
            return this.Missing("flow", definitionId);
        }

        Flow = flow;
        return Page();
    }
}
