using FlowLite.Engine;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

public sealed class QuarantineTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-000000000006");

    [Fact]
    public async Task Quarantine_OfARunWhoseTimerIsDue_HoldsAndLeavesNoTimer()
    {
        await using var engine = new TestEngine(new EngineOptions { CrashesBeforeQuarantine = 0 });
        engine.World.OnCall = static _ => throw new ActivityException("Down", "Down.") { Retryable = true };
        var workflow = engine.Publish("""{"definitionId":"t","root":{"id":"effect","type":"Test.Effect"}}""");
        // A life that did not end in order, in which the run came to wait for a retry; it is long due.
        await engine.Store.OpenEpochAsync();
        var run = EffectWorld.Run(workflow, engine.Store);
        await run.AcceptAsync(new RunRequest(RunId));
        await run.ResumeAsync(RunId, DateTimeOffset.MinValue);

        await engine.Runs.StartAsync();
        await engine.Reaches(RunId, RunStatus.Quarantined);
        await engine.Runs.StopAsync(CancellationToken.None);

        (await engine.Store.FindRunAsync(RunId))!.Status.Should().Be(RunStatus.Quarantined);
        engine.World.Calls.Should().Be(1);
        (await engine.Store.ListDueAsync(DateTimeOffset.MaxValue, 10)).Should().BeEmpty();
    }

    [Fact]
    public async Task CancelOfAParent_WhoseChildIsQuarantined_CancelsTheChild()
    {
        await using var engine = new TestEngine(Quarantines);
        using var earlier = engine.Again();
        var (parent, child) = await DieWhileAChildIsUnderWayAsync(engine, earlier);
        await engine.Runs.StartAsync();
        await engine.Reaches(child, RunStatus.Quarantined);

        await engine.Runs.CancelAsync(parent, null);

        await engine.Reaches(child, RunStatus.Cancelled);
        (await engine.Store.ListSignalsAsync(child)).Should().BeEmpty();
    }

    [Fact]
    public async Task CancelOfAParent_BeforeItsChildIsQuarantined_CancelsTheChild()
    {
        await using var engine = new TestEngine(Quarantines);
        using var earlier = engine.Again();
        var (_, child) = await DieWhileAChildIsUnderWayAsync(engine, earlier);
        await engine.Store.SendAsync([new CancelSent(child, "why")]);

        await engine.Runs.StartAsync();

        await engine.Reaches(child, RunStatus.Cancelled);
    }

    [Fact]
    public async Task CancelOfAParent_AsItsChildIsBeingQuarantined_CancelsTheChild()
    {
        await using var engine = new TestEngine(Quarantines);
        using var earlier = engine.Again();
        var (parent, child) = await DieWhileAChildIsUnderWayAsync(engine, earlier);
        engine.Store.Refuses = append =>
        {
            if (append.RunId == child && append.Summary.Status == RunStatus.Quarantined)
            {
                engine.Runs.CancelAsync(parent, null).AsTask().GetAwaiter().GetResult();
            }

            return false;
        };

        await engine.Runs.StartAsync();

        await engine.Reaches(child, RunStatus.Cancelled);
    }

    /// <summary>Its snapshot can't be read.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancel_ByMailOfARunThatTheEngineFailedAt_CancelsIt(bool isBefore)
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish("""{"root":{"id":"effect","type":"Test.Effect"}}""");
        await EffectWorld.Run(workflow, engine.Store).AcceptAsync(new RunRequest(RunId));
        var summary = (await engine.Store.FindRunAsync(RunId))!;
        var events = RunJournal.Write([new RunRecovered { At = default, Epoch = 1 }], []);
        await engine.Store.AppendAsync(new RunAppend { RunId = RunId, FirstSeq = 1, Count = 1, Events = events, Summary = summary, Snapshot = "[]"u8.ToArray() });
        using var earlier = engine.Again();
        if (!isBefore)
        {
            await earlier.StartAsync();
            await engine.Reaches(RunId, RunStatus.Quarantined);
            await earlier.StopAsync(CancellationToken.None);
        }

        await engine.Store.SendAsync([new CancelSent(RunId, "why")]);
        await engine.Runs.StartAsync();

        await engine.Reaches(RunId, RunStatus.Quarantined);
        await engine.Reaches(RunId, RunStatus.Cancelled);
    }

    private static EngineOptions Quarantines => new() { CrashesBeforeQuarantine = 0 };

    private static async Task<(Guid Parent, Guid Child)> DieWhileAChildIsUnderWayAsync(TestEngine engine, RunService life)
    {
        var calls = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.World.OnCall = _ =>
        {
            calls.TrySetResult();
            return new TaskCompletionSource().Task;
        };
        engine.Publish("""{"root":{"id":"effect","type":"Test.Effect"}}""", "child");
        var workflow = engine.Publish("""{"root":{"id":"c","type":"Elsa.ExecuteWorkflow","workflowDefinitionId":{"expression":{"type":"Literal","value":"child"}}}}""", "parent");
        await life.StartAsync();
        var parent = (await life.StartAsync(workflow, new RunRequest(life.NewRunId())))!.Value;
        await engine.Reaches(parent, RunStatus.Suspended);
        await calls.Task;
        return (parent, (await engine.Store.ListRunsAsync("child", null, null, 1))[0].RunId);
    }
}
