using System.Text.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Elsa's activation strategies, when many would start at once.</summary>
public sealed class ActivationTests
{
    [Theory]
    [InlineData(null, RunActivation.Always)]
    [InlineData("Elsa.Workflows.ActivationValidators.AllowAlwaysStrategy, Elsa.Workflows.Core", RunActivation.Always)]
    [InlineData("Elsa.Workflows.Runtime.ActivationValidators.SingletonStrategy, Elsa.Workflows.Runtime", RunActivation.Singleton)]
    [InlineData("Elsa.Workflows.Runtime.ActivationValidators.CorrelatedSingletonStrategy, Elsa.Workflows.Runtime", RunActivation.CorrelatedSingleton)]
    [InlineData("CorrelationStrategy", RunActivation.Correlation)]
    public void Compile_ElsasNames_GivesTheStrategy(string? typeName, RunActivation expected)
    {
        var document = JsonSerializer.SerializeToElement(new
        {
            definitionId = "t",
            options = new { activationStrategyType = typeName },
            root = new { id = "s", type = "Elsa.Sequence" },
        });

        new EffectWorld().Compile(document).Activation.Should().Be(expected);
    }

    [Fact]
    public async Task Start_OfASingletonManyTimesAtOnce_StartsOne()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish("""
            {"options":{"activationStrategyType":"SingletonStrategy"},
             "root":{"id":"d","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"01:00:00"}}}}
            """);
        await engine.Runs.StartAsync();

        var started = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            try
            {
                return await engine.StartAsync(workflow);
            }
            catch (RunRefusedException)
            {
                return Guid.Empty;
            }
        })));

        var run = started.Should().ContainSingle(id => id != Guid.Empty).Subject;
        await engine.Reaches(run, RunStatus.Suspended);
        await engine.Runs.CancelAsync(run, null);
        (await engine.StartAsync(workflow)).Should().NotBeEmpty("the first one is over");
    }
}
