using FlowLite.Engine.Runs;
using FlowLite.Persistence.Journal;
using FlowLite.Persistence.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static FlowLite.FunctionalTests.Persistence.TestRuns;

namespace FlowLite.FunctionalTests.Persistence;

/// <summary>What is the SQLite journal's own: its lane, its file, and what happens when that can't be written.</summary>
public sealed class SqliteJournalTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _path;
    private SqliteRunStore _store;

    public SqliteJournalTests()
    {
        _path = _folder.File("journal.db");
        _store = Open();
    }

    [Fact]
    public async Task Append_200ParallelAppenders_EverythingAcknowledgedIsThereAfterReopen()
    {
        var runs = Enumerable.Range(0, 200).Select(Id).ToList();
        await Task.WhenAll(runs.Select(run => Task.Run(async () =>
        {
            await _store.AppendAsync(First(run));
            for (var seq = 1; seq < 10; seq++)
            {
                await _store.AppendAsync(Next(run, seq));
            }
        })));

        Reopen();

        foreach (var run in runs)
        {
            (await _store.LoadAsync(run)).Texts().Should().Equal(Enumerable.Range(0, 10).Select(i => $"[{i}]"));
        }
    }

    [Fact]
    public async Task Dispose_WithQueuedAppends_WritesThemFirst()
    {
        var appends = Enumerable.Range(0, 1000).Select(i => _store.AppendAsync(First(Id(i))).AsTask()).ToList();

        Reopen();

        // They are told on the thread pool, so perhaps a moment after the lane has ended.
        await Task.WhenAll(appends).WaitAsync(TimeSpan.FromSeconds(30));
        (await _store.CountReadyAsync())["lead"].Should().Be(1000);
    }

    [Fact]
    public async Task Dispose_Always_LeavesNoLogBehindAndRefusesFurtherWork()
    {
        await _store.AppendAsync(First(Id(1)));
        await _store.LoadAsync(Id(1));
        _store.Dispose();

        Directory.GetFiles(_folder.Path).Should().Equal(_path);
        (await _store.AppendAsync(First(Id(2))).Failure<StoreUnavailableException>()).Should().NotBeNull();
        _store = Open();
        (await _store.FindRunAsync(Id(2))).Should().BeNull();
    }

    [Fact]
    public async Task Reopen_AfterEverything_RemembersTimersInboxAndEpochs()
    {
        await _store.AppendAsync(First(Id(1), timers: new RunTimer(Id(9), Start)));
        var (epoch, _) = await _store.OpenEpochAsync();
        await _store.CloseEpochAsync(epoch);

        Reopen();

        (await _store.ListDueAsync(Start, 10)).Should().Equal(new DueRun("lead", Id(1), Start));
        var (next, clean) = await _store.OpenEpochAsync();
        next.Should().Be(epoch + 1);
        clean.Should().Equal(epoch);
    }

    [Fact]
    public async Task Batch_OneItemFenced_OthersOfTheBatchAreKept()
    {
        await _store.AppendAsync(First(Id(1)));
        using var gate = new Gate(_store.Lane);
        var before = _store.AppendAsync(First(Id(2)));
        var fenced = _store.AppendAsync(First(Id(1)));
        var after = _store.AppendAsync(First(Id(3)));
        gate.Open();

        await before;
        await after;
        (await fenced.Failure<RunFenceException>()).Should().NotBeNull();
        (await _store.CountReadyAsync())["lead"].Should().Be(3);
    }

    [Fact]
    public async Task Batch_OneItemBreaksTheTransaction_FailsAlone()
    {
        using var gate = new Gate(_store.Lane);
        var before = _store.AppendAsync(First(Id(1), "new-flow"));
        var broken = _store.Lane.Enqueue(new OtherWork(w =>
        {
            w.Append(First(Id(7)));
            w.Database.Execute("INSERT INTO runs(run_id) VALUES(NULL)");
        }));
        var fenced = _store.AppendAsync(First(Id(1)));
        var after = _store.AppendAsync(Next(Id(1), 1));
        gate.Open();

        await before;
        (await broken.Failure<SqliteError>()).Should().NotBeNull();
        (await fenced.Failure<RunFenceException>()).Should().NotBeNull();
        await after;
        (await _store.LoadAsync(Id(1))).Texts().Should().Equal("[0]", "[1]");
        (await _store.FindRunAsync(Id(1)))!.DefinitionId.Should().Be("new-flow");
        (await _store.LoadAsync(Id(7))).Should().BeNull();
    }

    [Fact]
    public async Task Append_DiskFull_FailsAsUnavailableAndRecovers()
    {
        await _store.AppendAsync(First(Id(1)));
        await _store.Lane.Enqueue(new OtherWork(w => w.Database.Execute("PRAGMA max_page_count = 1")));
        var big = Append(Summary(Id(2)), 0, 1, $"[\"{new string('x', 1_000_000)}\"]");

        (await _store.AppendAsync(big).Failure<StoreUnavailableException>()).Should().NotBeNull();
        (await _store.LoadAsync(Id(2))).Should().BeNull();
        // What still fits is taken.
        await _store.AppendAsync(Next(Id(1), 1));

        await _store.Lane.Enqueue(new OtherWork(w => w.Database.Execute("PRAGMA max_page_count = 1000000")));
        await _store.AppendAsync(big);
        (await _store.LoadAsync(Id(2)))!.Batches.Should().ContainSingle();
    }

    [Fact]
    public async Task Append_AnotherProcessWrites_FailsAsUnavailableAndRecovers()
    {
        Reopen(TimeSpan.FromMilliseconds(1));
        using (var other = new SqliteDatabase(_path, TimeSpan.Zero))
        {
            other.Execute("BEGIN IMMEDIATE");
            var first = _store.AppendAsync(First(Id(1)));
            var second = _store.AppendAsync(First(Id(2)));
            (await first.Failure<StoreUnavailableException>()).Should().NotBeNull();
            (await second.Failure<StoreUnavailableException>()).Should().NotBeNull();
            (await _store.LoadAsync(Id(1))).Should().BeNull();
        }

        await _store.AppendAsync(First(Id(1)));
        (await _store.LoadAsync(Id(1))).Texts().Should().Equal("[0]");
    }

    [Fact]
    public async Task Append_ConnectionBreaks_LaneOpensAnother()
    {
        await _store.AppendAsync(First(Id(1)));
        JournalWriter? broken = null;
        var failed = _store.Lane.Enqueue(new OtherWork(w =>
        {
            broken ??= w;
            throw new SqliteError(10, "disk I/O error");
        }));
        (await failed.Failure<StoreUnavailableException>()).Should().NotBeNull();

        JournalWriter? next = null;
        await _store.Lane.Enqueue(new OtherWork(w => next = w));
        next.Should().NotBeSameAs(broken);
        await _store.AppendAsync(Next(Id(1), 1));
        (await _store.LoadAsync(Id(1))).Texts().Should().Equal("[0]", "[1]");
    }

    [Fact]
    public async Task Append_CommitThatSeemedToFail_StillTellsWhomItWoke()
    {
        var child = new RunBorn(First(Id(2), "child"), null);
        var append = new RunAppend { RunId = Id(1), FirstSeq = 0, Count = 1, Events = "[0]"u8.ToArray(), Summary = Summary(Id(1)), Mail = [child] };
        using var gate = new Gate(_store.Lane);
        var appended = _store.AppendAsync(append);
        var other = SeemToFail();
        gate.Open();

        await other;
        (await appended.Failure<RunFenceException>()).Should().NotBeNull();
        append.Woken.Should().Equal(new WokenRun("child", Id(2), null, IsNew: true));
    }

    [Fact]
    public async Task Send_CommitThatSeemedToFail_TellsWhomItWoke()
    {
        await _store.AppendAsync(new RunAppend
        {
            RunId = Id(1),
            FirstSeq = 0,
            Count = 1,
            Events = "[0]"u8.ToArray(),
            Summary = Summary(Id(1), status: RunStatus.Suspended),
            Mail = [new BookmarkSet(Id(9), new Bookmark(BookmarkKind.Event, "go"))],
        });
        using var gate = new Gate(_store.Lane);
        var sent = _store.SendAsync([new SignalSent(new Signal(BookmarkKind.Event, "go")), new RunBorn(First(Id(2), "child"), null)]);
        var other = SeemToFail();
        gate.Open();

        await other;
        (await sent).Should().BeEquivalentTo([new WokenRun("lead", Id(1), Id(9)), new WokenRun("child", Id(2), null, IsNew: true)]);
        (await _store.ListSignalsAsync(Id(1))).Should().ContainSingle();
    }

    /// <summary>What is in the batch is durable, and the lane is told that it is not.</summary>
    private Task SeemToFail()
    {
        var isTriedAgain = false;
        return _store.Lane.Enqueue(new OtherWork(w =>
        {
            if (!isTriedAgain)
            {
                isTriedAgain = true;
                w.Commit();
                throw new SqliteError(10, "disk I/O error");
            }
        })).AsTask();
    }

    [Fact]
    public async Task StoredValue_WrittenByManyRuns_IsKeptOnce()
    {
        var value = new StoredValue(new string('a', 64), new byte[500_000]);
        for (var i = 0; i < 20; i++)
        {
            await _store.AppendAsync(new RunAppend
            {
                RunId = Id(i),
                FirstSeq = 0,
                Count = 1,
                Events = "[0]"u8.ToArray(),
                Summary = Summary(Id(i)),
                Values = [value],
            });
        }

        _store.Dispose();
        new FileInfo(_path).Length.Should().BeLessThan(1_000_000);
        _store = Open();
    }

    [Fact]
    public async Task Log_ManyMegabytesWritten_IsStartedOver()
    {
        var events = $"[\"{new string('x', 1_000_000)}\"]";
        for (var i = 0; i < 120; i++)
        {
            await _store.AppendAsync(Append(Summary(Id(i)), 0, 1, events));
        }

        new FileInfo($"{_path}-wal").Length.Should().BeLessThan(100_000_000);
    }

    [Fact]
    public void Open_FileOfANewerVersion_SaysSo()
    {
        _store.Dispose();
        using (var database = new SqliteDatabase(_path, TimeSpan.Zero))
        {
            database.Execute("PRAGMA user_version = 1000");
        }

        FluentActions.Invoking(() => Open()).Should().Throw<InvalidOperationException>().WithMessage("*version 1000*newer FlowLite*");
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    private SqliteRunStore Open(TimeSpan? busyTimeout = null) => new(_path, NullLogger.Instance, busyTimeout);

    private void Reopen(TimeSpan? busyTimeout = null)
    {
        _store.Dispose();
        _store = Open(busyTimeout);
    }

    /// <summary>Holds the lane, so that what is queued meanwhile becomes one batch.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _entered = new();
        private readonly ManualResetEventSlim _open = new();
        private readonly Task _held;

        public Gate(WriterLane lane)
        {
            _held = lane.Enqueue(new OtherWork(_ =>
            {
                _entered.Set();
                _open.Wait();
            })).AsTask();
            _entered.Wait();
        }

        public void Open() => _open.Set();

        public void Dispose()
        {
            _open.Set();
            _held.Wait();
            _entered.Dispose();
            _open.Dispose();
        }
    }
}
