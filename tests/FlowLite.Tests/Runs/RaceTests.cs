using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>What is left of branches that lost a race or were in a loop that was left: nothing.</summary>
public sealed class RaceTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-00000000000a");
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private const string Race = """
        {"definitionId":"t","root":{"id":"s","type":"Elsa.Sequence","activities":[
          {"id":"fork","type":"Elsa.Fork","joinMode":"WaitAny","branches":[
            {"id":"hour","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"01:00:00"}}},
            {"id":"minute","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"00:01:00"}}}]},
          {"id":"rest","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"05:00:00"}}}]}}
        """;

    [Fact]
    public async Task Timer_OfABranchThatLost_IsGoneFromTheStoreWithTheRaceItself()
    {
        var workflow = new EffectWorld().Compile(JsonSerializer.Deserialize<JsonElement>(Race));
        var store = new MemoryRunStore();
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId));

        var state = await run.ResumeAsync(RunId, Start + TimeSpan.FromMinutes(30));

        state.Status.Should().Be(RunStatus.Suspended);
        (await store.ListDueAsync(DateTimeOffset.MaxValue, 10)).Single().Due.Should().Be(Start + TimeSpan.FromMinutes(301));
    }

    [Fact]
    public async Task History_OfABranchThatLost_IsCancelledWhenTheRaceWasDecided()
    {
        var workflow = new EffectWorld().Compile(JsonSerializer.Deserialize<JsonElement>(Race));
        var store = new MemoryRunStore();
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId));
        await run.ResumeAsync(RunId, DateTimeOffset.MaxValue);
        var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;

        var history = RunHistory.From(stored.Summary, stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)), workflow);

        var lost = history.Actions.Single(a => a.ActivityId == "hour");
        lost.Status.Should().Be("Cancelled");
        lost.EndTime.Should().Be(Start + TimeSpan.FromMinutes(1));
        history.Actions.Single(a => a.ActivityId == "minute").Status.Should().Be("Succeeded");
    }

    [Fact]
    public async Task Answer_OfAnEffectThatLost_IsKeptAndChangesNothing()
    {
        var answer = new TaskCompletionSource();
        await using var engine = new TestEngine();
        engine.World.OnCall = _ => answer.Task;
        var workflow = engine.Publish("""
            {"definitionId":"t","root":{"id":"s","type":"Elsa.Sequence","activities":[
              {"id":"fork","type":"Elsa.Fork","joinMode":"WaitAny","branches":[
                {"id":"effect","type":"Test.Effect"},
                {"id":"q","type":"Elsa.Sequence","activities":[{"id":"quick","type":"Elsa.WriteLine"}]}]},
              {"id":"after","type":"Elsa.WriteLine"}]}}
            """);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Reaches(run, RunStatus.Succeeded);

        answer.SetResult();
        await engine.Store.When(a => a.RunId == run && a.Summary.Status == RunStatus.Succeeded && System.Text.Encoding.UTF8.GetString(a.Events.Span).Contains("\"activity\":\"effect\""))
            .WaitAsync(TimeSpan.FromSeconds(20));

        var events = await (await engine.Runs.ReadAsync(run))!.Events().OfType<ActivityCompleted>().Select(e => e.Activity).ToListAsync();
        events.Should().Equal("quick", "after", "effect");
    }

    [Fact]
    public void NodeIds_OfActivitiesInCasesBranchesAndStates_NameTheirParent()
    {
        var document = DefinitionJson.Read("""
            {"definitionId":"t","root":{"id":"s","type":"Elsa.Sequence","activities":[
              {"id":"sw","type":"Elsa.Switch","cases":[{"label":"a","condition":{"type":"Literal","value":true},"activity":{"id":"x","type":"Elsa.WriteLine"}}]},
              {"id":"f","type":"Elsa.Fork","branches":[{"id":"y","type":"Elsa.WriteLine"}]},
              {"id":"m","type":"Elsa.StateMachine","initialState":"Open","states":[{"name":"Open","entry":{"id":"z","type":"Elsa.WriteLine"}}]}]}}
            """u8.ToArray());
        var workflow = new EffectWorld().Compile(document);

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            new DefinitionWriter(new FlowLite.Engine.Activities.ActivityRegistry(FlowLite.Activities.ActivitiesRegistration.Types, _ => null!)).WriteMembers(writer, workflow.Definition);
            writer.WriteEndObject();
        }

        var text = System.Text.Encoding.UTF8.GetString(stream.ToArray());
        text.Should().Contain("Workflow1:s:sw:x").And.Contain("Workflow1:s:f:y").And.Contain("Workflow1:s:m:z");
    }
}
