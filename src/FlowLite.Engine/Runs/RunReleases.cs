using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Takes up again, when the server starts, what was left to a person because its version could not run: a plugin that was away is back,
/// or a newer release reads again what an older one could not.
/// </summary>
internal sealed class RunReleases(EngineServices services, FlowCatalog flows)
{
    private const int PageSize = 500;

    /// <param name="epoch">This life of the server.</param>
    public async Task ReleaseAsync(long epoch)
    {
        Guid? before = null;
        // One plugin that is away may have left thousands of runs; to see that it still is takes a compilation.
        var broken = new HashSet<string>();
        while (await services.Store.ListRunsAsync(null, RunStatus.Quarantined, before, PageSize) is { Count: > 0 } page)
        {
            before = page[^1].RunId;
            foreach (var run in page.Where(run => run.ErrorCode == RunRepairs.VersionBroken && !broken.Contains(run.VersionId)))
            {
                try
                {
                    await ReleaseAsync(await flows.VersionAsync(run.VersionId), run.RunId, epoch);
                }
                catch (InvalidDefinitionException)
                {
                    broken.Add(run.VersionId);
                }
                // Nor is it lost where it is.
                catch (Exception e)
                {
                    Log.RunBroke(services.Logger, e, run.RunId);
                }
            }
        }
    }

    private async Task ReleaseAsync(CompiledWorkflow workflow, Guid runId, long epoch)
    {
        if (await services.Store.LoadAsync(runId) is not { } stored)
        {
            return;
        }

        var state = RunLoader.Fold(workflow, runId, stored);
        var recovered = new RunRecovered { At = services.Time.GetUtcNow(), Epoch = epoch };
        RunDecider.Apply(workflow, state, recovered);
        await services.AppendAsync(new RunAppend
        {
            RunId = runId,
            FirstSeq = state.Seq - 1,
            Count = 1,
            Events = RunJournal.Write([recovered], []),
            Summary = RunAppends.Summarize(state),
            TimersSet = RunAppends.Timers(state),
            Mail = RunAppends.Bookmarks(state),
        });
    }
}
