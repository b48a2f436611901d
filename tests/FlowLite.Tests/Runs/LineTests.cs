using FlowLite.Engine;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Flows with concurrency 1: one run after the other in the order in which they came, whatever a run waits for.</summary>
public sealed partial class LineTests
{
    private const string Effect = """
        {"id":"x","type":"Test.Effect","customProperties":{"resilienceStrategy":{"type":"fixed","interval":"PT0.01S","count":90}}}
        """;

    private const string Event = """
        {"id":"e","type":"Elsa.Event","eventName":{"expression":{"type":"Literal","value":"go"}}}
        """;

    private const string Delay = """
        {"id":"d","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"00:00:00.02"}}}
        """;

    private static readonly Signal Go = new(BookmarkKind.Event, "go");

    [Theory]
    [InlineData(2)]
    [InlineData(2_000)]
    public async Task Run_ThatIsTriedAgain_GoesBeforeAllThatCameAfterIt(int window)
    {
        await using var engine = new TestEngine(new EngineOptions { BacklogWindow = window });
        engine.World.OnCall = static call => call % 3 == 0 ? Task.CompletedTask : throw new ActivityException("Down", "Down.") { Retryable = true };
        var workflow = engine.Publish(Flow(1, Effect));
        await engine.Runs.StartAsync();

        var runs = await StartAsync(engine, workflow, 20);

        await AllReachAsync(engine, runs, RunStatus.Succeeded);
        Ends(engine).Should().Equal(runs);
        Overlaps(engine).Should().BeEmpty();
    }

    [Fact]
    public async Task Run_WithADelay_GoesBeforeAllThatCameAfterIt()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Flow(1, Effect, Delay, Effect.Replace("\"x\"", "\"y\"", StringComparison.Ordinal)));
        await engine.Runs.StartAsync();

        var runs = await StartAsync(engine, workflow, 10);

        await AllReachAsync(engine, runs, RunStatus.Succeeded);
        Ends(engine).Should().Equal(runs);
        Overlaps(engine).Should().BeEmpty();
    }

    [Fact]
    public async Task Run_ThatWaitsOverARestart_GoesBeforeAllThatCameAfterIt()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Flow(1, Event, Effect));
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, workflow, 3);
        await engine.Reaches(runs[0], RunStatus.Suspended);
        await engine.Runs.StopAsync(CancellationToken.None);

        using var next = engine.Again();
        await next.StartAsync();
        runs.Add((await next.StartAsync(workflow, new RunRequest(next.NewRunId())))!.Value);
        foreach (var run in runs)
        {
            await engine.Reaches(run, RunStatus.Suspended);
            Begun(engine).Should().Equal(runs.TakeWhile(r => r != run).Append(run));
            (await next.SignalAsync(Go)).Should().ContainSingle().Which.RunId.Should().Be(run);
            await engine.Reaches(run, RunStatus.Succeeded);
        }

        await next.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Run_OfAnUnpublishedFlowOverARestart_WaitsForThoseBeforeIt()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Flow(1, Event));
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, workflow, 3);
        await engine.Reaches(runs[0], RunStatus.Suspended);
        engine.Retract("test");
        await engine.Runs.StopAsync(CancellationToken.None);

        using var next = engine.Again();
        await next.StartAsync();
        foreach (var run in runs)
        {
            await engine.Reaches(run, RunStatus.Suspended);
            await next.SignalAsync(Go);
            await engine.Reaches(run, RunStatus.Succeeded);
        }

        Overlaps(engine).Should().BeEmpty();
        await next.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancel_OfTheRunThatHoldsTheLine_LetsTheNextGo(bool deletes)
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Flow(1, Event));
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, workflow, 3);
        await engine.Reaches(runs[0], RunStatus.Suspended);

        _ = deletes ? await engine.Runs.DeleteAsync(runs[0]) : await engine.Runs.CancelAsync(runs[0], null);

        await engine.Reaches(runs[1], RunStatus.Suspended);
        Begun(engine).Should().NotContain(runs[2]);
    }

    [Fact]
    public async Task Cancel_OfARunInTheLine_NeverBeginsItAndMakesRoomAtOnce()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Flow(1, Event));
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, workflow, 1);
        await engine.Reaches(runs[0], RunStatus.Suspended);
        runs.AddRange([(await engine.TryStartAsync(workflow, 2))!.Value, (await engine.TryStartAsync(workflow, 2))!.Value]);
        (await engine.TryStartAsync(workflow, 2)).Should().BeNull();

        (await engine.Runs.CancelAsync(runs[1], null)).Should().BeTrue();
        (await engine.TryStartAsync(workflow, 2)).Should().NotBeNull();
        (await engine.TryStartAsync(workflow, 2)).Should().BeNull();

        await engine.Runs.SignalAsync(Go);
        await engine.Reaches(runs[2], RunStatus.Suspended);
        engine.Store.Appends.Count(a => a.RunId == runs[1]).Should().Be(2, "it started and was cancelled");
        (await engine.TryStartAsync(workflow, 2)).Should().NotBeNull();
        (await engine.TryStartAsync(workflow, 2)).Should().BeNull();
    }

    [Fact]
    public async Task Cancel_ThatTheStoreRefuses_LeavesTheRunInItsPlace()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Flow(1, Event));
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, workflow, 3);
        await engine.Reaches(runs[0], RunStatus.Suspended);
        engine.Store.Refuses = append => append.RunId == runs[2];
        await engine.Runs.Invoking(r => r.CancelAsync(runs[2], null).AsTask()).Should().ThrowAsync<StoreUnavailableException>();
        engine.Store.Refuses = static _ => false;

        foreach (var run in runs)
        {
            await engine.Reaches(run, RunStatus.Suspended);
            await engine.Runs.SignalAsync(Go);
            await engine.Reaches(run, RunStatus.Succeeded);
        }

        Overlaps(engine).Should().BeEmpty();
    }

    [Fact]
    public async Task Child_OfItsOwnFlow_DoesNotStandInTheLine()
    {
        await using var engine = new TestEngine(new EngineOptions { BacklogWindow = 2 });
        var workflow = engine.Publish(Flow(1, """
            {"id":"if","type":"Elsa.If","condition":{"expression":{"type":"Scriban","value":"{{ inputs.inner != true }}"}},
             "then":{"id":"c","type":"Elsa.ExecuteWorkflow","workflowDefinitionId":{"expression":{"type":"Literal","value":"test"}},
                     "input":{"expression":{"type":"Object","value":"{\"inner\":true}"}}}}
            """, Effect));
        await engine.Runs.StartAsync();

        var runs = await StartAsync(engine, workflow, 5);

        await AllReachAsync(engine, runs, RunStatus.Succeeded);
        engine.World.Records.Should().HaveCount(10);
        Ends(engine).Should().Equal(runs);
        Overlaps(engine).Should().BeEmpty();
    }

    [Fact]
    public async Task Children_OfAnotherFlow_GoOnWhileTheLineWaitsThoughFewFitInMemory()
    {
        const int children = 30;
        await using var engine = new TestEngine(new EngineOptions { BacklogWindow = 2 });
        var workflow = engine.Publish(Flow(1, """
            {"id":"if","type":"Elsa.If","condition":{"expression":{"type":"Scriban","value":"{{ inputs.item == null }}"}},"then":
            """ + Event + "}", Effect));
        var other = engine.Publish($$"""
            {"root":{"id":"b","type":"Elsa.BulkDispatchWorkflows","workflowDefinitionId":{"expression":{"type":"Literal","value":"test"} },
                     "items":{"expression":{"type":"Object","value":"[{{string.Join(',', Enumerable.Range(1, children))}}]"} },
                     "waitForCompletion":{"expression":{"type":"Literal","value":true} } } }
            """, "other");
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, workflow, 2);
        await engine.Reaches(runs[0], RunStatus.Suspended);

        var parent = (await engine.TryStartAsync(other))!.Value;

        await engine.Reaches(parent, RunStatus.Succeeded);
        engine.World.Records.Should().HaveCount(children);
        Begun(engine).Should().Equal(runs[0]);
    }

    [Fact]
    public async Task Publish_WithAndWithoutALine_HoldsFromThenOn()
    {
        await using var engine = new TestEngine();
        var many = engine.Publish(Flow(10, Event));
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, many, 3);
        await AllReachAsync(engine, runs, RunStatus.Suspended);

        var one = engine.Publish(Flow(1, Event));
        var later = await StartAsync(engine, one, 3);
        await engine.Runs.CancelAsync(runs[0], null);
        await engine.Runs.CancelAsync(runs[2], null);
        Begun(engine).Should().NotContain(later);
        await engine.Runs.CancelAsync(runs[1], null);
        await engine.Reaches(later[0], RunStatus.Suspended);
        Begun(engine).Should().NotContain(later.Skip(1));

        engine.Publish(Flow(10, Event));
        await AllReachAsync(engine, later, RunStatus.Suspended);
    }

    [Fact]
    public async Task Publish_WithALine_KeepsWhatHasNotBegunInOrder()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = new TestEngine();
        engine.World.OnCall = _ => open.Task;
        var two = engine.Publish(Flow(2, Effect));
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, two, 10);

        engine.Publish(Flow(1, Effect));
        open.SetResult();

        await AllReachAsync(engine, runs, RunStatus.Succeeded);
        Ends(engine).Skip(2).Should().Equal(runs.Skip(2));
    }

    [Fact]
    public async Task Run_ThatIsQuarantined_LetsTheNextGo()
    {
        await using var engine = new TestEngine(new EngineOptions { CrashesBeforeQuarantine = 0 });
        var workflow = engine.Publish(Flow(1, Effect));
        await engine.Store.OpenEpochAsync();
        // A life of the server that did not end in order, in which the first had begun.
        var runs = await StartAsync(engine, workflow, 2);
        await engine.Runs.StartAsync();

        await AllReachAsync(engine, runs, RunStatus.Quarantined);
        var after = await StartAsync(engine, workflow, 1);
        await AllReachAsync(engine, after, RunStatus.Succeeded);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Runs_WhateverHappensToThem_EndOneAfterTheOtherInOrder(int seed)
    {
        var random = new Random(seed);
        await using var engine = new TestEngine(new EngineOptions { BacklogWindow = 2 + random.Next(4) });
        var failing = Enumerable.Range(0, 1_000).Select(_ => random.Next(3) == 0).ToArray();
        engine.World.OnCall = call => failing[call % 1_000] ? throw new ActivityException("Down", "Down.") { Retryable = true } : Task.CompletedTask;
        var refusals = new Random(seed);
        engine.Store.Refuses = append =>
        {
            lock (refusals)
            {
                return append.FirstSeq > 0 && refusals.Next(10) == 0;
            }
        };
        var workflow = engine.Publish(Flow(1, Effect, Delay, Effect.Replace("\"x\"", "\"y\"", StringComparison.Ordinal)));
        await engine.Runs.StartAsync();
        var service = engine.Runs;
        var runs = new List<Guid>();
        var lives = new List<RunService>();
        for (var step = 0; step < 40; step++)
        {
            runs.Add((await service.StartAsync(workflow, new RunRequest(service.NewRunId())))!.Value);
            switch (random.Next(8))
            {
                case 0:
                    await CancelAsync(service, runs[random.Next(runs.Count)]);
                    break;
                case 1:
                    await Task.WhenAny(engine.Reaches(runs[^1], RunStatus.Succeeded), engine.Reaches(runs[^1], RunStatus.Cancelled));
                    break;
                case 2 when lives.Count < 3:
                    await service.StopAsync(CancellationToken.None);
                    lives.Add(service = engine.Again(new EngineOptions { BacklogWindow = 3, StoreRetryDelay = TimeSpan.FromMilliseconds(1), CrashesBeforeQuarantine = 100 }));
                    await service.StartAsync();
                    break;
            }
        }

        await Task.WhenAll(runs.Select(run => engine.Store.When(a => a.RunId == run && a.Summary.Status is RunStatus.Succeeded or RunStatus.Cancelled).WaitAsync(TimeSpan.FromSeconds(30))));
        Begun(engine).Should().Equal(runs.Where(Begun(engine).Contains));
        Overlaps(engine).Should().BeEmpty();
        foreach (var life in lives)
        {
            await life.StopAsync(CancellationToken.None);
            life.Dispose();
        }
    }

    private static async Task CancelAsync(RunService service, Guid run)
    {
        try
        {
            await service.CancelAsync(run, null);
        }
        catch (StoreUnavailableException)
        {
            // It goes on.
        }
    }

    private static string Flow(int concurrency, params string[] activities) => $$$"""
        {"root":{"id":"s","type":"Elsa.Sequence","activities":[
            {"id":"r","type":"FlowLite.HttpRequest","concurrency":{{{concurrency}}}},{{{string.Join(',', activities)}}}]}}
        """;

    private static async Task<List<Guid>> StartAsync(TestEngine engine, CompiledWorkflow workflow, int runs)
    {
        var started = new List<Guid>();
        for (var i = 0; i < runs; i++)
        {
            started.Add(await engine.StartAsync(workflow));
        }

        return started;
    }

    private static Task AllReachAsync(TestEngine engine, IEnumerable<Guid> runs, RunStatus status) => Task.WhenAll(runs.Select(run => engine.Reaches(run, status)));

    private static IEnumerable<RunAppend> InLine(TestEngine engine) => engine.Store.Appends.Where(a => a.Summary is { DefinitionId: "test", ParentRunId: null });

    /// <summary>Runs in the order in which their first activity was journaled.</summary>
    private static List<Guid> Begun(TestEngine engine) =>
        [.. InLine(engine).Where(a => a.FirstSeq > 0 && !(a.FirstSeq == 1 && a.Summary.Status == RunStatus.Cancelled)).Select(a => a.RunId).Distinct()];

    private static List<Guid> Ends(TestEngine engine) => [.. InLine(engine).Where(a => a.Summary.FinishedAt is not null).Select(a => a.RunId).Distinct()];

    /// <summary>Runs that were under way before another had ended.</summary>
    private static List<(Guid Early, Guid Before)> Overlaps(TestEngine engine)
    {
        var overlaps = new List<(Guid, Guid)>();
        var open = new List<Guid>();
        foreach (var append in InLine(engine).Where(a => a.FirstSeq > 0 && !(a.FirstSeq == 1 && a.Summary.Status == RunStatus.Cancelled)))
        {
            overlaps.AddRange(open.Where(run => run != append.RunId).Select(run => (append.RunId, run)));
            open.Remove(append.RunId);
            if (append.Summary.FinishedAt is null && append.Summary.Status != RunStatus.Quarantined)
            {
                open.Add(append.RunId);
            }
        }

        return overlaps;
    }
}
