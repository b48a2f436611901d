using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

public sealed class EndlessLoopTests
{
    private const string Endless = """
        {"definitionId":"t","root":{"id":"flow","type":"Elsa.Flowchart","activities":[
          {"id":"start","type":"Elsa.WriteLine"},{"id":"again","type":"Elsa.WriteLine"}],
         "connections":[{"source":{"activity":"start"},"target":{"activity":"again"}},{"source":{"activity":"again"},"target":{"activity":"again"}}]}}
        """;

    [Fact]
    public async Task Cancel_OfARunThatLoopsWithoutEffects_EndsIt()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Endless);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Store.When(a => a.RunId == run && a.FirstSeq > 0).WaitAsync(TimeSpan.FromSeconds(20));

        var cancelled = await Task.Run(async () => await engine.Runs.CancelAsync(run, null)).WaitAsync(TimeSpan.FromSeconds(20));

        cancelled.Should().BeTrue();
        (await engine.Store.FindRunAsync(run))!.Status.Should().Be(RunStatus.Cancelled);
    }

    [Fact]
    public async Task Stop_WhileARunLoopsWithoutEffects_LeavesItToResume()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Endless);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Store.When(a => a.RunId == run && a.FirstSeq > 0).WaitAsync(TimeSpan.FromSeconds(20));

        await engine.Runs.StopAsync(new CancellationToken(canceled: true));
        await engine.Runs.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));

        engine.Runs.Dispatcher.ActiveRuns.Should().Be(0);
        (await engine.Store.FindRunAsync(run))!.Status.Should().Be(RunStatus.Running);
    }
}
