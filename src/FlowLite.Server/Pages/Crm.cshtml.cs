using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>The embedded CRM's leads, which the page's script asks it for.</summary>
public sealed class CrmModel : PageModel;
