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
}
