using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>How many wait in a line, when the disk's count and what comes and goes cross each other: the trigger's limit is held to it.</summary>
public sealed class FlowQueueTests
{
    [Fact]
    public void Take_OfACountFromBeforeAnArrival_LeavesTheCountToAnotherTime()
    {
        var queue = Line();
        Arrive(queue);
        var question = queue.Ask(10);
        Arrive(queue);

        queue.Take(question, new LineAnswer(Waiting, 1, []), 10);

        queue.Waiting.Should().Be(2);
        queue.Ask(10).Counts.Should().BeTrue();
    }

    [Fact]
    public void Take_OfACountFromBeforeARunWasTakenUp_LeavesTheCountToAnotherTime()
    {
        var queue = Line();
        Arrive(queue);
        var second = Arrive(queue);
        var question = queue.Ask(10);
        queue.OnDisk -= queue.Withdraw(second) ? 1 : 0;

        queue.Take(question, new LineAnswer(Waiting, 1, []), 10);

        queue.Waiting.Should().Be(1, "the count may not have the one under way, which is none of those that wait");
        queue.Ask(10).Counts.Should().BeFalse("one is under way");
        queue.Leave(second, AfterLeaving.Forget, 10);
        queue.Ask(10).Counts.Should().BeTrue();
    }

    [Fact]
    public void Take_OfACountWhileNothingHappens_SetsIt()
    {
        var queue = Line();
        Arrive(queue);

        queue.Take(queue.Ask(10), new LineAnswer(Waiting, 5, []), 10);

        queue.Waiting.Should().Be(5);
        queue.Ask(10).Counts.Should().BeFalse();
    }

    /// <summary>The first in the line: it has begun and waits for something.</summary>
    private static RunSummary Waiting { get; } = new()
    {
        RunId = Guid.CreateVersion7(),
        DefinitionId = "test",
        VersionId = "1",
        RootRunId = Guid.Empty,
        StartedAt = default,
        UpdatedAt = default,
        Status = RunStatus.Suspended,
    };

    private static FlowQueue Line()
    {
        var queue = new FlowQueue("test");
        queue.SetLine(true);
        return queue;
    }

    private static Guid Arrive(FlowQueue queue)
    {
        var runId = Guid.CreateVersion7();
        queue.Arrive(new QueuedRun(runId, null, null, As: QueuedAs.New));
        return runId;
    }
}
