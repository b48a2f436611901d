using System.Text.Json;
using FlowLite.Engine.Runs;
using static FlowLite.FunctionalTests.Persistence.TestRuns;

namespace FlowLite.FunctionalTests.Persistence;

/// <summary>What every run store answers about many runs: lists, timers, the inbox, epochs.</summary>
public abstract class RunListConformance
{
    private protected abstract IRunStore Store { get; }

    [Fact]
    public async Task Find_ARunThatNamedAndCorrelatedItself_GivesBoth()
    {
        await Store.AppendAsync(Append(Summary(Id(1)) with { ClientTrackingId = "caller" }, 0, 1, "[0]"));
        await Store.AppendAsync(Append(Summary(Id(2)) with { ClientTrackingId = "order-7" }, 0, 1, "[0]"));
        await Store.AppendAsync(Append(Summary(Id(1)) with { ClientTrackingId = "caller", Name = "Lead of Ada", CorrelationId = "order-7" }, 1, 1, "[1]"));

        var run = (await Store.FindRunAsync(Id(1)))!;

        (run.Name, run.CorrelationId, run.ClientTrackingId, run.Correlation).Should().Be(("Lead of Ada", "order-7", "caller", "order-7"));
        (await Ids(new RunQuery { CorrelationId = "order-7", Take = 9 })).Should().Equal(Id(2), Id(1));
        (await Ids(new RunQuery { CorrelationId = "caller", Take = 9 })).Should().BeEmpty();
        (await Ids(new RunQuery { Search = new RunSearch("of ada", []), Take = 9 })).Should().Equal(Id(1));

        async Task<IEnumerable<Guid>> Ids(RunQuery query) => (await Store.QueryRunsAsync(query)).Items.Select(r => r.RunId);
    }

    [Fact]
    public async Task Find_ARunThatTookAwayItsNameAndCorrelation_GivesNeither()
    {
        await Store.AppendAsync(Append(Summary(Id(1)) with { Name = "Lead of Ada", CorrelationId = "order-7" }, 0, 1, "[0]"));
        await Store.AppendAsync(new RunAppend { RunId = Id(1), FirstSeq = 1, Count = 1, Events = "[1]"u8.ToArray(), Summary = Summary(Id(1)), NamesRun = true });

        var run = (await Store.FindRunAsync(Id(1)))!;

        (run.Name, run.CorrelationId).Should().Be((null, null));
        (await Store.QueryRunsAsync(new RunQuery { CorrelationId = "order-7", Take = 9 })).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task ListReady_MixedRuns_ReturnsRunningOnesOfTheFlowByIdWithoutExceptions()
    {
        await Store.AppendAsync(First(Id(4)));
        await Store.AppendAsync(First(Id(1)));
        await Store.AppendAsync(First(Id(3)));
        await Store.AppendAsync(First(Id(2)));
        await Store.AppendAsync(First(Id(5), status: RunStatus.Suspended));
        await Store.AppendAsync(First(Id(6), "other"));

        (await Ready("lead", 10)).Should().Equal(Id(1), Id(2), Id(3), Id(4));
        (await Ready("lead", 10, Id(1), Id(3))).Should().Equal(Id(2), Id(4));
        (await Ready("lead", 2, Id(1))).Should().Equal(Id(2), Id(3));
        (await Ready("unknown", 10)).Should().BeEmpty();
    }

    [Fact]
    public async Task ListReady_OfChildren_LeavesOutWhatNoRunStarted()
    {
        await Store.AppendAsync(First(Id(1)));
        await Store.AppendAsync(Child(Id(2), Id(1)));
        await Store.AppendAsync(Child(Id(3), Id(1), RunStatus.Suspended));
        await Store.AppendAsync(Child(Id(4), Id(1)));

        (await Store.ListReadyAsync("lead", new HashSet<Guid> { Id(2) }, 10, children: true)).Select(r => r.RunId).Should().Equal(Id(4));
    }

    [Fact]
    public async Task FirstInLine_MixedRuns_IsTheOldestThatHasBegunElseTheOldest()
    {
        await Store.AppendAsync(First(Id(2)));
        await Store.AppendAsync(First(Id(3)));
        await Store.AppendAsync(Child(Id(1), Id(9)));
        await Store.AppendAsync(First(Id(0), status: RunStatus.Quarantined));
        (await InLine("lead")).Should().Be(Id(2));
        (await InLine("lead", Id(2))).Should().Be(Id(3));
        (await InLine("unknown")).Should().BeNull();

        await Store.AppendAsync(First(Id(5), status: RunStatus.Suspended));
        await Store.AppendAsync(First(Id(4), status: RunStatus.Suspended));
        (await InLine("lead")).Should().Be(Id(4));
        await Store.AppendAsync(Next(Id(4), 1, status: RunStatus.Succeeded));
        await Store.AppendAsync(Next(Id(5), 1, status: RunStatus.Faulted));
        (await InLine("lead")).Should().Be(Id(2));

        async Task<Guid?> InLine(string flow, params Guid[] except) => (await Store.FirstInLineAsync(flow, except.ToHashSet()))?.RunId;
    }

    private static RunAppend Child(Guid runId, Guid parent, RunStatus status = RunStatus.Running) =>
        Append(Summary(runId, status: status) with { ParentRunId = parent }, 0, 1, "[0]");

    [Fact]
    public async Task ListReady_RunsWithAndWithoutASnapshot_BringsWhatALoadGives()
    {
        await Store.AppendAsync(First(Id(1)));
        await Store.AppendAsync(Next(Id(1), 1));
        await Store.AppendAsync(First(Id(2)));
        await Store.AppendAsync(new RunAppend { RunId = Id(2), FirstSeq = 1, Count = 1, Events = "[1]"u8.ToArray(), Summary = Summary(Id(2)), Snapshot = "{}"u8.ToArray() });
        await Store.AppendAsync(Next(Id(2), 2));

        var ready = await Store.ListReadyAsync("lead", new HashSet<Guid>(), 10);

        ready.Should().HaveCount(2);
        foreach (var run in ready)
        {
            var loaded = (await Store.LoadAsync(run.RunId))!;
            run.Stored!.Summary.Should().Be(loaded.Summary);
            run.Stored.SnapshotSeq.Should().Be(loaded.SnapshotSeq);
            run.Stored.Snapshot?.ToArray().Should().Equal(loaded.Snapshot?.ToArray());
            run.Stored.Texts().Should().Equal(loaded.Texts());
        }
    }

    [Fact]
    public async Task ReadyRuns_StatusChanges_ComeAndGo()
    {
        var run = Id(1);
        await Store.AppendAsync(First(run));
        await Store.AppendAsync(First(Id(2), "other"));
        await Store.AppendAsync(First(Id(3), "other"));
        await Store.AppendAsync(First(Id(4), "waiting", RunStatus.Suspended));
        (await Store.CountReadyAsync()).Should().BeEquivalentTo(new Dictionary<string, long> { ["lead"] = 1, ["other"] = 2 });

        await Store.AppendAsync(Next(run, 1, status: RunStatus.Suspended));
        (await Store.CountReadyAsync()).Should().BeEquivalentTo(new Dictionary<string, long> { ["other"] = 2 });
        (await Ready("lead", 10)).Should().BeEmpty();

        await Store.AppendAsync(Next(run, 2));
        (await Ready("lead", 10)).Should().Equal(run);
    }

    [Fact]
    public async Task ListRuns_FiltersAndPages_NewestFirst()
    {
        for (var i = 0; i < 12; i++)
        {
            await Store.AppendAsync(First(Id(i), i % 2 == 0 ? "even" : "odd", i % 3 == 0 ? RunStatus.Faulted : RunStatus.Succeeded));
        }

        (await List("even", null, null, 9)).Should().Equal(Ids(10, 8, 6, 4, 2, 0));
        (await List("even", null, null, 2)).Should().Equal(Ids(10, 8));
        (await List("even", null, Id(8), 2)).Should().Equal(Ids(6, 4));
        (await List("odd", RunStatus.Faulted, null, 9)).Should().Equal(Ids(9, 3));
        (await List("odd", RunStatus.Faulted, Id(9), 9)).Should().Equal(Ids(3));
        (await List(null, RunStatus.Faulted, null, 3)).Should().Equal(Ids(9, 6, 3));
        (await List(null, null, Id(2), 9)).Should().Equal(Ids(1, 0));
        (await List("odd", RunStatus.Running, null, 9)).Should().BeEmpty();
        (await List("unknown", null, null, 9)).Should().BeEmpty();
    }

    [Fact]
    public async Task ListDue_SeveralTimersOfOneRun_ReturnsItOnceEarliestFirst()
    {
        var (late, twice, future) = (Id(1), Id(2), Id(3));
        await Store.AppendAsync(First(late, "a", RunStatus.Suspended, new RunTimer(Id(11), Start.AddSeconds(5))));
        await Store.AppendAsync(First(twice, "b", RunStatus.Suspended, new RunTimer(Id(12), Start.AddSeconds(1)), new RunTimer(Id(13), Start.AddSeconds(2))));
        await Store.AppendAsync(First(future, "a", RunStatus.Running, new RunTimer(Id(14), Start.AddSeconds(9))));

        (await Store.ListDueAsync(Start.AddSeconds(5), 10)).Should().Equal(new DueRun("b", twice, Start.AddSeconds(1)), new DueRun("a", late, Start.AddSeconds(5)));
        (await Store.ListDueAsync(Start.AddSeconds(5), 1)).Should().Equal(new DueRun("b", twice, Start.AddSeconds(1)));
        (await Store.ListDueAsync(Start.AddSeconds(5).AddTicks(-1), 10)).Should().Equal(new DueRun("b", twice, Start.AddSeconds(1)));
        (await Store.ListDueAsync(Start, 10)).Should().BeEmpty();
    }

    [Fact]
    public async Task ListDue_AfterTheLastOfAPage_ReturnsThoseBehindIt()
    {
        foreach (var id in Ids(3, 2, 1))
        {
            await Store.AppendAsync(First(id, "a", RunStatus.Suspended, new RunTimer(Id(11), Start)));
        }

        var page = await Store.ListDueAsync(Start, 2);
        var rest = await Store.ListDueAsync(Start, 2, page[^1]);

        page.Concat(rest).Select(r => r.RunId).Should().Equal(Ids(1, 2, 3));
        (await Store.ListDueAsync(Start, 2, rest[^1])).Should().BeEmpty();
    }

    [Fact]
    public async Task NextTimer_DueOnesAreNotNext_ReturnsFirstAfterNow()
    {
        (await Store.NextTimerAsync(Start)).Should().BeNull();
        await Store.AppendAsync(First(Id(1), timers: [new RunTimer(Id(11), Start), new RunTimer(Id(12), Start.AddTicks(3)), new RunTimer(Id(13), Start.AddDays(1))]));

        (await Store.NextTimerAsync(Start)).Should().Be(Start.AddTicks(3));
        (await Store.NextTimerAsync(Start.AddTicks(3))).Should().Be(Start.AddDays(1));
        (await Store.NextTimerAsync(Start.AddDays(1))).Should().BeNull();
    }

    [Fact]
    public async Task Timers_SetAgainAndCleared_LastWordCounts()
    {
        var (run, moved, cleared) = (Id(1), Id(11), Id(12));
        await Store.AppendAsync(First(run, timers: [new RunTimer(moved, Start), new RunTimer(cleared, Start.AddSeconds(1))]));
        await Store.AppendAsync(Next(run, 1, timers: [new RunTimer(moved, Start.AddSeconds(2))]));
        (await Store.NextTimerAsync(Start.AddTicks(-1))).Should().Be(Start.AddSeconds(1));

        await Store.AppendAsync(new RunAppend
        {
            RunId = run,
            FirstSeq = 2,
            Count = 1,
            Events = "[2]"u8.ToArray(),
            Summary = Summary(run),
            TimersCleared = [cleared],
        });
        (await Store.NextTimerAsync(Start)).Should().Be(Start.AddSeconds(2));
    }

    [Fact]
    public async Task ClearAllTimers_RunEnds_LeavesThoseOfOthers()
    {
        var (run, other) = (Id(1), Id(2));
        await Store.AppendAsync(First(run, timers: [new RunTimer(Id(11), Start), new RunTimer(Id(12), Start)]));
        await Store.AppendAsync(First(other, timers: [new RunTimer(Id(11), Start)]));
        await Store.AppendAsync(new RunAppend
        {
            RunId = run,
            FirstSeq = 1,
            Count = 1,
            Events = "[1]"u8.ToArray(),
            Summary = Summary(run, status: RunStatus.Succeeded),
            ClearAllTimers = true,
        });

        (await Store.ListDueAsync(Start, 10)).Should().Equal(new DueRun("lead", other, Start));
    }

    [Fact]
    public async Task OpenEpoch_SeveralLives_KnowsWhichEndedInOrder()
    {
        var (first, cleanAtFirst) = await Store.OpenEpochAsync();
        await Store.CloseEpochAsync(first);
        var (second, _) = await Store.OpenEpochAsync();
        var (third, clean) = await Store.OpenEpochAsync();

        cleanAtFirst.Should().BeEmpty();
        second.Should().BeGreaterThan(first);
        third.Should().BeGreaterThan(second);
        clean.Should().Equal(first);
    }

    [Fact]
    public async Task ListInbox_FiltersAndPages_NewestFirst()
    {
        var entries = Enumerable.Range(0, 5).Select(i => Entry(i, i % 2 == 0 ? "even" : "odd")).ToList();
        foreach (var entry in entries)
        {
            await Store.AddToInboxAsync(entry);
        }

        (await Inbox(null, null, 2)).Should().Equal(entries[4].Id, entries[3].Id);
        (await Inbox(null, entries[3].Id, 2)).Should().Equal(entries[2].Id, entries[1].Id);
        (await Inbox("even", null, 9)).Should().Equal(entries[4].Id, entries[2].Id, entries[0].Id);
        (await Inbox("even", entries[2].Id, 9)).Should().Equal(entries[0].Id);
        (await Inbox("unknown", null, 9)).Should().BeEmpty();
    }

    [Fact]
    public async Task AddToInbox_AnyBytes_ComeBackAsReceived()
    {
        var entry = Entry(1, "lead") with { Body = new byte[] { 0, 255, 13, 10, 0xEF, 0xBB, 0xBF }, BodySize = 7 };
        var empty = Entry(0, "lead") with { Body = ReadOnlyMemory<byte>.Empty, BodySize = 0 };
        await Store.AddToInboxAsync(entry);
        await Store.AddToInboxAsync(empty);

        var listed = await Store.ListInboxAsync("lead", null, 2);
        InboxEntry[] stored = [(await Store.FindInboxAsync(entry.Id))!, (await Store.FindInboxAsync(empty.Id))!];

        listed.Select(e => (e.BodySize, e.Body.Length)).Should().Equal((7, 0), (0, 0));
        (await Store.FindInboxAsync(Id(9))).Should().BeNull();
        stored[0].Body.ToArray().Should().Equal(entry.Body.ToArray());
        stored[1].Body.Length.Should().Be(0);
        stored[0].Headers.GetRawText().Should().Be(entry.Headers.GetRawText());
        (stored[0] with { Body = entry.Body, Headers = entry.Headers }).Should().Be(entry);
    }

    private static InboxEntry Entry(int number, string flow) => new()
    {
        Id = Id(number),
        ReceivedAt = Start,
        DefinitionId = flow,
        TriggerName = "manual",
        ReasonCode = "SchemaMismatch",
        ReasonMessage = "Required property 'email' is missing.",
        Method = "POST",
        PathAndQuery = "/workflows/lead/triggers/manual/paths/invoke?api-version=1",
        Headers = JsonElement.Parse("""{"Content-Type":["application/json"]}"""),
        Body = "{}"u8.ToArray(),
        BodySize = 2,
    };

    private async Task<IEnumerable<Guid>> Ready(string flow, int limit, params Guid[] except) =>
        (await Store.ListReadyAsync(flow, except.ToHashSet(), limit)).Select(r => r.RunId);

    private async Task<IEnumerable<Guid>> List(string? flow, RunStatus? status, Guid? before, int limit) =>
        (await Store.ListRunsAsync(flow, status, before, limit)).Select(r => r.RunId);

    private async Task<IEnumerable<Guid>> Inbox(string? flow, Guid? before, int limit) =>
        (await Store.ListInboxAsync(flow, before, limit)).Select(e => e.Id);

    private static IEnumerable<Guid> Ids(params int[] numbers) => numbers.Select(Id);
}
