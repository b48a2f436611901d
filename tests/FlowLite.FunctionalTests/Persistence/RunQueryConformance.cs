using System.Text;
using FlowLite.Engine.Runs;
using FlowLite.Persistence.Journal;
using Microsoft.Extensions.Logging.Abstractions;
using static FlowLite.FunctionalTests.Persistence.TestRuns;

namespace FlowLite.FunctionalTests.Persistence;

/// <summary>What every run store finds, and that what is deleted is gone.</summary>
public abstract class RunQueryConformance
{
    private protected abstract IRunStore Store { get; }

    [Fact]
    public async Task Query_EachFilter_NarrowsTheList()
    {
        await AppendAsync(1, "lead", RunStatus.Running);
        await AppendAsync(2, "lead", RunStatus.Faulted, r => r with { IncidentCount = 1, ClientTrackingId = "order-17%" });
        await AppendAsync(3, "order", RunStatus.Succeeded, r => r with { VersionId = "order-v2", ClientTrackingId = "ORDER-18" });
        await AppendAsync(4, "order", RunStatus.Succeeded, r => r with { StartedAt = Start.AddHours(1), UpdatedAt = Start.AddHours(2), FinishedAt = Start.AddHours(3) });

        await ShouldFind(new RunQuery { Take = 9 }, 4, 3, 2, 1);
        await ShouldFind(new RunQuery { Take = 9, DefinitionIds = ["lead"] }, 2, 1);
        await ShouldFind(new RunQuery { Take = 9, DefinitionIds = ["lead", "order", "unknown"], Statuses = [RunStatus.Running, RunStatus.Succeeded] }, 4, 3, 1);
        await ShouldFind(new RunQuery { Take = 9, Statuses = [RunStatus.Faulted] }, 2);
        await ShouldFind(new RunQuery { Take = 9, Statuses = [] });
        await ShouldFind(new RunQuery { Take = 9, VersionIds = ["order-v2"] }, 3);
        await ShouldFind(new RunQuery { Take = 9, CorrelationId = "order-17%" }, 2);
        await ShouldFind(new RunQuery { Take = 9, HasIncidents = true }, 2);
        await ShouldFind(new RunQuery { Take = 9, HasIncidents = false }, 4, 3, 1);
        await ShouldFind(new RunQuery { Take = 9, Search = new RunSearch("order-1", []) }, 3, 2);
        await ShouldFind(new RunQuery { Take = 9, Search = new RunSearch("7%", []) }, 2);
        await ShouldFind(new RunQuery { Take = 9, Search = new RunSearch("x", ["order"]) }, 4, 3);
        await ShouldFind(new RunQuery { Take = 9, Search = new RunSearch(Id(3).ToString()[..8], []) }, 3);
        await ShouldFind(new RunQuery { Take = 9, Search = new RunSearch(Id(2).ToString("N"), []) }, 2);
        await ShouldFind(new RunQuery { Take = 9, Times = [new RunTimeFilter(RunOrder.Started, TimeComparison.Greater, Start)] }, 4);
        await ShouldFind(new RunQuery { Take = 9, Times = [new RunTimeFilter(RunOrder.Started, TimeComparison.Equal, Start)] }, 3, 2, 1);
        await ShouldFind(new RunQuery { Take = 9, Times = [new RunTimeFilter(RunOrder.Finished, TimeComparison.NotEqual, Start)] }, 4);
        await ShouldFind(new RunQuery { Take = 9, Times = [new RunTimeFilter(RunOrder.Updated, TimeComparison.LessOrEqual, Start), new RunTimeFilter(RunOrder.Started, TimeComparison.GreaterOrEqual, Start)] }, 3, 2, 1);
        await ShouldFind(new RunQuery { Take = 9, Times = [new RunTimeFilter(RunOrder.Updated, TimeComparison.Less, Start)] });
    }

    [Fact]
    public async Task Query_EachOrder_SortsAndPages()
    {
        await AppendAsync(1, "b", RunStatus.Succeeded, r => r with { UpdatedAt = Start.AddMinutes(3), FinishedAt = Start.AddMinutes(3) });
        await AppendAsync(2, "a", RunStatus.Running, r => r with { UpdatedAt = Start.AddMinutes(2) });
        await AppendAsync(3, "b", RunStatus.Succeeded, r => r with { UpdatedAt = Start.AddMinutes(1), FinishedAt = Start.AddMinutes(1) });

        (await IdsAsync(new RunQuery { Take = 9, Descending = false })).Should().Equal(1, 2, 3);
        (await IdsAsync(new RunQuery { Take = 9, OrderBy = RunOrder.Updated })).Should().Equal(1, 2, 3);
        (await IdsAsync(new RunQuery { Take = 9, OrderBy = RunOrder.Updated, Descending = false })).Should().Equal(3, 2, 1);
        (await IdsAsync(new RunQuery { Take = 9, OrderBy = RunOrder.Finished, Descending = false })).Should().Equal(2, 3, 1);
        (await IdsAsync(new RunQuery { Take = 9, OrderBy = RunOrder.Flow })).Should().Equal(3, 1, 2);
        (await IdsAsync(new RunQuery { Take = 2, Skip = 1 })).Should().Equal(2, 1);
        (await IdsAsync(new RunQuery { Take = 2, Skip = 3 })).Should().BeEmpty();
        (await Store.QueryRunsAsync(new RunQuery { Take = 1, Skip = 7 })).TotalCount.Should().Be(3);
    }

    [Fact]
    public async Task Delete_Runs_LeavesNothingOfThemAndRefusesTheirAppends()
    {
        await Store.AppendAsync(First(Id(1), timers: [new RunTimer(Id(11), Start)]));
        await Store.AppendAsync(First(Id(2), timers: [new RunTimer(Id(11), Start.AddSeconds(1))]));

        (await Store.DeleteRunsAsync([Id(1), Id(3)])).Should().Be(1);

        (await Store.FindRunAsync(Id(1))).Should().BeNull();
        (await Store.LoadAsync(Id(1))).Should().BeNull();
        (await Store.ListDueAsync(Start.AddDays(1), 9)).Select(d => d.RunId).Should().Equal(Id(2));
        (await Store.AppendAsync(Next(Id(1), 1)).Failure<RunFenceException>()).Should().NotBeNull("a late answer does not bring it back");
        (await Store.LoadAsync(Id(2))).Texts().Should().Equal("[0]");
    }

    private async Task AppendAsync(int number, string flow, RunStatus status, Func<RunSummary, RunSummary>? with = null)
    {
        var summary = Summary(Id(number), flow, status);
        await Store.AppendAsync(Append(with?.Invoke(summary) ?? summary, 0, 1, "[0]"));
    }

    private async Task ShouldFind(RunQuery query, params int[] numbers)
    {
        var page = await Store.QueryRunsAsync(query);
        page.Items.Select(r => r.RunId).Should().Equal(numbers.Select(Id));
        page.TotalCount.Should().Be(numbers.Length);
    }

    private async Task<IEnumerable<int>> IdsAsync(RunQuery query) =>
        (await Store.QueryRunsAsync(query)).Items.Select(r => Enumerable.Range(0, 10).Single(n => Id(n) == r.RunId));
}

public sealed class MemoryRunQueryTests : RunQueryConformance
{
    private protected override IRunStore Store { get; } = new MemoryRunStore();
}

public sealed class SqliteRunQueryTests : RunQueryConformance, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqliteRunStore _store;

    public SqliteRunQueryTests() => _store = new SqliteRunStore(_folder.File("journal.db"), NullLogger.Instance);

    private protected override IRunStore Store => _store;

    [Fact]
    public async Task Delete_RunWithALargeValue_RemovesTheValueWithTheLastRunThatUsesIt()
    {
        var (shared, own) = (new StoredValue(new string('a', 64), Encoding.UTF8.GetBytes("1")), new StoredValue(new string('b', 64), Encoding.UTF8.GetBytes("2")));
        await Store.AppendAsync(With(1, shared, own));
        await Store.AppendAsync(With(2, shared));
        var first = (await Store.LoadAsync(Id(1)))!;
        var second = (await Store.LoadAsync(Id(2)))!;

        await Store.DeleteRunsAsync([Id(1)]);

        first.Invoking(r => r.Values(own.Hash)).Should().Throw<KeyNotFoundException>();
        second.Values(shared.Hash).ToArray().Should().Equal(shared.Utf8.ToArray());
        await Store.DeleteRunsAsync([Id(2)]);
        second.Invoking(r => r.Values(shared.Hash)).Should().Throw<KeyNotFoundException>();
    }

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    private static RunAppend With(int number, params StoredValue[] values) => new()
    {
        RunId = Id(number),
        FirstSeq = 0,
        Count = 1,
        Events = "[0]"u8.ToArray(),
        Summary = Summary(Id(number)),
        Values = values,
    };
}
