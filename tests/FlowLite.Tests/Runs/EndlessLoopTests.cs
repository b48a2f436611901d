using FlowLite.Engine;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

public sealed class EndlessLoopTests
{
    private const string Endless = """
        {"definitionId":"t","root":{"id":"flow","type":"Elsa.Flowchart","activities":[
          {"id":"start","type":"Elsa.WriteLine"},{"id":"again","type":"Elsa.WriteLine"}],
         "connections":[{"source":{"activity":"start"},"target":{"activity":"again"}},{"source":{"activity":"again"},"target":{"activity":"again"}}]}}
        """;

    /// <summary>It is still under way when the test looks at it, however slow the machine.</summary>
    private static EngineOptions Unlimited => new() { EventsPerRun = int.MaxValue };

    [Fact]
    public async Task Cancel_OfARunThatLoopsWithoutEffects_EndsIt()
    {
        await using var engine = new TestEngine(Unlimited);
        var run = await UnderWayAsync(engine);

        var cancelled = await Task.Run(async () => await engine.Runs.CancelAsync(run, null)).WaitAsync(TimeSpan.FromSeconds(20));

        cancelled.Should().BeTrue();
        (await engine.Store.FindRunAsync(run))!.Status.Should().Be(RunStatus.Cancelled);
    }

    [Fact]
    public async Task Stop_WhileARunLoopsWithoutEffects_LeavesItToResume()
    {
        await using var engine = new TestEngine(Unlimited);
        var run = await UnderWayAsync(engine);

        await BreakOffAsync(engine);

        engine.Runs.Dispatcher.ActiveRuns.Should().Be(0);
        (await engine.Store.FindRunAsync(run))!.Status.Should().Be(RunStatus.Running);
    }

    [Fact]
    public async Task StateMachine_WhoseConditionsNeverChange_FailsSoonAndSaysWhere()
    {
        await using var engine = new TestEngine(Unlimited);
        var workflow = engine.Publish("""
            {"definitionId":"t","root":{"id":"sm","type":"Elsa.StateMachine","initialState":"On","states":[{"name":"On"},{"name":"Off"}],"transitions":[
              {"name":"down","from":"On","to":"Off","condition":{"expression":{"type":"Scriban","value":"{{ 1 == 1 }}"}}},
              {"name":"up","from":"Off","to":"On","condition":{"expression":{"type":"Scriban","value":"{{ 1 == 1 }}"}}}]}}
            """);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);

        await engine.Reaches(run, RunStatus.Faulted);

        var reading = (await engine.Runs.ReadAsync(run))!;
        reading.Summary.ErrorCode.Should().Be("EndlessTransitions");
        reading.Summary.ErrorMessage.Should().Contain("'On'").And.Contain("trigger");
    }

    [Fact]
    public async Task Cycle_WithoutAnEnd_FaultsAtTheLimit_AndSaysWhatToDo()
    {
        await using var engine = new TestEngine(new() { EventsPerRun = 1_000 });
        var workflow = engine.Publish(Endless);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);

        await engine.Reaches(run, RunStatus.Faulted);

        var reading = (await engine.Runs.ReadAsync(run))!;
        (reading.Summary.ErrorCode, reading.Summary.IncidentCount).Should().Be(("RunTooLong", 1));
        reading.Summary.ErrorMessage.Should().Contain("1,000 events").And.Contain("FlowLite__Engine__EventsPerRun");
        (await reading.Events().CountAsync()).Should().Be(1_001);
        var history = await RunHistory.FromAsync(reading.Summary, reading.Events(), workflow, HistoryScope.Everything);
        history.Incidents.Should().ContainSingle().Which.Failure.Code.Should().Be("RunTooLong");
        history.Log[^2].Should().Match<RunLogEntry>(e => e.Kind == RunLogKind.Faulted && e.Action == null);
        engine.Runs.Dispatcher.ActiveRuns.Should().Be(0);
    }

    [Fact]
    public async Task Cycle_ThatIsStoppedOnTheWay_FaultsAtTheLimitOfItsWholeJournal()
    {
        await using var engine = new TestEngine(Unlimited);
        var run = await UnderWayAsync(engine);
        await BreakOffAsync(engine);
        (await engine.Store.FindRunAsync(run))!.Status.Should().Be(RunStatus.Running);
        // However far it came, it may go on for so many more.
        var limit = await (await engine.Runs.ReadAsync(run))!.Events().CountAsync() + 1_000;

        using var again = engine.Again(new() { EventsPerRun = limit });
        await again.StartAsync();
        await engine.Reaches(run, RunStatus.Faulted);
        await again.StopAsync(CancellationToken.None);

        (await (await engine.Runs.ReadAsync(run))!.Events().CountAsync()).Should().Be(limit + 1);
    }

    /// <summary>A run that goes round and has appended something of it.</summary>
    private static async Task<Guid> UnderWayAsync(TestEngine engine)
    {
        var workflow = engine.Publish(Endless);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Store.When(a => a.RunId == run && a.FirstSeq > 0).WaitAsync(TimeSpan.FromSeconds(20));
        return run;
    }

    private static async Task BreakOffAsync(TestEngine engine)
    {
        await engine.Runs.StopAsync(new CancellationToken(canceled: true));
        await engine.Runs.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
    }
}
