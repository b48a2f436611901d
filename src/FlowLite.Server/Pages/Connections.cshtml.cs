using FlowLite.Activities.Crm;
using FlowLite.Server.Crm;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>All connections, and the way to a new one.</summary>
public sealed class ConnectionsModel(ConnectionService connections) : PageModel
{
    public IReadOnlyList<ConnectionView> Items { get; private set; } = [];

    public async Task OnGetAsync() => Items = await connections.ListAsync();

    public static string KindName(string kind) => ConnectorKind.Find(kind)?.DisplayName ?? kind;
}
