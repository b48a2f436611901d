using System.Text.Json;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using static FlowLite.FunctionalTests.Persistence.TestRuns;

namespace FlowLite.FunctionalTests.Persistence;

/// <summary>What every run store does with bookmarks and mailboxes.</summary>
public abstract class MailConformance
{
    private static readonly Guid Wait = Id(100);

    private protected abstract IRunStore Store { get; }

    [Fact]
    public async Task Send_SignalThatOneWaitsFor_IsInItsMailboxAndTheRunIsReady()
    {
        await WaitsAsync(1, new Bookmark("event", "go"));
        await WaitsAsync(2, new Bookmark("event", "other"));

        var woken = await SendAsync(new Signal("event", "go") { Payload = JsonElement.Parse("""{"ä":[1]}"""), AwaitsResponse = true });

        woken.Should().Equal(new WokenRun("lead", Id(1), Wait));
        var signal = (await Store.ListSignalsAsync(Id(1))).Should().ContainSingle().Subject;
        (signal.Instance, signal.Kind, signal.Key, signal.Payload!.Value.GetRawText(), signal.AwaitsResponse).Should().Be((Wait, "event", "go", """{"ä":[1]}""", true));
        (await Store.LoadAsync(Id(1)))!.Signals.Should().ContainSingle();
        (await Store.ListSignalledAsync()).Should().Equal(new WokenRun("lead", Id(1), null));
        (await Store.ListReadyAsync("lead", new HashSet<Guid>(), 9)).Select(r => r.RunId).Should().Equal(Id(1));
        (await Store.ListSignalsAsync(Id(2))).Should().BeEmpty();
    }

    [Fact]
    public async Task Send_SignalThatIsSecureForSome_IsSealedForThem()
    {
        await WaitsAsync(1, new Bookmark("event", "go") { IsSecure = true });
        await WaitsAsync(2, new Bookmark("event", "go"));
        (await Store.FindBookmarksAsync("event", "go", null, 9)).Select(b => b.Bookmark.IsSecure).Should().Equal(true, false);

        await SendAsync(new Signal("event", "go") { Payload = JsonElement.Parse("1"), SealedPayload = JsonElement.Parse("\"sealed\"") });

        (await Store.ListSignalsAsync(Id(1)))[0].Payload!.Value.GetRawText().Should().Be("\"sealed\"");
        (await Store.ListSignalsAsync(Id(2)))[0].Payload!.Value.GetRawText().Should().Be("1");
    }

    [Fact]
    public async Task Send_TwiceBeforeItIsTaken_WakesOnce()
    {
        await WaitsAsync(1, new Bookmark("event", "go"));
        await SendAsync(new Signal("event", "go"));

        (await SendAsync(new Signal("event", "go"))).Should().BeEmpty();

        (await Store.ListSignalsAsync(Id(1))).Should().ContainSingle();
        (await Store.FindBookmarksAsync("event", "go", null, 9)).Should().BeEmpty("its signal is on its way");
    }

    [Theory]
    [InlineData(null, new[] { 1, 2, 3 })]
    [InlineData("a", new[] { 1, 2 })]
    [InlineData("A", new int[0])]
    public async Task Send_ByCorrelation_WakesThoseWhoWaitWithIt(string? correlation, int[] expected)
    {
        await WaitsAsync(1, new Bookmark("event", "go") { CorrelationId = "a" });
        await WaitsAsync(2, new Bookmark("event", "go") { CorrelationId = "a" });
        await WaitsAsync(3, new Bookmark("event", "go"));

        (await SendAsync(new Signal("event", "go") { CorrelationId = correlation })).Select(w => w.RunId).Should().BeEquivalentTo(expected.Select(Id));
    }

    [Fact]
    public async Task Send_ToOneRunOrInstance_WakesNoOther()
    {
        await WaitsAsync(1, new Bookmark("event", "go"));
        await WaitsAsync(2, new Bookmark("event", "go"));

        (await SendAsync(new Signal("event", "go") { RunId = Id(2) })).Select(w => w.RunId).Should().Equal(Id(2));
        (await SendAsync(new Signal("event", "go") { Instance = Id(101) })).Should().BeEmpty();
        (await SendAsync(new Signal("event", "go") { RunId = Id(1), Instance = Wait })).Select(w => w.RunId).Should().Equal(Id(1));
    }

    [Fact]
    public async Task Append_WithMail_DoesItInOrderAndTellsWhomItWoke()
    {
        await WaitsAsync(1, new Bookmark("event", "go"));
        var append = With(Next(Id(1), 1), new SignalSent(new Signal("event", "new")), new BookmarkSet(Wait, new Bookmark("event", "new")), new SignalSent(new Signal("event", "go")));

        await Store.AppendAsync(append);

        append.Woken.Should().Equal(new WokenRun("lead", Id(1), Wait));
        (await Store.ListSignalsAsync(Id(1))).Select(s => s.Key).Should().Equal("go");
        (await Store.FindBookmarksAsync("event", null, null, 9)).Select(b => b.Bookmark.Key).Should().Equal("new");
    }

    [Fact]
    public async Task Append_ThatTakesASignal_RemovesItAndTheBookmark()
    {
        await WaitsAsync(1, new Bookmark("event", "go"), new Bookmark("event", "more"));
        await SendAsync(new Signal("event", "go"));
        var signal = (await Store.ListSignalsAsync(Id(1)))[0];

        await Store.AppendAsync(With(Next(Id(1), 1), new SignalTaken(signal.Id), new BookmarkCleared(Wait, "event", "go")));

        (await Store.ListSignalsAsync(Id(1))).Should().BeEmpty();
        (await Store.ListSignalledAsync()).Should().BeEmpty();
        (await Store.FindBookmarksAsync("event", null, null, 9)).Select(b => b.Bookmark.Key).Should().Equal("more");
        (await SendAsync(new Signal("event", "more"))).Should().ContainSingle();
        (await Store.ListSignalsAsync(Id(1)))[0].Id.Should().BeGreaterThan(signal.Id, "a number is given once");
    }

    [Fact]
    public async Task Append_RefusedByTheFence_SendsNothing()
    {
        await WaitsAsync(1, new Bookmark("event", "go"));

        (await Store.AppendAsync(With(Next(Id(1), 5), new SignalSent(new Signal("event", "go")), new RunBorn(First(Id(9)), null))).Failure<RunFenceException>()).Should().NotBeNull();

        (await Store.ListSignalsAsync(Id(1))).Should().BeEmpty();
        (await Store.FindRunAsync(Id(9))).Should().BeNull();
    }

    [Fact]
    public async Task Append_ThatClearsTheMailbox_LeavesNothing()
    {
        await WaitsAsync(1, new Bookmark("event", "go"), new Bookmark("event", "more"));
        await SendAsync(new Signal("event", "go"));
        var end = Summary(Id(1), status: RunStatus.Succeeded);

        await Store.AppendAsync(new RunAppend { RunId = Id(1), FirstSeq = 1, Count = 1, Events = "[1]"u8.ToArray(), Summary = end, ClearMailbox = true });

        (await Store.ListSignalsAsync(Id(1))).Should().BeEmpty();
        (await SendAsync(new Signal("event", "more"))).Should().BeEmpty();
        (await SendAsync(new CancelSent(Id(1), "late"))).Should().BeEmpty("it is over");
    }

    [Fact]
    public async Task Append_ThatClearsTheMailboxOfAQuarantinedRun_LeavesItsCancel()
    {
        await WaitsAsync(1, new Bookmark("event", "go"));
        await SendAsync(new Signal("event", "go"));
        await SendAsync(new CancelSent(Id(1), "why"));
        var quarantine = Summary(Id(1), status: RunStatus.Quarantined);

        await Store.AppendAsync(new RunAppend { RunId = Id(1), FirstSeq = 1, Count = 1, Events = "[1]"u8.ToArray(), Summary = quarantine, ClearMailbox = true });

        (await Store.ListSignalsAsync(Id(1))).Select(s => (s.Kind, s.Key)).Should().Equal((BookmarkKind.Cancel, "why"));
    }

    [Fact]
    public async Task Append_ThatStartsRuns_StartsEachOnce()
    {
        await Store.AppendAsync(First(Id(1)));
        var child = Append(Summary(Id(2), "child") with { RootRunId = Id(7), ParentRunId = Id(1) }, 0, 1, "[\"child\"]");
        var append = With(Next(Id(1), 1), new RunBorn(child, null));

        await Store.AppendAsync(append);
        await Store.AppendAsync(With(Next(Id(1), 2), new RunBorn(First(Id(2), "child"), null)));

        append.Woken.Should().Equal(new WokenRun("child", Id(2), null, IsNew: true, IsChild: true));
        var stored = await Store.LoadAsync(Id(2));
        stored.Texts().Should().Equal("[\"child\"]");
        (stored!.Summary.ParentRunId, stored.Summary.RootRunId).Should().Be((Id(1), Id(7)));
    }

    [Fact]
    public async Task Append_ThatStartsARunThatIsOverAtOnce_WakesWhoWaitsForIt()
    {
        await Store.AppendAsync(First(Id(1)));
        var waitsFor = new Bookmark(BookmarkKind.Child, Id(2).ToString());
        var child = With(First(Id(2), "child", RunStatus.Succeeded), new SignalSent(new Signal(waitsFor.Kind, waitsFor.Key) { RunId = Id(1), Instance = Wait }));
        var append = With(Next(Id(1), 1, status: RunStatus.Suspended), new BookmarkSet(Wait, waitsFor), new RunBorn(child, null));

        await Store.AppendAsync(append);

        append.Woken.Should().Equal(new WokenRun("child", Id(2), null, IsNew: true), new WokenRun("lead", Id(1), Wait));
        (await Store.ListSignalsAsync(Id(1))).Select(s => s.Key).Should().Equal(waitsFor.Key);
        (await Store.FindRunAsync(Id(1)))!.Status.Should().Be(RunStatus.Running);
    }

    [Theory]
    [InlineData(RunActivation.Always, "lead", null, true)]
    [InlineData(RunActivation.Singleton, "lead", null, false)]
    [InlineData(RunActivation.Singleton, "other", "a", true)]
    [InlineData(RunActivation.CorrelatedSingleton, "lead", "a", false)]
    [InlineData(RunActivation.CorrelatedSingleton, "lead", "b", true)]
    [InlineData(RunActivation.CorrelatedSingleton, "lead", null, true)]
    [InlineData(RunActivation.CorrelatedSingleton, "other", "a", true)]
    [InlineData(RunActivation.Correlation, "other", "a", false)]
    [InlineData(RunActivation.Correlation, "other", "b", true)]
    [InlineData(RunActivation.Correlation, "other", null, true)]
    public async Task Append_OfARunWithAnActivationStrategy_StartsItUnlessAnotherIsInTheWay(RunActivation activation, string flow, string? correlation, bool starts)
    {
        await Store.AppendAsync(Append(Summary(Id(1), status: RunStatus.Suspended) with { CorrelationId = "a" }, 0, 1, "[0]"));
        await Store.AppendAsync(Append(Summary(Id(2), "other", RunStatus.Succeeded) with { ClientTrackingId = "b" }, 0, 1, "[0]"));
        await Store.AppendAsync(Append(Summary(Id(3)), 0, 1, "[0]"));
        await Store.AppendAsync(Append(Summary(Id(3), status: RunStatus.Succeeded), 1, 1, "[1]"));

        var refused = await Store.AppendAsync(New(Id(4), flow, correlation, activation)).Failure<RunRefusedException>();

        (refused is null).Should().Be(starts);
        (await Store.FindRunAsync(Id(4)) is not null).Should().Be(starts);
    }

    [Fact]
    public async Task Append_ThatStartsARunThatIsRefused_TellsWhoWaitsForIt()
    {
        await Store.AppendAsync(New(Id(1), "child", null, RunActivation.Singleton));
        await Store.AppendAsync(First(Id(2)));
        var refused = new Signal(BookmarkKind.Child, Id(3).ToString()) { RunId = Id(2), Instance = Wait };
        var append = With(Next(Id(2), 1), new BookmarkSet(Wait, new Bookmark(BookmarkKind.Child, Id(3).ToString())), new RunBorn(New(Id(3), "child", null, RunActivation.Singleton), refused));

        await Store.AppendAsync(append);

        append.Woken.Should().Equal(new WokenRun("lead", Id(2), Wait));
        (await Store.FindRunAsync(Id(3))).Should().BeNull();
    }

    private static RunAppend New(Guid runId, string flow, string? correlation, RunActivation activation) => new()
    {
        RunId = runId,
        FirstSeq = 0,
        Count = 1,
        Events = "[0]"u8.ToArray(),
        Summary = Summary(runId, flow) with { CorrelationId = correlation },
        Activation = activation,
    };

    [Fact]
    public async Task Send_Cancel_IsInTheMailboxOfARunThatIsNotOver()
    {
        await Store.AppendAsync(First(Id(1), status: RunStatus.Suspended));
        await Store.AppendAsync(First(Id(2), status: RunStatus.Succeeded));
        await Store.AppendAsync(First(Id(4), status: RunStatus.Quarantined));

        (await SendAsync(new CancelSent(Id(1), "why"))).Should().Equal(new WokenRun("lead", Id(1), null));
        (await SendAsync(new CancelSent(Id(4), "why"))).Should().Equal([new WokenRun("lead", Id(4), null)], "it may go on some day");
        (await SendAsync(new CancelSent(Id(1), "again"))).Should().BeEmpty();
        (await SendAsync(new CancelSent(Id(2), "why"))).Should().BeEmpty();
        (await SendAsync(new CancelSent(Id(3), "why"))).Should().BeEmpty();

        (await Store.ListSignalsAsync(Id(1))).Select(s => (s.Kind, s.Key)).Should().Equal((BookmarkKind.Cancel, "why"));
    }

    [Fact]
    public async Task Find_Bookmarks_ByKindKeyAndCorrelation()
    {
        var payload = JsonElement.Parse("""{"taskName":"a"}""");
        await WaitsAsync(2, new Bookmark("task", "t2") { CorrelationId = "c", Payload = payload });
        await WaitsAsync(1, new Bookmark("task", "t1"));
        await WaitsAsync(3, new Bookmark("event", "t1"));

        (await Store.FindBookmarksAsync("task", null, null, 9)).Select(b => b.RunId).Should().Equal(Id(1), Id(2));
        (await Store.FindBookmarksAsync("task", null, null, 1)).Select(b => b.RunId).Should().Equal(Id(1));
        (await Store.FindBookmarksAsync("task", "t1", null, 9)).Select(b => b.RunId).Should().Equal(Id(1));
        var found = (await Store.FindBookmarksAsync("task", null, "c", 9)).Should().ContainSingle().Subject;
        (found.DefinitionId, found.RunId, found.Instance, found.Bookmark.Key, found.Bookmark.CorrelationId, found.Bookmark.Payload!.Value.GetRawText())
            .Should().Be(("lead", Id(2), Wait, "t2", "c", payload.GetRawText()));
    }

    [Fact]
    public async Task Find_Bookmarks_PageByPageOrOfOneRun()
    {
        await WaitsAsync(2, new Bookmark("http", "GET /x"), new Bookmark("http", "PUT /x"));
        await WaitsAsync(1, new Bookmark("http", "GET /x"));
        await WaitsAsync(3, new Bookmark("http", "GET /x"));
        await WaitsAsync(4, new Bookmark("http", "GET /y"));

        (await PagesAsync("GET /x")).Should().Equal((Id(1), "GET /x"), (Id(2), "GET /x"), (Id(3), "GET /x"));
        (await PagesAsync(null)).Should().Equal((Id(1), "GET /x"), (Id(2), "GET /x"), (Id(2), "PUT /x"), (Id(3), "GET /x"), (Id(4), "GET /y"));
        (await Store.FindBookmarksAsync("http", null, null, 9, Id(2))).Select(b => b.Bookmark.Key).Should().Equal("GET /x", "PUT /x");
        (await Store.FindBookmarksAsync("http", "GET /x", null, 9, Id(2))).Should().ContainSingle();
        (await Store.FindBookmarksAsync("http", "GET /y", null, 9, Id(2))).Should().BeEmpty();
    }

    private async Task<IReadOnlyList<(Guid RunId, string Key)>> PagesAsync(string? key)
    {
        var found = new List<(Guid, string)>();
        WaitingBookmark? last = null;
        while (await Store.FindBookmarksAsync("http", key, null, 1, after: last) is [var one])
        {
            found.Add((one.RunId, one.Bookmark.Key));
            last = one;
        }

        return found;
    }

    [Fact]
    public async Task Delete_RunThatWaits_LeavesNothingOfIt()
    {
        await WaitsAsync(1, new Bookmark("event", "go"), new Bookmark("event", "more"));
        await SendAsync(new Signal("event", "go"));

        await Store.DeleteRunsAsync([Id(1)]);

        (await Store.ListSignalledAsync()).Should().BeEmpty();
        (await SendAsync(new Signal("event", "more"))).Should().BeEmpty();
    }

    private ValueTask<IReadOnlyList<WokenRun>> SendAsync(Signal signal) => SendAsync(new SignalSent(signal));

    private ValueTask<IReadOnlyList<WokenRun>> SendAsync(MailItem item) => Store.SendAsync([item]);

    private async Task WaitsAsync(int run, params Bookmark[] bookmarks) =>
        await Store.AppendAsync(With(First(Id(run), status: RunStatus.Suspended), [.. bookmarks.Select(b => new BookmarkSet(Wait, b))]));

    private static RunAppend With(RunAppend append, params MailItem[] mail) => new()
    {
        RunId = append.RunId,
        FirstSeq = append.FirstSeq,
        Count = append.Count,
        Events = append.Events,
        Summary = append.Summary,
        Mail = mail,
    };
}

public sealed class MemoryMailTests : MailConformance
{
    private protected override IRunStore Store { get; } = new MemoryRunStore();
}

public sealed class SqliteMailTests : MailConformance, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqliteRunStore _store;

    public SqliteMailTests() => _store = new SqliteRunStore(_folder.File("journal.db"), NullLogger.Instance);

    private protected override IRunStore Store => _store;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }
}
