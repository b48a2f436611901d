using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace FlowLite.Server.Pages;

/// <param name="What"><c>flow</c>, <c>run</c>, <c>request</c> or <c>connection</c>.</param>
public sealed record MissingThing(string What, string Id);

internal static class MissingPage
{
    /// <summary>404 with a page that says so.</summary>
    public static ViewResult Missing(this PageModel page, string what, string id) => new()
    {
        ViewName = "/Pages/Missing.cshtml",
        StatusCode = StatusCodes.Status404NotFound,
        ViewData = new ViewDataDictionary<MissingThing>(page.MetadataProvider, page.ModelState) { Model = new MissingThing(what, id) },
    };
}
