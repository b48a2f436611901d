using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Scenarios;

/// <summary>Every file of this folder, once undisturbed and once for each append at which its executor can die.</summary>
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenario.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Scenario_Undisturbed_ComesOutAsExpected(string name)
    {
        var scenario = Scenario.Load(name);

        var (result, _, _) = await scenario.RunAsync();

        scenario.Expect.Check(result, "undisturbed");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Scenario_WithTheExecutorDroppedAtAnyAppend_ComesOutTheSameWithEachEffectOnce(string name)
    {
        var scenario = Scenario.Load(name);
        var (_, undisturbed, appends) = await scenario.RunAsync();
        for (var append = 2; append <= appends; append++)
        {
            foreach (var point in Enum.GetValues<CrashPoint>())
            {
                var (result, world, _) = await scenario.RunAsync(append, point);

                scenario.Expect.Check(result, $"dropped {point} {append} of {appends}");
                world.Records.Should().BeEquivalentTo(undisturbed.Records, $"dropped {point} {append}");
            }
        }
    }
}
