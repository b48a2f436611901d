using FlowLite.Engine.Replay;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

public sealed class RunIdsTests
{
    [Theory]
    [InlineData(23, true)]
    [InlineData(25, false)]
    public void Next_AfterTheClockWasSetBackOverARestart_GoesOnAfterTheLastUnlessThatIsFarAhead(int hours, bool goesOn)
    {
        var before = new RunIds(new VirtualTime(EffectWorld.Noon.GetUtcNow().AddHours(hours)));
        var last = before.Next();
        for (var id = 0; id < 5_000; id++)
        {
            last = before.Next();
        }

        var after = new RunIds(EffectWorld.Noon);
        after.ContinueAfter(last);

        var next = after.Next();
        (next.CompareTo(last) > 0).Should().Be(goesOn);
        after.Next().CompareTo(next).Should().BePositive();
    }
}
