using FlowLite.Engine.Runs;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.Tests.Runs;

public sealed class IntakeRushTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void MayStart_InARush_LetsAThousandASecondStart()
    {
        var rush = new IntakeRush(_time);
        Run(rush, acceptedPerMillisecond: 20, milliseconds: 200);

        Run(rush, acceptedPerMillisecond: 20, milliseconds: 1_000).Should().BeInRange(990, 1_010);
    }

    [Fact]
    public void MayStart_BelowARush_HoldsNothingBack()
    {
        var rush = new IntakeRush(_time);

        Run(rush, acceptedPerMillisecond: 1, milliseconds: 1_000).Should().Be(1_000 * StartsTried);
    }

    [Fact]
    public void MayStart_AfterTheLastAccepted_HoldsNothingBackAnyMore()
    {
        var rush = new IntakeRush(_time);
        Run(rush, acceptedPerMillisecond: 20, milliseconds: 200);
        rush.MayStart().Should().BeFalse();

        _time.Advance(IntakeRush.Ends);

        rush.MayStart().Should().BeTrue();
    }

    private const int StartsTried = 5;

    private int Run(IntakeRush rush, int acceptedPerMillisecond, int milliseconds)
    {
        var started = 0;
        for (var i = 0; i < milliseconds; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            for (var n = 0; n < acceptedPerMillisecond; n++)
            {
                rush.Accepted();
            }

            for (var n = 0; n < StartsTried && rush.MayStart(); n++)
            {
                rush.Started();
                started++;
            }
        }

        return started;
    }
}
