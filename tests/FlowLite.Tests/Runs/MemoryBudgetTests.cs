using FlowLite.Engine;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.Tests.Runs;

/// <summary>How large bodies share the memory that there is for them.</summary>
public sealed class MemoryBudgetTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryBudget _budget;

    public MemoryBudgetTests() => _budget = new MemoryBudget(100, _time);

    [Fact]
    public async Task Enter_WithRoomForBoth_LetsBothInAtOnce()
    {
        using var first = await _budget.EnterAsync(60, Patience);
        using var second = await _budget.EnterAsync(40, Patience);

        _budget.Used.Should().Be(100);
    }

    [Fact]
    public async Task Enter_LargerThanAll_ComesInAlone()
    {
        Task<MemoryLease?> other;
        using (var alone = await _budget.EnterAsync(1000, Patience))
        {
            other = _budget.EnterAsync(1, Patience).AsTask();
            other.IsCompleted.Should().BeFalse();
        }

        (await other).Should().NotBeNull();
    }

    [Fact]
    public async Task Enter_LargerThanAll_WaitsUntilNobodyIsIn()
    {
        var first = await _budget.EnterAsync(1, Patience);
        var large = _budget.EnterAsync(1000, Patience).AsTask();

        large.IsCompleted.Should().BeFalse();
        first!.Dispose();

        (await large).Should().NotBeNull();
    }

    [Fact]
    public async Task Enter_BehindOneThatDoesNotFit_WaitsForItsTurn()
    {
        var first = await _budget.EnterAsync(80, Patience);
        var large = _budget.EnterAsync(90, Patience).AsTask();
        var small = _budget.EnterAsync(10, Patience).AsTask();

        small.IsCompleted.Should().BeFalse("or a large one would never come in");
        first!.Dispose();

        (await large).Should().NotBeNull();
        (await small).Should().NotBeNull();
    }

    [Fact]
    public async Task Enter_WhenOthersTakeTooLong_GivesNothing_AndLetsThoseBehindItIn()
    {
        using var first = await _budget.EnterAsync(80, TimeSpan.FromMinutes(5));
        var large = _budget.EnterAsync(90, Patience).AsTask();
        var small = _budget.EnterAsync(10, TimeSpan.FromMinutes(5)).AsTask();

        _time.Advance(Patience);

        (await large).Should().BeNull();
        (await small).Should().NotBeNull();
        _budget.Used.Should().Be(90);
    }

    [Fact]
    public async Task Enter_Cancelled_LeavesNothingBehind()
    {
        var first = await _budget.EnterAsync(80, Patience);
        using var cancel = new CancellationTokenSource();
        var second = _budget.EnterAsync(90, Patience, cancel.Token).AsTask();

        await cancel.CancelAsync();

        await FluentActions.Awaiting(() => second).Should().ThrowAsync<OperationCanceledException>();
        first!.Dispose();
        _budget.Used.Should().Be(0);
    }

    [Fact]
    public async Task EnterAtLast_OnceNobodyHasComeOrGoneForSoLong_ComesInOneAtATime()
    {
        var first = await _budget.EnterAsync(80, Patience);
        var second = _budget.EnterAtLastAsync(90, Patience).AsTask();
        var third = _budget.EnterAtLastAsync(90, Patience).AsTask();

        _time.Advance(Patience / 2);
        second.IsCompleted.Should().BeFalse();
        _time.Advance(Patience / 2);
        var winner = await Task.WhenAny(second, third);
        _budget.Used.Should().Be(170);

        (await winner).Dispose();
        first!.Dispose();
        (await second).Dispose();
        (await third).Dispose();
        _budget.Used.Should().Be(0);
    }

    [Fact]
    public async Task EnterAtLast_WhileOthersComeAndGo_Waits()
    {
        var first = await _budget.EnterAsync(80, Patience);
        var second = _budget.EnterAtLastAsync(90, Patience).AsTask();

        _time.Advance(Patience / 2);
        first!.Shrink(50);
        _time.Advance(Patience / 2);
        second.IsCompleted.Should().BeFalse();

        first.Dispose();
        (await second).Dispose();
        _budget.Used.Should().Be(0);
    }

    [Fact]
    public async Task EnterAtLast_Cancelled_LeavesNothingBehind()
    {
        var first = await _budget.EnterAsync(80, Patience);
        using var cancel = new CancellationTokenSource();
        var second = _budget.EnterAtLastAsync(90, Patience, cancel.Token).AsTask();

        await cancel.CancelAsync();

        await FluentActions.Awaiting(() => second).Should().ThrowAsync<OperationCanceledException>();
        first!.Dispose();
        _budget.Used.Should().Be(0);
    }

    [Fact]
    public async Task Shrink_LetsOthersIn_AndDisposeGivesTheRestBackOnce()
    {
        var emptied = 0;
        _budget.Emptied = () => emptied++;
        var first = await _budget.EnterAsync(100, Patience);
        var second = _budget.EnterAsync(50, Patience).AsTask();

        first!.Shrink(30);
        (await second)!.Dispose();
        _budget.Used.Should().Be(30);
        first.Dispose();
        first.Dispose();

        (_budget.Used, emptied).Should().Be((0, 1));
    }
}
