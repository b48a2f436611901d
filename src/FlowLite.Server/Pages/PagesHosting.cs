using FlowLite.Server.Auth;
using FlowLite.Server.Studio;
using Microsoft.AspNetCore.Mvc.ApplicationParts;

namespace FlowLite.Server.Pages;

/// <summary>The pages of the administrator, Elsa Studio in them.</summary>
public static class PagesHosting
{
    /// <summary>The first page. The others' addresses are those that the Studio goes to by itself, under its base <c>/studio/</c>.</summary>
    internal const string Flows = "/studio/workflows/definitions";
    internal const string Runs = "/studio/workflows/instances";
    internal const string Inbox = "/studio/inbox";
    internal const string Connections = "/studio/connections";
    internal const string Crm = "/studio/crm";

    internal static string Connection(string id) => $"{Connections}/{Uri.EscapeDataString(id)}";

    internal static string InboxEntry(Guid id) => $"{Inbox}/{id}";

    internal static string Run(string runId) => $"{Runs}/{Uri.EscapeDataString(runId)}/view";

    /// <summary>The Studio's own query for that, <c>defs</c>, is lost when its list is opened with it.</summary>
    internal static string RunsOf(string definitionId) => $"{Runs}?flow={Uri.EscapeDataString(definitionId)}";

    internal static string Designer(string definitionId) => $"{Flows}/{Uri.EscapeDataString(definitionId)}/edit";

    public static IServiceCollection AddFlowLitePages(this IServiceCollection services)
    {
        services.AddSingleton(StudioPackage.Locate(AppContext.BaseDirectory));
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "flowlite-antiforgery";
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            // The content security policy says it, and more strictly.
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        services.AddRazorPages(pages =>
            {
                pages.Conventions.AuthorizeFolder("/", SessionCookie.Policy);
                pages.Conventions.AllowAnonymousToPage("/Login");
                pages.Conventions.AllowAnonymousToPage("/NotFound");
            })
            .AddMvcOptions(mvc => mvc.Filters.Add<PageHeaders>())
            .ConfigureApplicationPartManager(UseOwnPages);
        return services;
    }

    public static void MapFlowLitePages(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapRazorPages();
        endpoints.MapStudioFiles();
        endpoints.MapSessionApi();
        endpoints.MapGet("/", () => Results.Redirect(Flows)).RequireAuthorization(SessionCookie.Policy);
        endpoints.MapGet("/studio", () => Results.Redirect(Flows)).RequireAuthorization(SessionCookie.Policy);
        // A link that the Studio shows at every run, to a page of another product.
        endpoints.MapGet("/diagnostics/structured-logs", (string? workflowInstanceId) =>
                Results.Redirect(string.IsNullOrEmpty(workflowInstanceId) ? Runs : Run(workflowInstanceId)))
            .RequireAuthorization(SessionCookie.Policy);
    }

    // By default they are looked for in the process's main assembly, which in tests is another one.
    private static void UseOwnPages(ApplicationPartManager manager)
    {
        manager.ApplicationParts.Clear();
        foreach (var part in ApplicationPartFactory.GetApplicationPartFactory(typeof(PagesHosting).Assembly).GetApplicationParts(typeof(PagesHosting).Assembly))
        {
            manager.ApplicationParts.Add(part);
        }
    }
}
