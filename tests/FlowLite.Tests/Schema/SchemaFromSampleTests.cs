using CsCheck;
using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

public class SchemaFromSampleTests
{
    [Theory]
    [InlineData("""{"a":{"b":"x"}}""", """{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"string"}}}}}""")]
    [InlineData("""{"n":1,"x":1.5,"e":1e2,"t":true}""",
        """{"type":"object","properties":{"n":{"type":"integer"},"x":{"type":"number"},"e":{"type":"number"},"t":{"type":"boolean"}}}""")]
    [InlineData("""{"a":null}""", """{"type":"object","properties":{"a":{"type":["string","null"]}}}""")]
    [InlineData("[]", """{"type":"array"}""")]
    [InlineData("[1,2.5]", """{"type":"array","items":{"type":"number"}}""")]
    [InlineData("[2.5,1]", """{"type":"array","items":{"type":"number"}}""")]
    [InlineData("""[1,"x",null]""", """{"type":"array","items":{"type":["integer","string","null"]}}""")]
    [InlineData("""[{"a":1},{"b":"x"},{"a":null}]""",
        """{"type":"array","items":{"type":"object","properties":{"a":{"type":["integer","null"]},"b":{"type":"string"}}}}""")]
    [InlineData("""[[1],["x"],{"a":[true]}]""",
        """{"type":"array","items":{"type":["array","object"],"properties":{"a":{"type":"array","items":{"type":"boolean"}}},"items":{"type":["integer","string"]}}}""")]
    [InlineData("\"x\"", """{"type":"string"}""")]
    [InlineData("null", """{"type":["string","null"]}""")]
    public void Create_Sample_GivesItsSchema(string sample, string expected)
    {
        var schema = SchemaFromSample.Create(sample.Json()).GetRawText();

        schema.Should().Be(expected.Insert(1, "\"$schema\":\"http://json-schema.org/draft-04/schema#\","));
    }

    [Fact]
    public void Create_PayloadWithoutAField_StillMatches() =>
        SchemaFromSample.Create("""{"a":1,"b":{"c":"x"}}""".Json()).GetRawText().Schema().IsValid("""{"b":{}}""".Json()).Should().BeTrue();

    [Fact]
    public void Create_AnySample_MatchesItsSchemaAndGivesTheSameAgain() =>
        RandomJson.Value(4).Sample(text =>
        {
            var sample = text.Json();
            var schema = SchemaFromSample.Create(sample);
            return JsonSchema.Compile(schema).IsValid(sample)
                && SchemaFromSample.Create(sample).GetRawText() == schema.GetRawText();
        });

    [Fact]
    public void Create_AnyArray_DescribesEachOfItsElements() =>
        RandomJson.Value(3).Array[1, 5].Sample(items =>
        {
            var sample = $"[{string.Join(',', items)}]".Json();
            var schema = SchemaFromSample.Create(sample);
            var ofItems = JsonSchema.Compile(schema.GetProperty("items"));
            return sample.EnumerateArray().All(ofItems.IsValid);
        });
}
