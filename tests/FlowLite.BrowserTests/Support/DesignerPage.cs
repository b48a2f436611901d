using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace FlowLite.BrowserTests.Support;

/// <summary>The designer as a person uses it: drags from the picker, lines between ports, fields by their labels.</summary>
internal sealed class DesignerPage(IPage page)
{
    private ILocator Nodes => page.Locator(".x6-node");

    public async Task WaitAsync()
    {
        await page.WaitForURLAsync("**/edit");
        await page.Locator(".x6-graph-svg").WaitForAsync();
        await page.Locator(".mud-expand-panel-header").First.WaitForAsync();
        await RestAsync();
    }

    /// <summary>
    /// Until the Studio has nothing left to do. On a busy machine seconds pass between an answer and what it draws from it, and what is
    /// done in between is drawn over, or done to the activity that was chosen before.
    /// </summary>
    public Task RestAsync() =>
        page.EvaluateAsync("() => new Promise(done => requestIdleCallback(() => requestIdleCallback(() => done(), { timeout: 20000 }), { timeout: 20000 }))");

    /// <summary>Drags an activity from the picker to a place on the canvas.</summary>
    public async Task DropAsync(string category, string activity, int x, int y)
    {
        var count = await Nodes.CountAsync();
        var item = page.Locator("[draggable=true]:visible", new PageLocatorOptions { HasText = activity }).First;
        if (!await item.IsVisibleAsync())
        {
            await page.Locator(".mud-expand-panel-header", new PageLocatorOptions { HasText = category }).First.ClickAsync();
        }

        await item.WaitForAsync();
        await item.DragToAsync(page.Locator(".x6-graph-svg"), new LocatorDragToOptions { TargetPosition = new TargetPosition { X = x, Y = y } });
        await Nodes.Nth(count).WaitForAsync();
        await RestAsync();
    }

    /// <summary>Draws a line from one activity's outcome to the next activity.</summary>
    public Task ConnectAsync(int from, int to) => ConnectAsync(Nodes.Nth(from), Nodes.Nth(to), "Done");

    /// <summary>By their names: an activity whose ports change is drawn anew, as the last one.</summary>
    public Task ConnectAsync(string from, string port, string to) => ConnectAsync(Node(from), Node(to), port);

    private ILocator Node(string name) => page.Locator(".x6-node", new PageLocatorOptions { HasText = name }).First;

    private async Task ConnectAsync(ILocator from, ILocator to, string port)
    {
        var lines = page.Locator(".x6-edge");
        var count = await lines.CountAsync();
        await AgainUntilAsync(
            async () =>
            {
                if (await from.Locator($"[port='{port}'] .elsa-designer-port-hit-area").BoundingBoxAsync() is { } source
                    && await to.Locator("[port=In] .elsa-designer-port-hit-area").BoundingBoxAsync() is { } target)
                {
                    var (endX, endY) = (target.X + (target.Width / 2), target.Y + (target.Height / 2));
                    await page.Mouse.MoveAsync(source.X + (source.Width / 2), source.Y + (source.Height / 2));
                    await page.Mouse.DownAsync();
                    await page.Mouse.MoveAsync(endX - 20, endY, new MouseMoveOptions { Steps = 5 });
                    await page.Mouse.MoveAsync(endX, endY, new MouseMoveOptions { Steps = 5 });
                    await page.Mouse.UpAsync();
                }

                return lines.Nth(count);
            },
            // A straight line has no height, so that it counts as hidden.
            WaitForSelectorState.Attached);
    }

    public Task SelectAsync(int node) => SelectAsync(Nodes.Nth(node));

    /// <summary>One in sight, by its name.</summary>
    public Task SelectAsync(string name) => SelectAsync(Node(name));

    private async Task SelectAsync(ILocator node)
    {
        await AgainUntilAsync(
            async () =>
            {
                var id = await node.GetAttributeAsync("data-cell-id");
                // A selection's frame lies over its node, so by place. There is none while the node is drawn anew.
                if (await node.BoundingBoxAsync() is { } box)
                {
                    await page.Mouse.ClickAsync(box.X + (box.Width / 2), box.Y + 10);
                }

                // The node's own mark is lost when the viewer draws it anew, and the frame when the designer does.
                return page.Locator($".x6-widget-selection-box-node[data-cell-id='{id}'], .x6-node-selected[data-cell-id='{id}']").First;
            },
            WaitForSelectorState.Visible);
        await RestAsync();
    }

    /// <summary>The Studio moves the canvas once more after its nodes stand: what missed is done again, as a person would.</summary>
    /// <param name="act">Gives what is to be seen then.</param>
    private async Task AgainUntilAsync(Func<Task<ILocator>> act, WaitForSelectorState state)
    {
        // Together as patient as any other wait. Each try is too long for the next to count as a double click.
        const int Tries = 9;
        for (var tries = 1; ; tries++)
        {
            await RestAsync();
            try
            {
                await (await act()).WaitForAsync(new LocatorWaitForOptions { State = state, Timeout = StudioSession.Patience / Tries });
                return;
            }
            catch (TimeoutException) when (tries < Tries)
            {
                // Once more.
            }
        }
    }

    /// <summary>Tabs that have no room stand behind an arrow; a click of the keyboard reaches them all the same.</summary>
    public async Task TabAsync(string name)
    {
        await page.Locator("#studio .mud-tab", new PageLocatorOptions { HasTextRegex = new Regex($@"^\s*{Regex.Escape(name)}(?![a-z])", RegexOptions.IgnoreCase) }).Last.EvaluateAsync("tab => tab.click()");
        await RestAsync();
    }

    /// <summary>A field of the chosen activity that is an editor, with the caret in it.</summary>
    public async Task EnterAsync(string label)
    {
        var editor = page.Locator($".mud-input-control:has(label:text-is(\"{label}\"), label:text-is(\"{label} *\")) .monaco-editor:visible").First;
        await editor.ScrollIntoViewIfNeededAsync();
        await editor.ClickAsync();
        await page.Locator("#content-target", new PageLocatorOptions { HasText = label }).WaitForAsync();
    }

    /// <summary>Pastes into what has the caret.</summary>
    public async Task PasteAsync(string text)
    {
        await page.EvaluateAsync("text => navigator.clipboard.writeText(text)", text);
        await page.Keyboard.PressAsync("Control+V");
    }

    /// <summary>Clicks a piece of dynamic content in the panel beside the editor.</summary>
    public async Task InsertAsync(string path)
    {
        await page.FillAsync("#content-search", path);
        await page.Locator("#content-list button").First.ClickAsync();
        await page.Locator("#content-status", new PageLocatorOptions { HasText = "is inserted" }).WaitForAsync();
    }

    /// <summary>The Studio saves by itself a while after each change; a publish before would leave the change out.</summary>
    /// <param name="text">In what is saved, as JSON writes it.</param>
    public async Task SavedAsync(string text)
    {
        var answer = await page.WaitForResponseAsync(response =>
            response.Request.Method == "POST" && response.Url.EndsWith("/workflow-definitions", StringComparison.Ordinal)
            && response.Request.PostData?.Contains(text, StringComparison.Ordinal) == true);
        await answer.FinishedAsync();
        // The answer's flow replaces the one in the editor, with what was changed in it meanwhile.
        await RestAsync();
    }

    /// <summary>Chooses from the menu beside the publish button.</summary>
    public async Task ChooseAsync(string item)
    {
        await page.Locator("#studio .mud-menu button:visible").First.ClickAsync();
        await page.Locator(".mud-popover-open .mud-menu-item", new PageLocatorOptions { HasText = item }).ClickAsync();
    }

    public ILocator Version(int number) =>
        page.Locator("#studio tr:visible", new PageLocatorOptions { Has = page.Locator($"td:text-is(\"{number}\")") });

    public Task TellsAsync(string text) => page.Locator(".mud-snackbar", new PageLocatorOptions { HasText = text }).First.WaitForAsync();

    public Task PublishAsync() => page.Locator("#studio button.mud-primary-text:visible").First.ClickAsync();
}
