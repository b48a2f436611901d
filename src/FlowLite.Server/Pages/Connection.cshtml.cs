using FlowLite.Activities.Crm;
using FlowLite.Server.Crm;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>The form of one connection, made of its kind's fields. A secret is never in it: one that is left empty is kept.</summary>
[RequestSizeLimit(256 * 1024)]
public sealed class ConnectionModel(ConnectionService connections) : PageModel
{
    private const string New = "new";
    private const string FieldPrefix = "field.";
    private const string RemovePrefix = "remove.";

    /// <summary>Null: it is to be made.</summary>
    public ConnectionView? Connection { get; private set; }

    public string Kind { get; private set; } = "";

    public string Name { get; private set; } = "";

    /// <summary>What is shown in the fields; no secrets.</summary>
    public IReadOnlyDictionary<string, string> Values { get; private set; } = new Dictionary<string, string>();

    public ConnectionRefusedException? Refusal { get; private set; }

    public ConnectorKind? Connector => ConnectorKind.Find(Kind);

    public bool IsReadOnly => Connection is { Source: not "stored" };

    public async Task<IActionResult> OnGetAsync(string id, string? kind)
    {
        if (!await LoadAsync(id, kind))
        {
            return this.Missing("connection", id);
        }

        Values = Connection?.Values ?? Connector!.Fields.Where(field => field.Default is not null).ToDictionary(field => field.Name, field => field.Default!);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string id, string? kind)
    {
        if (!await LoadAsync(id, kind))
        {
            return this.Missing("connection", id);
        }

        var form = Request.Form;
        var values = new Dictionary<string, string>();
        foreach (var field in Connector?.Fields ?? [])
        {
            // A field that configuration sets is not in the form.
            var given = form[FieldPrefix + field.Name].ToString().Trim();
            var isKept = field.IsSecret && given.Length == 0 && !form.ContainsKey(RemovePrefix + field.Name);
            if (!isKept && (field.IsSecret || given.Length > 0))
            {
                values[field.Name] = given;
            }
        }

        Name = form["name"].ToString().Trim();
        try
        {
            var saved = Connection is null
                ? await connections.CreateAsync(Name, Kind, values)
                : await connections.UpdateAsync(Connection.Id, Name, values);
            return saved is null ? this.Missing("connection", id) : Redirect(PagesHosting.Connection(saved.Id));
        }
        catch (ConnectionRefusedException e)
        {
            Values = values;
            return Refuse(e);
        }
    }

    public async Task<IActionResult> OnPostTestAsync(string id) =>
        await connections.TestAsync(id, HttpContext.RequestAborted) is null ? this.Missing("connection", id) : Redirect(PagesHosting.Connection(id));

    public async Task<IActionResult> OnPostDeleteAsync(string id)
    {
        if (!await LoadAsync(id, null))
        {
            return this.Missing("connection", id);
        }

        try
        {
            await connections.DeleteAsync(id);
            return Redirect(PagesHosting.Connections);
        }
        catch (ConnectionRefusedException e)
        {
            Values = Connection!.Values;
            return Refuse(e);
        }
    }

    private async Task<bool> LoadAsync(string id, string? kind)
    {
        if (id == New)
        {
            Kind = kind ?? "";
            return Connector is not null;
        }

        Connection = await connections.FindAsync(id);
        Kind = Connection?.Kind ?? "";
        Name = Connection?.Name ?? "";
        return Connection is not null;
    }

    private PageResult Refuse(ConnectionRefusedException refusal)
    {
        Refusal = refusal;
        Response.StatusCode = refusal.Status;
        return Page();
    }
}
