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
    public void Publish_AnActivityThatIsNotAvailable_IsRefusedWithTheReason(string type)
    {
        var problems = Problems($$"""{"id":"s","type":"Elsa.Sequence","activities":[{"id":"x","type":"{{type}}"}]}""");

        problems.Should().ContainSingle();
        problems[0].Path.Should().Be("/root/activities/0/type");
        problems[0].Message.Should().Contain("not available").And.MatchRegex(": (it|what|a) ");
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

    private static IReadOnlyList<DefinitionProblem> Problems(string root)
    {
        var document = JsonSerializer.Deserialize<JsonElement>($$"""{"definitionId":"t","root":{{root}}}""");
        var refusal = new EffectWorld().Invoking(w => w.Compile(document)).Should().Throw<InvalidDefinitionException>().Which;
        return refusal.Problems;
    }
}
