using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

public sealed class TimeoutTests
{
    private const string Flow = """
        {
          "definitionId": "test",
          "root": {
            "id": "chart", "type": "Elsa.Flowchart",
            "activities": [
              {"id": "slow", "type": "Test.Effect", "label": {"expression": {"type": "Literal", "value": "slow"}}, "customProperties": {"timeout": "PT0.05S"}},
              {"id": "instead", "type": "Test.Effect", "label": {"expression": {"type": "Literal", "value": "instead"}}}
            ],
            "connections": [{"source": {"activity": "slow", "port": "TimedOut"}, "target": {"activity": "instead", "port": "In"}}]
          }
        }
        """;

    [Fact]
    public async Task Effect_WhoseTimeIsUpWhileItIsOut_IsLeftAndItsAnswerIsJournaled()
    {
        await using var engine = new TestEngine();
        await engine.Runs.StartAsync();
        var workflow = engine.Publish(Flow);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.World.OnCall = call => call == 1 ? answer.Task : Task.CompletedTask;

        var run = await engine.StartAsync(workflow);
        await engine.Reaches(run, RunStatus.Succeeded);
        var withoutIt = engine.World.Records.Values.Select(r => r.Label).ToList();
        var isAnswered = engine.Store.When(a => a.RunId == run && a.Summary.Status == RunStatus.Succeeded && Events(a).Exists(e => e is ActivityCompleted { Activity: "slow" }));
        answer.SetResult();
        await isAnswered.WaitAsync(TimeSpan.FromSeconds(20));

        withoutIt.Should().Equal("instead");
        var reading = (await engine.Runs.ReadAsync(run))!;
        var history = await RunHistory.FromAsync(reading.Summary, reading.Events(), workflow, HistoryScope.Everything);
        history.Incidents.Should().BeEmpty();
        history.Actions.Single(a => a.ActivityId == "slow").Should().Match<ActionHistory>(a => a.IsLate);
        history.Log.Should().Contain(e => e.Failure != null && e.Failure.Code == "ActionTimedOut" && e.Failure.Message == "'slow' was not done after PT0.05S.");
    }

    [Fact]
    public async Task RetryOfWhatIsGone_ThatComesLate_SetsNoTimer()
    {
        await using var engine = new TestEngine();
        await engine.Runs.StartAsync();
        var workflow = engine.Publish(Flow.Replace("Test.Effect\", \"label\": {\"expression\": {\"type\": \"Literal\", \"value\": \"instead\"}}", "Elsa.Delay\", \"timeSpan\": \"PT1H\""));
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.World.OnCall = _ => answer.Task;

        var run = await engine.StartAsync(workflow);
        // Its wait is on disk although something else is still out.
        await engine.Reaches(run, RunStatus.Suspended);
        var isAnswered = engine.Store.When(a => a.RunId == run && Events(a).Exists(e => e is ActivityFailed { RetryAt: not null }));
        answer.SetException(new Engine.Activities.ActivityException("Busy", "Try again.") { Retryable = true });
        await isAnswered.WaitAsync(TimeSpan.FromSeconds(20));

        (await engine.Store.NextTimerAsync(DateTimeOffset.MinValue)).Should().BeAfter(TimeProvider.System.GetUtcNow().AddMinutes(30));
    }

    [Theory]
    [InlineData("\"soon\"")]
    [InlineData("\"PT0S\"")]
    [InlineData("\"-PT5S\"")]
    [InlineData("\"P2Y\"")]
    [InlineData("30")]
    public void Publish_TimeoutThatIsNone_IsAProblem(string timeout)
    {
        var document = System.Text.Json.JsonElement.Parse("""{"definitionId":"test","customProperties":{"timeout":?},"root":{"id":"e","type":"Elsa.Sequence","customProperties":{"timeout":?}}}""".Replace("?", timeout));

        var publish = () => new EffectWorld().Compile(document);

        publish.Should().Throw<InvalidDefinitionException>().Which.Problems.Select(p => p.Path).Should().BeEquivalentTo("/customProperties/timeout", "/root/customProperties/timeout");
    }

    [Theory]
    [InlineData("FlowLite.Scope")]
    [InlineData("FlowLite.Until")]
    public void Publish_TimeLimitThatIsNone_IsAProblem(string type)
    {
        var document = System.Text.Json.JsonElement.Parse("""{"definitionId":"test","root":{"id":"e","type":"?","timeLimit":"soon","condition":true}}""".Replace("?", type));

        var publish = () => new EffectWorld().Compile(document);

        publish.Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle().Which.Message.Should().StartWith("Timeout is a duration");
    }

    private static List<RunEvent> Events(RunAppend append) => RunJournal.Read(append.Events, _ => default);
}
