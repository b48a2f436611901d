using System.Text.Json;
using FlowLite.Engine;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>A stop waits for runs under way, not for those that only wait to be taken up: they are on disk.</summary>
public sealed class StopTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_WhileARunWaitsToBeTakenUpAgain_DoesNotWaitForIt(bool isShortOfMemory)
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish("""{"root":{"id":"effect","type":"Test.Effect"}}""");
        var refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.World.OnCall = call => call == 1 && isShortOfMemory ? throw Refused(new InsufficientMemoryException()) : Task.CompletedTask;
        engine.Store.Refuses = append => append.FirstSeq > 0 && !isShortOfMemory && Refused(true);
        using var life = engine.Again(new EngineOptions { StoreRetryDelay = TimeSpan.FromHours(1) });
        await life.StartAsync();
        var run = (await life.StartAsync(workflow, new RunRequest(life.NewRunId())))!.Value;
        await refused.Task.WaitAsync(Long);

        await life.StopAsync(CancellationToken.None).WaitAsync(Long);

        engine.Store.Refuses = static _ => false;
        await engine.Runs.StartAsync();
        await engine.Reaches(run, RunStatus.Succeeded);

        T Refused<T>(T how)
        {
            refused.TrySetResult();
            return how;
        }
    }

    [Fact]
    public async Task Stop_WhileALargeRunWaitsForItsTurn_DoesNotWaitForIt()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish("""{"root":{"id":"effect","type":"Test.Effect"}}""");
        using var bodies = new LargeBodies(new EngineOptions { LargeBodyMemory = 1_000_000 }, TimeProvider.System);
        using var life = engine.Again(largeBodies: bodies);
        await life.StartAsync();
        var other = await bodies.Runs.EnterAsync(1_000_000, TimeSpan.Zero);
        var run = (await life.StartAsync(workflow, new RunRequest(life.NewRunId()) { Trigger = JsonElement.Parse($"\"{new string('x', 2 * MemoryBudget.Small)}\"") }))!.Value;

        await life.StopAsync(CancellationToken.None).WaitAsync(Long);

        other!.Dispose();
        engine.World.Calls.Should().Be(0, "no more runs begin");
        await engine.Runs.StartAsync();
        await engine.Reaches(run, RunStatus.Succeeded);
    }
}
