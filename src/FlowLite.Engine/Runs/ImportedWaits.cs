using System.Text.Json;
using FlowLite.Engine.Definitions;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Imported runs that wait for runs which they have started. What is over sends no end any more, and what is not here sends none; an end that was
/// sent before the waiting run was here has found nobody.
/// </summary>
internal sealed class ImportedWaits(EngineServices services, FlowCatalog flows)
{
    private static readonly Dictionary<string, JsonElement> Nothing = [];

    /// <summary>To be called when all that came together is here. Called again, it does nothing twice: each wait takes one end.</summary>
    public async Task EndAsync(IReadOnlyList<ImportedRun> runs)
    {
        var children = runs.SelectMany(run => run.Events).OfType<ActivitySuspended>().SelectMany(e => e.Bookmarks ?? [])
            .Where(b => b.Kind == BookmarkKind.Child).Select(b => b.Key)
            .Concat(runs.Select(run => run.RunId.ToString()))
            .Distinct();
        foreach (var child in children)
        {
            // Asked before the child is: one that is under way now finds the wait when it ends.
            foreach (var waiting in await services.Store.FindBookmarksAsync(BookmarkKind.Child, child, null, 1))
            {
                if (Guid.TryParse(child, out var runId) && await EndOfAsync(runId, new ParentRun(waiting.RunId, waiting.Instance, Waits: true, Depth: 0)) is { } end)
                {
                    await services.SendAsync([new SignalSent(end)]);
                }
            }
        }
    }

    /// <summary>Null: it is not over.</summary>
    private async Task<Signal?> EndOfAsync(Guid runId, ParentRun parent)
    {
        var stored = await services.Store.LoadAsync(runId);
        if (stored is null)
        {
            return Unknown($"The run {runId}, which this one started and waits for, is not on this server. Import it together with this one.");
        }

        if (!RunRepairs.IsOver(stored.Summary.Status))
        {
            return null;
        }

        try
        {
            var state = RunLoader.Fold(await flows.VersionAsync(stored.Summary.VersionId), runId, stored);
            return ChildEnd.Signal(runId, parent, stored.Summary.Status, state.Outputs, state.Outcomes, state.Incidents.LastOrDefault()?.Failure);
        }
        catch (Exception e) when (e is not (OutOfMemoryException or StoreUnavailableException))
        {
            return Unknown($"What the run {runId}, which this one started, has given can't be read: the version that it is pinned to is not on this server.");
        }

        Signal Unknown(string message) => ChildEnd.Signal(runId, parent, RunStatus.Cancelled, Nothing, [], new RunFailure("ChildUnknown", message));
    }
}
