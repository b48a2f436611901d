using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests.Support;

/// <summary>One of the Studio's lists: its rows, their menus, its toolbar.</summary>
internal sealed class StudioList(IPage page)
{
    /// <summary>The row with that text in it.</summary>
    public ILocator Row(string text) => page.Locator("#studio tbody tr", new PageLocatorOptions { HasText = text });

    public Task FirstRowIsAsync(string text) => page.Locator("#studio tbody tr:first-child", new PageLocatorOptions { HasText = text }).WaitForAsync();

    public Task SortAsync(string column) =>
        page.RunAndWaitForResponseAsync(() => page.Locator("#studio th .mud-table-sort-label", new PageLocatorOptions { HasText = column }).First.ClickAsync(),
            answer => answer.Url.Contains("OrderBy=" + column, StringComparison.Ordinal));

    public Task SearchAsync(string text) => page.Locator("#studio .mud-table-toolbar input[placeholder]").FillAsync(text);

    /// <summary>Chooses from a row's menu, and says yes if asked.</summary>
    /// <param name="confirm">The dialog's button; null: there is no dialog.</param>
    public async Task ChooseAsync(string row, string item, string? confirm = null)
    {
        await Row(row).First.Locator(".mud-menu button").ClickAsync();
        await ItemAsync(item, confirm);
    }

    public async Task TickAsync(params string[] rows)
    {
        foreach (var row in rows)
        {
            await Row(row).First.Locator("input[type=checkbox]").CheckAsync(new LocatorCheckOptions { Force = true });
        }
    }

    /// <summary>Does something with all rows that are ticked.</summary>
    public async Task BulkAsync(string item, string? confirm = null)
    {
        await page.Locator("#studio button", new PageLocatorOptions { HasTextRegex = new Regex("bulk actions", RegexOptions.IgnoreCase) }).ClickAsync();
        await ItemAsync(item, confirm ?? item);
    }

    public Task TellsAsync(string text) => page.Locator(".mud-snackbar", new PageLocatorOptions { HasText = text }).First.WaitForAsync();

    private async Task ItemAsync(string item, string? confirm)
    {
        await page.Locator(".mud-popover-open .mud-menu-item", new PageLocatorOptions { HasTextRegex = new Regex($@"^\s*{item}\s*$") }).ClickAsync();
        if (confirm is not null)
        {
            await page.Locator(".mud-dialog-actions button", new PageLocatorOptions { HasTextRegex = new Regex($@"^\s*{confirm}\s*$", RegexOptions.IgnoreCase) }).ClickAsync();
        }
    }
}
