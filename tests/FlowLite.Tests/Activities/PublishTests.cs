using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Activities;

/// <summary>What keeps a flow with these activities from being published, and where in the document it is.</summary>
public sealed class PublishTests
{
    [Fact]
    public void Publish_CasesWithABadExpression_NamesTheirPlace()
    {
        var problems = Problems("""
            {"id":"sw","type":"Elsa.Switch","cases":[
              {"label":"ok","condition":{"type":"Literal","value":true}},
              {"label":"broken","condition":{"type":"Scriban","value":"{{ 1 + }}"}},
              {"label":"odd","condition":{"type":"Cobol","value":"x"}}]}
            """);

        problems.Select(p => p.Path).Should().BeEquivalentTo("/root/cases/1/condition/value", "/root/cases/2/condition/type");
    }

    [Fact]
    public void Publish_CasesWithoutOrWithTheSameLabel_NamesThem()
    {
        var problems = Problems("""
            {"id":"sw","type":"Elsa.Switch","cases":[
              {"label":"a","condition":{"type":"Literal","value":true}},
              {"label":"a","condition":{"type":"Literal","value":true}},
              {"condition":{"type":"Literal","value":true}}]}
            """);

        problems.Select(p => p.Path).Should().BeEquivalentTo("/root/cases/1", "/root/cases/2");
    }

    [Fact]
    public void Publish_AnActivityInACaseThatIsUnknown_IsReportedThere()
    {
        var problems = Problems("""
            {"id":"sw","type":"Elsa.Switch","cases":[{"label":"a","condition":{"type":"Literal","value":true},"activity":{"id":"x","type":"No.Such"}}]}
            """);

        problems.Should().ContainSingle().Which.Path.Should().Be("/root/cases/0/activity/type");
    }

    [Fact]
    public void Publish_ABranchOfAForkThatIsUnknown_IsReportedThere()
    {
        var problems = Problems("""{"id":"f","type":"Elsa.Fork","branches":[{"id":"a","type":"Elsa.WriteLine"},{"id":"x","type":"No.Such"}]}""");

        problems.Should().ContainSingle().Which.Path.Should().Be("/root/branches/1/type");
    }

    [Theory]
    [InlineData("Elsa.ReadLine")]
    [InlineData("Elsa.RunCSharp")]
    [InlineData("Elsa.RunPython")]
    [InlineData("Elsa.Inline")]
    [InlineData("Elsa.Workflows.Activities.DynamicActivity")]
    [InlineData("Elsa.Workflows.Management.Activities.HostMethod.HostMethodActivity")]
    public void Publish_AnActivityThatIsNotAvailable_IsRefusedWithTheReason(string type)
    {
        var problems = Problems($$"""{"id":"s","type":"Elsa.Sequence","activities":[{"id":"x","type":"{{type}}"}]}""");

        problems.Should().ContainSingle();
        problems[0].Path.Should().Be("/root/activities/0/type");
        problems[0].Message.Should().Contain("not available").And.MatchRegex(": (it|what|a) ");
    }

    /// <summary>What Elsa runs and docs/elsa-differences.md lists, as far as no other test has it.</summary>
    [Theory]
    [InlineData("""{"id":"s","type":"Elsa.Sequence","activities":[{"id":"a","name":"Tell","type":"Elsa.WriteLine"},{"id":"b","name":"Tell","type":"Elsa.WriteLine"}]}""",
        "/root/activities/1", "2 activities are named 'Tell'*")]
    [InlineData("""{"id":"e","type":"Elsa.Event","customProperties":{"canStartWorkflow":true},"eventName":{"expression":{"type":"JavaScript","value":"'x'"}}}""",
        "/root", "Event Name has to be plain text*")]
    [InlineData("""{"id":"m","type":"Elsa.StateMachine","initialState":"A","states":[{"name":"A"},{"name":"B"}],"transitions":[{"from":"A","to":"B"},{"from":"A","to":"B"}]}""",
        "/root/transitions/1", "Two of the transitions have the name 'A->B'.")]
    [InlineData("""{"id":"m","type":"Elsa.StateMachine","initialState":"A","states":[{"name":"A"},{"name":"B"}],"transitions":[{"name":"go","from":"A","to":"B"},{"name":"go","from":"A","to":"B"}]}""",
        "/root/transitions/1", "Two of the transitions have the name 'go'.")]
    [InlineData("""{"id":"f","type":"Elsa.Fork","joinMode":{"expression":{"type":"JavaScript","value":"'WaitAny'"}}}""", "/root/joinMode*", "*fixed when the flow is published*")]
    [InlineData("""{"id":"w","type":"Elsa.WriteLine","text":{"expression":{"type":"CSharp","value":"1"}}}""", "/root/text/expression/type", "There is no expression language 'CSharp' here.*")]
    [InlineData("""{"id":"w","type":"Elsa.WriteLine","text":{"expression":{"type":"JavaScript","value":"return Guid.NewGuid()"}}}""", "/root/text/expression/value", "Guid is not available*")]
    public void Publish_WhatElsaTakes_IsRefusedAndItsPlaceTold(string root, string path, string message)
    {
        var problem = Problems(root).Should().ContainSingle().Subject;

        problem.Path.Should().Match(path);
        problem.Message.Should().Match(message);
    }

    [Fact]
    public void Publish_AFlowInsideOfAFlow_IsRefusedWithWhatToDo()
    {
        var problem = Problems("""{"id":"s","type":"Elsa.Sequence","activities":[{"id":"x","type":"Elsa.Workflow","root":{"id":"y","type":"Elsa.WriteLine"}}]}""")
            .Should().ContainSingle().Subject;

        problem.Path.Should().Be("/root/activities/0/type");
        problem.Message.Should().StartWith("A flow can't stand inside of another one here").And.Contain("Elsa.ExecuteWorkflow");
    }

    [Fact]
    public void Publish_AnUnknownMergeMode_IsRefused()
    {
        var problems = Problems("""{"id":"x","type":"Elsa.WriteLine","customProperties":{"mergeMode":"Sometimes"}}""");

        problems.Should().ContainSingle().Which.Path.Should().Be("/root/customProperties/mergeMode");
    }

    [Fact]
    public void Publish_AJoinModeThatOnlyARunKnows_IsRefused()
    {
        var problems = Problems("""{"id":"j","type":"Elsa.FlowJoin","mode":{"expression":{"type":"Scriban","value":"{{ trigger.body.mode }}"}}}""");

        problems.Should().ContainSingle().Which.Message.Should().Contain("fixed");
    }

    [Fact]
    public void Publish_ACycleOfContainersWithNothingInThem_IsRefused()
    {
        var problems = Problems("""
            {"id":"f","type":"Elsa.Flowchart","activities":[{"id":"a","type":"Elsa.FlowNode","body":{"id":"s","type":"Elsa.Sequence"}},{"id":"b","type":"Elsa.Parallel"}],
             "connections":[{"source":{"activity":"a"},"target":{"activity":"b"}},{"source":{"activity":"b"},"target":{"activity":"a"}}]}
            """);

        problems.Should().ContainSingle().Which.Message.Should().Contain("never end");
    }

    [Theory]
    [InlineData("""[{"from":"A","to":"B"},{"from":"B","to":"A","name":"back"}]""", "/root/transitions/0", "'A' to 'B' and back")]
    [InlineData("""[{"from":"A","to":"A"}]""", "/root/transitions/0", "'A' and back")]
    [InlineData("""[{"from":"A","to":"B"},{"from":"B","to":"B","name":"again","condition":{"expression":{"type":"JavaScript","value":"true"}}}]""", "/root/transitions/1", "'B' and back")]
    [InlineData("""[{"from":"A","to":"B","condition":{"expression":{"type":"Literal","value":"False"}}},{"from":"A","to":"A","name":"stay"}]""", "/root/transitions/1", "'A' and back")]
    [InlineData("""[{"from":"A","to":"Nowhere"}]""", "/root/transitions/0/to", "no state 'Nowhere'; there are 'A', 'B', 'C'.")]
    [InlineData("""[{"from":"A","to":"B"},{"from":"Nowhere","to":"B"}]""", "/root/transitions/1/from", "no state 'Nowhere'")]
    public void Publish_TransitionsThatCantWork_AreRefusedWithTheirPlace(string transitions, string path, string message)
    {
        var problem = Problems($$$"""{"id":"m","type":"Elsa.StateMachine","initialState":"A","states":[{"name":"A"},{"name":"B"},{"name":"C","entry":{"id":"c","type":"Elsa.WriteLine"}}],"transitions":{{{transitions}}}}""")
            .Should().ContainSingle().Subject;

        problem.ActivityId.Should().Be("m");
        problem.Path.Should().Be(path);
        problem.Message.Should().Contain(message);
    }

    [Theory]
    [InlineData("""[{"from":"A","to":"C"},{"from":"C","to":"A","name":"back"}]""", "an entry that is executed")]
    [InlineData("""[{"from":"A","to":"B"},{"from":"B","to":"A","name":"back","condition":{"expression":{"type":"Scriban","value":"{{ false }}"}}}]""", "a condition that only a run knows")]
    [InlineData("""[{"from":"A","to":"B"},{"from":"B","to":"A","trigger":{"id":"t","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"P1W"}}}}]""", "a trigger")]
    [InlineData("""[{"from":"A","to":"B"},{"from":"B","to":"A","action":{"id":"t","type":"Elsa.WriteLine"}}]""", "an action")]
    public void Publish_TransitionsThatMayEnd_AreTaken(string transitions, string because)
    {
        var document = JsonElement.Parse($$$"""{"definitionId":"t","root":{"id":"m","type":"Elsa.StateMachine","initialState":"A","states":[{"name":"A"},{"name":"B"},{"name":"C","entry":{"id":"c","type":"Elsa.WriteLine"}}],"transitions":{{{transitions}}}}}""");

        new EffectWorld().Invoking(w => w.Compile(document)).Should().NotThrow(because);
    }

    [Fact]
    public void Publish_AnUnknownInitialState_IsRefusedWithThoseThatAre() =>
        Problems("""{"id":"m","type":"Elsa.StateMachine","initialState":"Opne","states":[{"name":"Open"}]}""")
            .Should().ContainSingle().Which.ToString().Should().Be("m at /root/initialState: There is no state 'Opne'; there are 'Open'.");

    [Theory]
    [InlineData("activationStrategyType", "\"Elsa.Workflows.Runtime.ActivationValidators.SingeltonStrategy, Elsa.Workflows.Runtime\"", "There is no strategy 'SingeltonStrategy' here. Known: AllowAlwaysStrategy, SingletonStrategy, *")]
    [InlineData("incidentStrategyType", "\"Ignore\"", "There is no strategy 'Ignore' here. Known: FaultStrategy, ContinueWithIncidentsStrategy.")]
    [InlineData("incidentStrategyType", "5", "There is no strategy '5' here. *")]
    public void Publish_AnUnknownStrategy_IsRefusedWithThoseThatAre(string option, string strategy, string message)
    {
        var document = JsonElement.Parse($$$"""{"definitionId":"t","options":{"{{{option}}}":{{{strategy}}}},"root":{"id":"s","type":"Elsa.Sequence"}}""");

        var problem = new EffectWorld().Invoking(w => w.Compile(document)).Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle().Subject;

        problem.Path.Should().Be($"/options/{option}");
        problem.Message.Should().Match(message);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"Elsa.Workflows.IncidentStrategies.FaultStrategy, Elsa.Workflows.Core\"")]
    public void Publish_AKnownStrategyOrNone_IsTaken(string strategy)
    {
        var document = JsonElement.Parse($$$"""{"definitionId":"t","options":{"incidentStrategyType":{{{strategy}}}},"root":{"id":"s","type":"Elsa.Sequence"}}""");

        new EffectWorld().Compile(document).ContinuesWithIncidents.Should().BeFalse();
    }

    [Theory]
    [InlineData("Elsa.WriteLine", """{"text":{"typeName":"String","expression":5}}""", "/root/text/expression")]
    [InlineData("Elsa.WriteLine", """{"text":{"expression":"{{ 1 }}"}}""", "/root/text/expression")]
    [InlineData("Elsa.WriteLine", """{"text":{"expression":{"type":5,"value":"x"}}}""", "/root/text/expression/type")]
    [InlineData("FlowLite.Until", """{"timeLimit":{"expression":[]},"condition":true}""", "/root/timeLimit/expression")]
    public void Publish_AnExpressionThatIsNone_IsRefused(string type, string inputs, string path) =>
        Problems($$"""{"id":"x","type":"{{type}}",{{inputs[1..^1]}}}""").Should().ContainSingle().Which.Path.Should().Be(path);

    [Theory]
    [InlineData("""{"mode":"Identifier","strategyId":"http-retry","expression":null}""", "'http-retry'")]
    [InlineData("""{"mode":"Expression","strategyId":null,"expression":{"type":"JavaScript","value":"'http-retry'"}}""", "that an expression chooses")]
    [InlineData("""{"mode":"Identifier","strategyId":null,"expression":null}""", null)]
    [InlineData("""{"mode":"Expression","strategyId":null,"expression":null}""", null)]
    public void Publish_AResilienceStrategyOfElsa_IsTakenAndAWarningWhereOneIsChosen(string strategy, string? chosen)
    {
        var document = JsonElement.Parse("""{"definitionId":"t","root":{"id":"x","type":"Elsa.WriteLine","customProperties":{"resilienceStrategy":STRATEGY}}}""".Replace("STRATEGY", strategy));

        var workflow = new EffectWorld().Compile(document);

        workflow.Nodes["x"].Retry.Should().BeNull("the default policy applies");
        workflow.Warnings.Select(w => w.Message.Split(" here:")[0]).Should().BeEquivalentTo(chosen is null ? [] : new[] { $"There is no resilience strategy {chosen}" });
    }

    [Fact]
    public void Publish_ARetryPolicyWithoutType_IsRefused() =>
        Problems("""{"id":"x","type":"Elsa.WriteLine","customProperties":{"resilienceStrategy":{"interval":"PT7S"}}}""")
            .Should().ContainSingle().Which.Path.Should().Be("/root/customProperties/resilienceStrategy/type");

    private static IReadOnlyList<DefinitionProblem> Problems(string root)
    {
        var document = JsonSerializer.Deserialize<JsonElement>($$"""{"definitionId":"t","root":{{root}}}""");
        var refusal = new EffectWorld().Invoking(w => w.Compile(document)).Should().Throw<InvalidDefinitionException>().Which;
        return refusal.Problems;
    }
}
