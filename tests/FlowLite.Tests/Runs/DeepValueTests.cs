using System.Text.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>A value that is nested deep ends a run one way or the other; it never leaves it hanging.</summary>
public sealed class DeepValueTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-000000000005");

    [Fact]
    public async Task Inputs_WithABodyAsDeepAsTheTriggerTakes_AreEvaluated()
    {
        var trigger = Nested(65);
        var (state, _) = await RunAsync(trigger, """
            {"definitionId":"t","variables":[{"id":"v","name":"v"}],"root":{"id":"set","type":"Elsa.SetVariable","variable":{"id":"v"},
             "value":{"expression":{"type":"Scriban","value":"{{ trigger }}"}}}}
            """);

        state.Status.Should().Be(RunStatus.Succeeded);
        state.Variables["v"].GetRawText().Should().Be(trigger.GetRawText());
    }

    [Fact]
    public async Task Inputs_ThatGrowDeeperInALoop_FaultTheRunWithAnIncident()
    {
        var (state, events) = await RunAsync(Nested(1), """
            {"definitionId":"t","variables":[{"id":"v","name":"v"}],"root":{"id":"flow","type":"Elsa.Flowchart","activities":[
              {"id":"start","type":"Elsa.WriteLine"},
              {"id":"deeper","type":"Elsa.SetVariable","variable":{"id":"v"},"value":{"expression":{"type":"Scriban","value":"{{ [variables.v] }}"}}}],
             "connections":[{"source":{"activity":"start"},"target":{"activity":"deeper"}},{"source":{"activity":"deeper"},"target":{"activity":"deeper"}}]}}
            """);

        state.Status.Should().Be(RunStatus.Faulted);
        state.Incidents.Single().Failure.Code.Should().Be("ExpressionFailed");
        events.Should().BeGreaterThan(60);
    }

    private static JsonElement Nested(int levels) =>
        JsonElement.Parse(string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels), new JsonDocumentOptions { MaxDepth = 100 });

    private static async Task<(RunState State, long Events)> RunAsync(JsonElement trigger, string definition)
    {
        var workflow = new EffectWorld().Compile(JsonElement.Parse(definition));
        var run = EffectWorld.Run(workflow, new WatchedStore(workflow), snapshotEvery: 1);
        await run.AcceptAsync(new RunRequest(RunId) { Trigger = trigger });
        var state = await run.ResumeAsync(RunId, DateTimeOffset.MaxValue);
        return (state, state.Seq);
    }
}
