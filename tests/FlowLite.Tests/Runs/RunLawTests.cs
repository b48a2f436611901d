using System.Text.Json;
using CsCheck;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>The laws that hold for any flow, at any crash point, in any interleaving of its branches.</summary>
public sealed class RunLawTests
{
    private static readonly DateTimeOffset Never = DateTimeOffset.MaxValue;

    [Fact]
    public Task State_AtEachCommit_IsTheFoldOfTheBytesStored() =>
        Gen.Int[0, 1_000_000].SampleAsync(async seed =>
        {
            var (flow, world, workflows) = Make(seed);
            var store = new WatchedStore(workflows);

            var state = await RunAsync(workflows, store);

            state.Status.Should().Be(RunStatus.Succeeded);
            Counts(world).Should().BeEquivalentTo(flow.Expected.Where(e => e.Value > 0));
        }, iter: 150, threads: 1);

    [Fact]
    public Task Resume_AfterTheExecutorDiedAtAnyAppend_EndsWithTheSameRecordsEachOnce() =>
        Gen.Int[0, 1_000_000].SampleAsync(async seed =>
        {
            var (_, undisturbed, workflows) = Make(seed);
            var counting = new WatchedStore(workflows);
            await RunAsync(workflows, counting);
            for (var append = 2; append <= counting.Appends; append++)
            {
                foreach (var point in Enum.GetValues<CrashPoint>())
                {
                    await DieAndResumeAsync(seed, append, point, undisturbed);
                }
            }
        }, iter: 12, threads: 1);

    private static async Task DieAndResumeAsync(int seed, int append, CrashPoint point, EffectWorld undisturbed)
    {
        var (_, world, workflows) = Make(seed);
        var store = new WatchedStore(workflows);
        store.CrashAt(append, point);

        var state = await RunAsync(workflows, store);

        state.Status.Should().Be(RunStatus.Succeeded);
        world.Records.Should().BeEquivalentTo(undisturbed.Records, $"seed {seed} died {point} {append}");
    }

    private static Dictionary<string, int> Counts(EffectWorld world) =>
        world.Records.Values.GroupBy(r => r.Activity).ToDictionary(g => g.Key, g => g.Count());

    /// <returns>Its own workflow first, then those that it starts runs of.</returns>
    private static (GeneratedFlow Flow, EffectWorld World, CompiledWorkflow[] Workflows) Make(int seed)
    {
        var flow = new GeneratedFlow(seed);
        var world = new EffectWorld();
        return (flow, world,
        [
            world.Compile(JsonSerializer.SerializeToElement(flow.Document)),
            .. flow.Flows.Select(other => world.Compile(JsonSerializer.SerializeToElement(other.Value), other.Key)),
        ]);
    }

    private static async Task<RunState> RunAsync(CompiledWorkflow[] workflows, WatchedStore store)
    {
        var flows = new FlowCatalog(null!, null!);
        foreach (var workflow in workflows)
        {
            flows.Publish(workflow, new FlowSecrets(workflow.Definition.DefinitionId, "", "", new Dictionary<string, string>()));
        }

        var runId = new Guid("019a0000-0000-7000-8000-000000000001");
        var run = EffectWorld.Run(workflows[0], store, snapshotEvery: 1, flows: flows);
        await run.AcceptAsync(new RunRequest(runId) { Trigger = JsonSerializer.SerializeToElement(new { body = new { name = "Ada" } }) });
        while (true)
        {
            try
            {
                await run.ResumeAllAsync(Never);
                return await run.FoldAsync(runId);
            }
            catch (StoreUnavailableException)
            {
                // The executor died; the next one starts from what is stored.
            }
        }
    }
}
