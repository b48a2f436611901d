using System.Text.Json;
using FlowLite.Engine.Definitions;

namespace FlowLite.Tests.Runs;

/// <summary>A cycle in which nothing is executed can't be left by the decider; it must not get that far.</summary>
public sealed class IdleCycleTests
{
    [Theory]
    [InlineData("""{"id":"a","type":"Elsa.Sequence"}""", true)]
    [InlineData("""{"id":"a","type":"Elsa.Sequence","activities":[{"id":"inner","type":"Elsa.Flowchart"}]}""", true)]
    [InlineData("""{"id":"a","type":"Elsa.Sequence","activities":[{"id":"log","type":"Elsa.WriteLine"}]}""", false)]
    public void Compile_CycleOfContainers_IsAProblemWhenNothingInItIsExecuted(string first, bool isProblem)
    {
        var document = JsonElement.Parse("""
            {"definitionId":"t","root":{"id":"flow","type":"Elsa.Flowchart","activities":[{"id":"start","type":"Elsa.WriteLine"},FIRST,{"id":"b","type":"Elsa.Sequence"}],
             "connections":[{"source":{"activity":"start"},"target":{"activity":"a"}},{"source":{"activity":"a"},"target":{"activity":"b"}},{"source":{"activity":"b"},"target":{"activity":"a"}}]}}
            """.Replace("FIRST", first));

        var compile = () => new EffectWorld().Compile(document);

        if (isProblem)
        {
            compile.Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle(p => p.Message.Contains("never end"));
        }
        else
        {
            compile.Should().NotThrow();
        }
    }
}
