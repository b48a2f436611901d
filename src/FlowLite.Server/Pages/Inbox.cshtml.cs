using System.Globalization;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using FlowLite.Server.Triggers;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace FlowLite.Server.Pages;

/// <summary>Signed requests that started no run, newest first.</summary>
public sealed class InboxModel(IRunStore runs, IDefinitionStore definitions, SecureValues secure) : PageModel
{
    private const int PageSize = 50;
    private static readonly string[] SignedQuery = ["api-version", "sp", "sv", "se"];

    public IReadOnlyList<InboxEntry> Items { get; private set; } = [];

    /// <summary>By definition id; those that are deleted have none.</summary>
    public IReadOnlyDictionary<string, string> FlowNames { get; private set; } = new Dictionary<string, string>();

    public bool IsLaterPage { get; private set; }

    /// <summary>The last entry's id when there are older ones.</summary>
    public Guid? Older { get; private set; }

    /// <param name="before">The id of the last entry on the page before.</param>
    public async Task OnGetAsync(string? before)
    {
        var from = Guid.TryParse(before, out var id) ? id : (Guid?)null;
        IsLaterPage = from is not null;
        var found = await runs.ListInboxAsync(null, from, PageSize + 1);
        Items = [.. found.Take(PageSize).Select(entry => SealedInbox.Show(entry, secure))];
        Older = found.Count > PageSize ? Items[^1].Id : null;
        var names = new Dictionary<string, string>();
        foreach (var flow in Items.Select(item => item.DefinitionId).Distinct())
        {
            if (await definitions.FindAsync(flow, VersionOptions.Latest) is { } definition)
            {
                names[flow] = definition.Name ?? flow;
            }
        }

        FlowNames = names;
    }

    /// <summary>Path and query without what every signed URL has.</summary>
    public static string Asked(InboxEntry entry)
    {
        var parts = entry.PathAndQuery.Split('?', 2);
        var own = parts.Length == 1 ? [] : parts[1].Split('&').Where(pair => !SignedQuery.Contains(pair.Split('=')[0], StringComparer.OrdinalIgnoreCase)).ToArray();
        return own.Length == 0 ? parts[0] : $"{parts[0]}?{string.Join('&', own)}";
    }

    public static string Size(int bytes) =>
        bytes < 1024 ? string.Create(CultureInfo.InvariantCulture, $"{bytes} B") : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KB");
}
