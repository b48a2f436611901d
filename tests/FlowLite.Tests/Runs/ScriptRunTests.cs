using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Scripts in runs: what they set is journaled with what they gave, and never made anew.</summary>
public sealed class ScriptRunTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-000000000003");

    [Theory]
    [InlineData("Literal", "return variables.n + 1", "3")]
    [InlineData("JavaScript", "return variables.n + 1", "3")]
    [InlineData("JavaScript", "return 'variables.n'", "\"variables.n\"")]
    [InlineData("Literal", "", "null")]
    public async Task RunJavaScript_Script_GivesItsResult(string type, string script, string expected)
    {
        var (state, _) = await RunAsync("""
            {"definitionId":"t","variables":[{"id":"n1","name":"n","typeName":"Int32","value":"2"},{"id":"r","name":"r"}],
             "root":{"id":"js","type":"Elsa.RunJavaScript","script":{"typeName":"String","expression":{"type":"TYPE","value":"SCRIPT"}},"result":{"memoryReference":{"id":"r"}}}}
            """.Replace("TYPE", type).Replace("SCRIPT", script));

        state.Status.Should().Be(RunStatus.Succeeded);
        (state.Variables.TryGetValue("r", out var result) ? result.GetRawText() : "null").Should().Be(expected);
    }

    [Fact]
    public async Task RunJavaScript_SetsVariablesAndOutcome_TheFlowGoesOnThere()
    {
        var (state, events) = await RunAsync("""
            {"definitionId":"t","variables":[{"id":"v1","name":"Total","typeName":"Int32","value":"1"},{"id":"log","name":"log"}],
             "root":{"id":"flow","type":"Elsa.Flowchart","activities":[
              {"id":"js","type":"Elsa.RunJavaScript","possibleOutcomes":["Big","Small"],"script":{"expression":{"type":"JavaScript","value":"setTotal(getTotal() + 41); setVariable('extra', [1]); setOutcome(variables.Total > 10 ? 'Big' : 'Small'); return 'ok'"}}},
              {"id":"big","type":"Elsa.SetVariable","variable":{"id":"log"},"value":{"expression":{"type":"JavaScript","value":"getLastResult() + variables.Total + getVariable('extra')[0] + getOutputFrom('js')"}}},
              {"id":"small","type":"Elsa.Fault"}],
             "connections":[{"source":{"activity":"js","port":"Big"},"target":{"activity":"big"}},{"source":{"activity":"js","port":"Small"},"target":{"activity":"small"}}]}}
            """);

        state.Status.Should().Be(RunStatus.Succeeded);
        state.Variables["v1"].GetInt32().Should().Be(42);
        state.Variables["log"].GetString().Should().Be("ok421ok");
        events.OfType<ActivityCompleted>().First(e => e.Activity == "js").Variables!.Keys.Should().BeEquivalentTo("v1", "extra");
    }

    [Fact]
    public async Task DeclaredInputs_HaveGettersThatGiveNullWhereTheRunWasGivenNothing()
    {
        var workflow = new EffectWorld().Compile(JsonElement.Parse("""
            {"definitionId":"t","inputs":[{"name":"Region","type":"String"},{"name":"offer","type":"String"},{"name":"Count","type":"Int32"}],
             "variables":[{"id":"r","name":"Result"},{"id":"c","name":"Count","value":7}],
             "root":{"id":"js","type":"Elsa.RunJavaScript","result":{"memoryReference":{"id":"r"}},
              "script":{"expression":{"type":"JavaScript","value":"return [getRegion(), getoffer(), getCount(), variables.Count, typeof getStray]"}}}}
            """));
        var run = EffectWorld.Run(workflow, new MemoryRunStore());
        await run.AcceptAsync(new RunRequest(RunId) { Input = JsonElement.Parse("""{"region":"EU","Count":3,"Stray":1}""") });

        var state = await run.ResumeAsync(RunId, DateTimeOffset.MaxValue);

        state.Status.Should().Be(RunStatus.Succeeded);
        state.Variables["r"].GetRawText().Should().Be("""["EU",null,3,7,"undefined"]""");
    }

    [Fact]
    public async Task Inputs_SetAVariable_ItIsInTheEventThatCarriesThem()
    {
        var (state, events) = await RunAsync("""
            {"definitionId":"t","variables":[{"id":"n","name":"n","typeName":"Int32","value":"1"}],
             "root":{"id":"s","type":"Elsa.Sequence","activities":[
              {"id":"if","type":"Elsa.If","condition":{"expression":{"type":"JavaScript","value":"setVariable('n', getVariable('n') + 1); return true"}}},
              {"id":"wait","type":"Elsa.Delay","timeSpan":{"expression":{"type":"JavaScript","value":"variables.n++; return '00:00:05'"}}},
              {"id":"effect","type":"Test.AtLeastOnce","label":{"expression":{"type":"JavaScript","value":"return 'n is ' + (++variables.n)"}}}]}}
            """);

        state.Status.Should().Be(RunStatus.Succeeded);
        state.Variables["n"].GetInt32().Should().Be(4);
        events.OfType<ActivityEvent>().Where(e => e.Variables is not null).Select(e => e.GetType().Name)
            .Should().Equal(nameof(ActivityEntered), nameof(ActivitySuspended), nameof(EffectIntended));
    }

    [Fact]
    public async Task EffectWithAValueOfChance_CrashBeforeItsCommit_SendsTheSameAgain()
    {
        var world = new EffectWorld();
        var workflow = world.Compile(JsonElement.Parse("""
            {"definitionId":"t","root":{"id":"s","type":"Elsa.Sequence","activities":[
              {"id":"a","type":"Test.Effect","label":{"expression":{"type":"JavaScript","value":"return newGuidString() + Math.random()"}}},
              {"id":"b","type":"Elsa.Compose","inputs":{"expression":{"type":"JavaScript","value":"return 1"}}}]}}
            """.Replace("Elsa.Compose", "FlowLite.Compose")));
        for (var append = 2; append <= 4; append++)
        {
            var store = new WatchedStore(workflow);
            store.CrashAt(append, CrashPoint.BeforeTheCommit);
            var run = EffectWorld.Run(workflow, store);
            var id = new Guid($"019a0000-0000-7000-8000-0000000001{append:00}");
            await run.AcceptAsync(new RunRequest(id));
            try
            {
                await run.ResumeAsync(id, DateTimeOffset.MaxValue);
            }
            catch (StoreUnavailableException)
            {
                // The crash: the next executor starts from what was committed. The world refuses another label for a key.
                (await run.ResumeAsync(id, DateTimeOffset.MaxValue)).Status.Should().Be(RunStatus.Succeeded);
            }
        }

        world.Records.Should().HaveCount(3);
    }

    // The run stays in memory for the first effect, which comes back with the second: once the delay is over.
    [Fact]
    public async Task Inputs_ThatFailedAfterOneHadSetAVariable_LeaveItToNobody()
    {
        await using var engine = new TestEngine();
        var delayed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.World.OnCall = call =>
        {
            if (call == 2)
            {
                delayed.SetResult();
            }

            return delayed.Task;
        };
        var workflow = engine.Publish("""
            {"definitionId":"test","options":{"incidentStrategyType":"ContinueWithIncidentsStrategy"},"root":{"id":"p","type":"Elsa.Parallel","activities":[
              {"id":"s","type":"Elsa.Sequence","activities":[
                {"id":"wait","type":"Elsa.Delay","timeSpan":"00:00:01"},{"id":"second","type":"Test.Effect","label":"b"}]},
              {"id":"first","type":"Test.Effect","label":"a"},
              {"id":"t","type":"Elsa.Sequence","activities":[
                {"id":"line","type":"Elsa.WriteLine","text":"last of what is ready"},
                {"id":"fails","type":"Elsa.PublishEvent","eventName":{"expression":{"type":"JavaScript","value":"setVariable('v', 1); return 'e'"}},
                 "payload":{"expression":{"type":"JavaScript","value":"throw new Error('no')"}}}]}]}}
            """);
        await engine.Runs.StartAsync();
        var id = await engine.StartAsync(workflow);

        await engine.Reaches(id, RunStatus.Faulted);

        var stored = (await engine.Store.LoadAsync(id, wholeJournal: true))!;
        var events = stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)).OfType<ActivityEvent>().ToList();
        events.OfType<ActivityCompleted>().Select(e => e.Activity).Should().BeEquivalentTo("line", "wait", "first", "second");
        events.Where(e => e.Variables is not null).Should().BeEmpty("what the failed activity's first input has set is gone with it");
    }

    [Theory]
    [InlineData("""{"expression":{"type":"JavaScript","value":"let a;\n let b = ;"}}""", "Unexpected token*", 2)]
    [InlineData("""{"expression":{"type":"Liquid","value":"return {{ x }}"}}""", "Script is JavaScript as it stands here; it can't be made by a Liquid expression.", 0)]
    public void Publish_BadScript_IsAProblemWithItsPosition(string script, string message, int line)
    {
        var problem = FluentActions.Invoking(() => new EffectWorld().Compile(JsonElement.Parse("""{"definitionId":"t","root":{"id":"js","type":"Elsa.RunJavaScript","script":SCRIPT}}""".Replace("SCRIPT", script))))
            .Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle().Subject;

        problem.Message.Should().Match(message);
        problem.Line.Should().Be(line);
        problem.ActivityId.Should().Be("js");
    }

    internal static async Task<(RunState State, List<RunEvent> Events)> RunAsync(string definition)
    {
        var workflow = new EffectWorld().Compile(JsonElement.Parse(definition));
        var store = new WatchedStore(workflow);
        var run = EffectWorld.Run(workflow, store, snapshotEvery: 1);
        await run.AcceptAsync(new RunRequest(RunId));
        var state = await run.ResumeAsync(RunId, DateTimeOffset.MaxValue);
        var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;
        return (state, [.. stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values))]);
    }
}
