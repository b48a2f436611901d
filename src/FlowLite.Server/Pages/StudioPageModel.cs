using FlowLite.Server.Studio;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>A page with one of Elsa Studio's elements in it: the Studio bears no more than one.</summary>
public abstract class StudioPageModel(StudioPackage package) : PageModel
{
    public bool IsInstalled => package.IsInstalled;
}
