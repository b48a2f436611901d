using System.Runtime.CompilerServices;
using FlowLite.Engine;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.Tests.Runs;

/// <summary>What large bodies took is given back when they have gone: nothing else may come that would have it collected.</summary>
public sealed class LargeBodiesTests
{
    [Fact]
    public async Task GiveBack_OnceTheLastLargeBodyHasGone_CollectsWhatIsLeft()
    {
        var time = new FakeTimeProvider();
        using var bodies = new LargeBodies(new EngineOptions { LargeBodyMemory = 100_000_000 }, time);
        var body = await bodies.Transfers.EnterAsync(40_000_000, TimeSpan.Zero);
        var run = await bodies.Runs.EnterAsync(40_000_000, TimeSpan.Zero);
        var left = Left();

        body!.Dispose();
        time.Advance(TimeSpan.FromSeconds(15));
        run!.Dispose();
        time.Advance(TimeSpan.FromSeconds(15));

        left.IsAlive.Should().BeFalse();
    }

    // In a method of its own, so that nothing on the stack refers to it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Left() => new(new byte[1_000_000]);
}
