using FlowLite.Engine;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>What is asked of runs from outside while they stand in a line.</summary>
public sealed partial class LineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Cancel_ThatTheStoreRefuses_LetsTheRunsTimerWakeIt(int concurrency)
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Flow(concurrency, Delay.Replace("00:00:00.02", "00:00:00.4", StringComparison.Ordinal)));
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Reaches(run, RunStatus.Suspended);
        engine.Store.Refuses = static append => append.Summary.Status == RunStatus.Cancelled;

        await engine.Runs.Invoking(r => r.CancelAsync(run, null).AsTask()).Should().ThrowAsync<StoreUnavailableException>();

        await engine.Reaches(run, RunStatus.Succeeded);
    }

    [Fact]
    public async Task Cancel_ThatTheStoreRefusesAsTheRunIsSignalled_LetsItGoOn()
    {
        await using var engine = new TestEngine();
        var many = engine.Publish(Flow(10, Event));
        await engine.Runs.StartAsync();
        var runs = await StartAsync(engine, many, 2);
        await AllReachAsync(engine, runs, RunStatus.Suspended);
        engine.Publish(Flow(1, Event));
        engine.Store.Refuses = append =>
        {
            if (append.Summary.Status == RunStatus.Cancelled)
            {
                engine.Runs.SignalAsync(Go with { RunId = runs[1] }).GetAwaiter().GetResult();
                return true;
            }

            return false;
        };

        await engine.Runs.Invoking(r => r.CancelAsync(runs[1], null).AsTask()).Should().ThrowAsync<StoreUnavailableException>();

        await engine.Reaches(runs[1], RunStatus.Succeeded);
    }

    [Fact]
    public async Task Import_OfARunThatWaits_HoldsTheLine()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Flow(1, Event));
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Reaches(run, RunStatus.Suspended);
        var stored = (await engine.Store.LoadAsync(run, wholeJournal: true))!;
        var events = stored.Batches.SelectMany(batch => RunJournal.Read(batch, stored.Values)).ToList();
        await engine.Runs.DeleteAsync(run);
        await engine.Store.NobodyInLine.WaitAsync(TimeSpan.FromSeconds(20));

        (await engine.Runs.ImportAsync([new ImportedRun(run, RunStatus.Suspended, null, events)])).Should().Be(1);
        var later = await engine.StartAsync(workflow);

        (await engine.Runs.Dispatcher.StandsBehindAsync((await engine.Store.FindRunAsync(later))!)).Should().Be(run);
        await engine.Runs.SignalAsync(Go with { RunId = run });
        await engine.Reaches(later, RunStatus.Suspended);
        var seen = engine.Store.Appends.ToList();
        seen.FindIndex(a => a.RunId == later && a.Summary.Status == RunStatus.Suspended).Should()
            .BeGreaterThan(seen.FindLastIndex(a => a.RunId == run && a.Summary.Status == RunStatus.Succeeded));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Runs_WhateverIsDoneToThemAndTheirFlow_AllEnd(int seed)
    {
        var random = new Random(seed);
        await using var engine = new TestEngine(new EngineOptions { BacklogWindow = 2 + random.Next(4) });
        var refusals = new Random(seed);
        engine.Store.Refuses = append =>
        {
            lock (refusals)
            {
                return append.FirstSeq > 0 && refusals.Next(5) == 0;
            }
        };
        var calls = new Random(seed);
        engine.World.OnCall = _ =>
        {
            lock (calls)
            {
                return calls.Next(3) == 0 ? throw new ActivityException("Down", "Down.") { Retryable = true } : Task.CompletedTask;
            }
        };
        CompiledWorkflow Publish(int concurrency) => engine.Publish(Flow(concurrency, """
            {"id":"if","type":"Elsa.If","condition":{"expression":{"type":"Scriban","value":"{{ inputs.inner != true }}"}},
             "then":{"id":"c","type":"Elsa.DispatchWorkflow","workflowDefinitionId":{"expression":{"type":"Literal","value":"test"}},
                     "input":{"expression":{"type":"Object","value":"{\"inner\":true}"}}}}
            """, Effect, Delay));
        var workflow = Publish(1);
        await engine.Runs.StartAsync();
        var service = engine.Runs;
        var lives = new List<RunService>();
        var runs = new List<Guid>();
        for (var step = 0; step < 60; step++)
        {
            runs.Add((await service.StartAsync(workflow, new RunRequest(service.NewRunId())))!.Value);
            var run = runs[random.Next(runs.Count)];
            switch (random.Next(9))
            {
                case 0:
                    await CancelAsync(service, run);
                    break;
                case 1:
                    await DeleteAsync(service, run);
                    break;
                case 2:
                    workflow = Publish(random.Next(2) == 0 ? 1 : 10);
                    break;
                case 3:
                    workflow = Publish(10);
                    workflow = Publish(1);
                    break;
                case 4:
                    engine.Retract("test");
                    workflow = Publish(1);
                    break;
                case 5:
                    await EndsAsync(run);
                    break;
                case 6 when lives.Count < 3:
                    await service.StopAsync(CancellationToken.None);
                    lives.Add(service = engine.Again(new EngineOptions { BacklogWindow = 3, StoreRetryDelay = TimeSpan.FromMilliseconds(1), CrashesBeforeQuarantine = 100 }));
                    await service.StartAsync();
                    break;
            }
        }

        engine.Store.Refuses = static _ => false;
        engine.World.OnCall = static _ => Task.CompletedTask;
        while ((await engine.Store.ListRunsAsync("test", null, null, 1_000)).FirstOrDefault(r => r.FinishedAt is null) is { } open)
        {
            await EndsAsync(open.RunId);
        }

        foreach (var life in lives)
        {
            await life.StopAsync(CancellationToken.None);
            life.Dispose();
        }

        Task EndsAsync(Guid runId) => engine.Store.When(a => a.RunId == runId && a.Summary.FinishedAt is not null).WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async Task DeleteAsync(RunService service, Guid run)
    {
        try
        {
            await service.DeleteAsync(run);
        }
        catch (StoreUnavailableException)
        {
            // It goes on.
        }
    }
}
