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

        (await engine.Runs.ImportAsync(new ImportedRun(run, RunStatus.Suspended, null, events))).Should().BeTrue();
        var later = await engine.StartAsync(workflow);

        (await engine.Runs.Dispatcher.StandsBehindAsync((await engine.Store.FindRunAsync(later))!)).Should().Be(run);
        await engine.Runs.SignalAsync(Go with { RunId = run });
        await engine.Reaches(later, RunStatus.Suspended);
        var seen = engine.Store.Appends.ToList();
        seen.FindIndex(a => a.RunId == later && a.Summary.Status == RunStatus.Suspended).Should()
            .BeGreaterThan(seen.FindLastIndex(a => a.RunId == run && a.Summary.Status == RunStatus.Succeeded));
    }
}
