using FlowLite.Activities.Crm;
using FlowLite.Activities.Crm.Gates;
using FlowLite.Server.Crm;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>All connections, and the way to a new one.</summary>
public sealed class ConnectionsModel(ConnectionService connections) : PageModel
{
    public IReadOnlyList<ConnectionView> Items { get; private set; } = [];

    public async Task OnGetAsync() => Items = await connections.ListAsync();

    public static string StateName(ConnectionHealth health) => health.State switch
    {
        "up" => "Up",
        "down" => "Down",
        _ => "Trying again",
    };

    public static string KindName(string kind) => ConnectorKind.Find(kind)?.DisplayName ?? kind;
}
