using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>One signed request that started no run: why, and what came.</summary>
public sealed class InboxEntryModel(IRunStore runs, IDefinitionStore definitions, SecureValues secure) : PageModel
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public InboxEntry Entry { get; private set; } = null!;

    /// <summary>Null: the flow is deleted.</summary>
    public string? FlowName { get; private set; }

    /// <summary>JSON is indented.</summary>
    public string Body { get; private set; } = "";

    public bool IsBase64 { get; private set; }

    public async Task<IActionResult> OnGetAsync(string id)
    {
        if (!Guid.TryParse(id, out var entryId) || await runs.FindInboxAsync(entryId) is not { } kept)
        {
            return this.Missing("request", id);
        }

        var entry = Entry = SealedInbox.Show(kept, secure);
        FlowName = await definitions.FindAsync(entry.DefinitionId, VersionOptions.Latest) is { } flow ? flow.Name ?? flow.DefinitionId : null;
        IsBase64 = !Utf8.IsValid(entry.Body.Span);
        Body = IsBase64 ? Convert.ToBase64String(entry.Body.Span) : Readable(Encoding.UTF8.GetString(entry.Body.Span));
        return Page();
    }

    private static string Readable(string text)
    {
        try
        {
            return JsonSerializer.Serialize(JsonElement.Parse(text), Indented);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
