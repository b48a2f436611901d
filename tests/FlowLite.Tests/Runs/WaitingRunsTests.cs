using System.Diagnostics;
using FlowLite.Engine;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>What the dispatcher knows of the runs that wait: none is forgotten, and none is counted that isn't there any more.</summary>
public sealed class WaitingRunsTests
{
    private const string Lead = """{"definitionId":"t","root":{"id":"effect","type":"Test.Effect"}}""";

    [Fact]
    public async Task Cancel_ThatTheStoreRefuses_LeavesTheRunToItsTurn()
    {
        var open = new TaskCompletionSource();
        await using var engine = new TestEngine(new EngineOptions { ConcurrentRunsPerFlow = 1 });
        engine.World.OnCall = _ => open.Task;
        var workflow = engine.Publish(Lead);
        await engine.Runs.StartAsync();
        await engine.StartAsync(workflow);
        var waiting = await engine.StartAsync(workflow);
        engine.Store.Refuses = append => append.RunId == waiting;
        await engine.Runs.Invoking(r => r.CancelAsync(waiting, null).AsTask()).Should().ThrowAsync<StoreUnavailableException>();

        engine.Store.Refuses = static _ => false;
        open.SetResult();

        await engine.Reaches(waiting, RunStatus.Succeeded);
    }

    [Fact]
    public async Task WaitingLimit_AfterARunOnDiskWasCancelled_IsWhatItWas()
    {
        await using var engine = new TestEngine(new EngineOptions { ConcurrentRunsPerFlow = 1, BacklogWindow = 2 });
        var workflow = engine.Publish(Lead);
        await engine.Runs.StartAsync();
        var open = await FillAsync(engine, workflow, limit: 3);
        var onDisk = (await engine.Store.ListRunsAsync("test", null, null, 1))[0].RunId;
        (await engine.Runs.CancelAsync(onDisk, null)).Should().BeTrue();
        await DrainAsync(engine, open);

        await DrainAsync(engine, await FillAsync(engine, workflow, limit: 3));
    }

    [Fact]
    public async Task WaitingLimit_WithRunsAcceptedBeforeTheBacklogWasCounted_CountsThemOnce()
    {
        await using var engine = new TestEngine(new EngineOptions { ConcurrentRunsPerFlow = 1 });
        var workflow = engine.Publish(Lead);
        var early = new[] { await engine.StartAsync(workflow), await engine.StartAsync(workflow) };
        await engine.Runs.StartAsync();
        await Task.WhenAll(early.Select(run => engine.Reaches(run, RunStatus.Succeeded)));
        await NobodyWaitsAsync(engine);

        await DrainAsync(engine, await FillAsync(engine, workflow, limit: 2));
    }

    /// <summary>One run under way, as many waiting as may, and one that is refused. The result lets them go on.</summary>
    private static async Task<TaskCompletionSource> FillAsync(TestEngine engine, CompiledWorkflow workflow, int limit)
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.World.OnCall = _ =>
        {
            called.TrySetResult();
            return open.Task;
        };
        await engine.StartAsync(workflow);
        await called.Task.WaitAsync(TimeSpan.FromSeconds(20));
        for (var i = 0; i < limit; i++)
        {
            (await engine.TryStartAsync(workflow, limit)).Should().NotBeNull($"{i} of {limit} runs wait");
        }

        (await engine.TryStartAsync(workflow, limit)).Should().BeNull();
        return open;
    }

    private static async Task DrainAsync(TestEngine engine, TaskCompletionSource open)
    {
        open.SetResult();
        var runs = await engine.Store.ListRunsAsync("test", null, null, 100);
        await Task.WhenAll(runs.Where(r => r.Status == RunStatus.Running).Select(r => engine.Reaches(r.RunId, RunStatus.Succeeded)));
        await NobodyWaitsAsync(engine);
    }

    // That there is nothing left on disk is found out in the background.
    private static async Task NobodyWaitsAsync(TestEngine engine)
    {
        var since = Stopwatch.StartNew();
        while (!engine.Runs.Dispatcher.TryReserve("test", waitingLimit: 1))
        {
            since.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20), "all runs have been started");
            await Task.Yield();
        }

        engine.Runs.Dispatcher.CancelReservation("test");
    }
}
