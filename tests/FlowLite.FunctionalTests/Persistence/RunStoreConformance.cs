using System.Security.Cryptography;
using System.Text;
using FlowLite.Engine.Runs;
using static FlowLite.FunctionalTests.Persistence.TestRuns;

namespace FlowLite.FunctionalTests.Persistence;

/// <summary>What every run store does with appends.</summary>
public abstract class RunStoreConformance
{
    private protected abstract IRunStore Store { get; }

    [Fact]
    public async Task Load_AfterAppends_ReturnsBatchesInOrder()
    {
        var run = Id(1);
        await Store.AppendAsync(First(run));
        await Store.AppendAsync(Next(run, 1, count: 3));
        await Store.AppendAsync(Next(run, 4));

        var stored = await Store.LoadAsync(run);

        stored.Texts().Should().Equal("[0]", "[1]", "[4]");
        stored!.SnapshotSeq.Should().Be(0);
        stored.Snapshot.Should().BeNull();
    }

    [Fact]
    public async Task Load_UnknownRun_ReturnsNull()
    {
        (await Store.LoadAsync(Id(1))).Should().BeNull();
        (await Store.FindRunAsync(Id(1))).Should().BeNull();
    }

    [Fact]
    public async Task FindRun_FullRow_ComesBackAsWritten()
    {
        var summary = Summary(Id(2), status: RunStatus.Faulted) with
        {
            RootRunId = Id(1),
            ResubmitOf = Id(1),
            ClientTrackingId = "08585ÄÖ",
            UpdatedAt = Start.AddTicks(1),
            FinishedAt = Start.AddTicks(2),
            ErrorCode = "Timeout",
            ErrorMessage = "",
            IncidentCount = 2,
        };
        await Store.AppendAsync(Append(summary, 0, 1, "[0]"));

        (await Store.FindRunAsync(summary.RunId)).Should().Be(summary);
        (await Store.LoadAsync(summary.RunId))!.Summary.Should().Be(summary);
    }

    [Fact]
    public async Task Append_LaterBatch_UpdatesRow()
    {
        var run = Id(1);
        await Store.AppendAsync(First(run));
        var end = Summary(run, status: RunStatus.Succeeded) with { UpdatedAt = Start.AddDays(1), FinishedAt = Start.AddDays(1) };
        await Store.AppendAsync(Append(end, 1, 2, "[1,2]"));

        (await Store.FindRunAsync(run)).Should().Be(end);
    }

    [Fact]
    public async Task Append_WithoutEvents_UpdatesTheRowOnly()
    {
        await Store.AppendAsync(First(Id(1)));

        await Store.AppendAsync(Next(Id(1), 1, count: 0, status: RunStatus.Suspended));
        await Store.AppendAsync(Next(Id(1), 1, status: RunStatus.Running));

        (await Store.FindRunAsync(Id(1)))!.Status.Should().Be(RunStatus.Running);
        (await Store.LoadAsync(Id(1))).Texts().Should().Equal("[0]", "[1]");
    }

    [Theory]
    [InlineData(0)] // it exists
    [InlineData(1)] // written by another owner
    [InlineData(3)] // a gap
    public async Task Append_NotAtTheEnd_FailsWithFenceAndKeepsNothing(long firstSeq)
    {
        var run = Id(1);
        await Store.AppendAsync(First(run));
        await Store.AppendAsync(Next(run, 1));
        var intruder = new RunAppend
        {
            RunId = run,
            FirstSeq = firstSeq,
            Count = 1,
            Events = "[\"other\"]"u8.ToArray(),
            Summary = Summary(run, status: RunStatus.Cancelled),
            TimersSet = [new RunTimer(Id(9), Start)],
            Snapshot = "{}"u8.ToArray(),
        };

        (await Store.AppendAsync(intruder).Failure<RunFenceException>()).Should().NotBeNull();

        var stored = await Store.LoadAsync(run);
        stored.Texts().Should().Equal("[0]", "[1]");
        stored!.Summary.Status.Should().Be(RunStatus.Running);
        stored.Snapshot.Should().BeNull();
        (await Store.ListDueAsync(Start, 10)).Should().BeEmpty();
    }

    [Fact]
    public async Task Append_ToUnknownRun_FailsWithFence()
    {
        (await Store.AppendAsync(Next(Id(1), 1)).Failure<RunFenceException>()).Should().NotBeNull();
        (await Store.LoadAsync(Id(1))).Should().BeNull();
    }

    [Fact]
    public async Task Append_AfterOneThatFailed_FailsToo()
    {
        var run = Id(1);
        await Store.AppendAsync(First(run));
        var gap = Store.AppendAsync(Next(run, 2));
        var afterGap = Store.AppendAsync(Next(run, 3));
        var right = Store.AppendAsync(Next(run, 1));

        (await gap.Failure<RunFenceException>()).Should().NotBeNull();
        (await afterGap.Failure<RunFenceException>()).Should().NotBeNull();
        await right;
        (await Store.LoadAsync(run)).Texts().Should().Equal("[0]", "[1]");
    }

    [Fact]
    public async Task Append_ManyUnawaited_AppliesThemInOrderOfCalls()
    {
        var run = Id(1);
        var appends = new List<Task> { Store.AppendAsync(First(run)).AsTask() };
        for (var seq = 1; seq < 600; seq++)
        {
            appends.Add(Store.AppendAsync(Next(run, seq)).AsTask());
        }

        await Task.WhenAll(appends);

        (await Store.LoadAsync(run)).Texts().Should().Equal(Enumerable.Range(0, 600).Select(i => $"[{i}]"));
    }

    [Fact]
    public async Task Load_WithSnapshot_ReturnsItAndWhatCameAfter()
    {
        var run = Id(1);
        await Store.AppendAsync(First(run));
        await Store.AppendAsync(WithSnapshot(run, 1, 2, "one"));
        await Store.AppendAsync(Next(run, 3));
        await Store.AppendAsync(WithSnapshot(run, 4, 1, "two"));
        await Store.AppendAsync(Next(run, 5));

        var resumed = await Store.LoadAsync(run);
        resumed!.SnapshotSeq.Should().Be(5);
        Encoding.UTF8.GetString(resumed.Snapshot!.Value.Span).Should().Be("two");
        resumed.Texts().Should().Equal("[5]");

        var whole = await Store.LoadAsync(run, wholeJournal: true);
        whole!.SnapshotSeq.Should().Be(0);
        whole.Snapshot.Should().BeNull();
        whole.Texts().Should().Equal("[0]", "[1]", "[3]", "[4]", "[5]");
    }

    [Fact]
    public async Task ReadJournal_OfALargeJournal_GivesAllOfItPartByPart()
    {
        var run = Id(1);
        await Store.AppendAsync(First(run));
        await Store.AppendAsync(WithSnapshot(run, 1, 2, "one"));
        var text = $"[\"{new string('x', 400_000)}\"]";
        for (var seq = 3; seq < 11; seq++)
        {
            await Store.AppendAsync(new RunAppend { RunId = run, FirstSeq = seq, Count = 1, Events = Encoding.UTF8.GetBytes(text), Summary = Summary(run) });
        }

        var (sizes, next) = (new List<int>(), 0L);
        while (await Store.ReadJournalAsync(run, next) is { Batches.Count: > 0 } part)
        {
            (part.Seq, part.Summary.RunId).Should().Be((11, run));
            sizes.AddRange(part.Batches.Select(b => b.Length));
            part.Next.Should().BeGreaterThan(next);
            next = part.Next;
        }

        next.Should().Be(11);
        sizes.Should().HaveCount(10).And.Subject.Skip(2).Should().AllBeEquivalentTo(text.Length);
        (await Store.ReadJournalAsync(Id(2), 0)).Should().BeNull();
    }

    [Fact]
    public async Task Values_StoredByTwoRuns_AreFoundByHash()
    {
        var text = Encoding.UTF8.GetBytes($"\"{new string('x', 100_000)}\"");
        var value = new StoredValue(Convert.ToHexStringLower(SHA256.HashData(text)), text);
        await Store.AppendAsync(WithValue(Id(1), value));
        await Store.AppendAsync(WithValue(Id(2), value));

        var stored = await Store.LoadAsync(Id(2));

        stored!.Values(value.Hash).ToArray().Should().Equal(text);
        stored.Invoking(s => s.Values(new string('0', 64))).Should().Throw<KeyNotFoundException>();
    }

    [Fact]
    public async Task Append_BufferReusedAfterwards_KeepsWhatWasWritten()
    {
        var buffer = "[1]"u8.ToArray();
        await Store.AppendAsync(new RunAppend { RunId = Id(1), FirstSeq = 0, Count = 1, Events = buffer, Summary = Summary(Id(1)) });
        buffer[1] = (byte)'2';

        (await Store.LoadAsync(Id(1))).Texts().Should().Equal("[1]");
    }

    private static RunAppend WithSnapshot(Guid run, long firstSeq, int count, string snapshot) => new()
    {
        RunId = run,
        FirstSeq = firstSeq,
        Count = count,
        Events = Encoding.UTF8.GetBytes($"[{firstSeq}]"),
        Summary = Summary(run),
        Snapshot = Encoding.UTF8.GetBytes(snapshot),
    };

    private static RunAppend WithValue(Guid run, StoredValue value) => new()
    {
        RunId = run,
        FirstSeq = 0,
        Count = 1,
        Events = "[0]"u8.ToArray(),
        Summary = Summary(run),
        Values = [value],
    };
}
