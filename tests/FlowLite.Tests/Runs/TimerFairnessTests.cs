using FlowLite.Engine;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

public sealed class TimerFairnessTests
{
    [Fact]
    public async Task Timers_BehindManyOfAFlowThatHasNoSlots_AreFiredAllTheSame()
    {
        var open = new TaskCompletionSource();
        await using var engine = new TestEngine(new EngineOptions { ConcurrentRunsPerFlow = 1, BacklogWindow = 2 });
        var busy = engine.Publish("""{"definitionId":"t","root":{"id":"effect","type":"Test.Effect"}}""", "busy");
        var other = engine.Publish("""{"definitionId":"t","root":{"id":"wait","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"00:00:30"}}}}""", "other");
        // More than a page of retries that are due, and behind them one timer of another flow.
        engine.World.OnCall = static _ => throw new ActivityException("Down", "Down.") { Retryable = true };
        for (var i = 0; i < 600; i++)
        {
            await WaitAsync(busy, Guid.CreateVersion7());
        }

        var waits = Guid.CreateVersion7();
        await WaitAsync(other, waits);
        engine.World.OnCall = _ => open.Task;

        await engine.Runs.StartAsync();
        await engine.Reaches(waits, RunStatus.Succeeded);
        await engine.Runs.StopAsync(new CancellationToken(canceled: true));
        open.SetResult();

        async Task WaitAsync(Engine.Compilation.CompiledWorkflow workflow, Guid run)
        {
            var virtually = EffectWorld.Run(workflow, engine.Store);
            await virtually.AcceptAsync(new RunRequest(run));
            await virtually.ResumeAsync(run, DateTimeOffset.MinValue);
        }
    }
}
