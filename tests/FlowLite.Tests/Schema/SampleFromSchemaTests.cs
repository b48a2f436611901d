using CsCheck;
using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

public class SampleFromSchemaTests
{
    [Fact]
    public void Create_LeadSchema_LooksLikeTheDocumentedTestLead()
    {
        var sample = SampleFromSchema.Create("""
            {"type":"object","properties":{
              "ActionCode":{"type":"string"},"OfferTitle":{"type":"string"},"LeadSource":{"type":"string"},
              "UserDetails":{"type":"object","properties":{"Company":{"type":"string"},"Country":{"type":"string"},"Email":{"type":"string"},
                "FirstName":{"type":"string"},"LastName":{"type":"string"},"Phone":{"type":"string"},"Title":{"type":"string"}}}}}
            """.Json());

        sample.Errors.Should().BeEmpty();
        sample.Value.GetRawText().Should().Be(
            """
            {"ActionCode":"INS","OfferTitle":"Test Microsoft","LeadSource":"AzureMarketplace","UserDetails":{"Company":"Contoso","Country":"USA","Email":"someone@contoso.com","FirstName":"Some","LastName":"One","Phone":"16175555555","Title":"Esquire"}}
            """);
    }

    [Theory]
    [InlineData("""{"type":["null","integer"],"minimum":10,"exclusiveMinimum":true,"multipleOf":3}""", "12")]
    [InlineData("""{"enum":["x","y"]}""", "\"x\"")]
    [InlineData("""{"type":"integer","default":7}""", "7")]
    [InlineData("""{"type":"string","pattern":"^[A-Z]{2}$"}""", "\"US\"")]
    [InlineData("""{"type":"string","minLength":5,"maxLength":6,"format":"other"}""", "\"Textt\"")]
    [InlineData("""{"type":"array","items":{"type":"string","format":"email"},"minItems":2,"uniqueItems":true}""", """["someone@contoso.com","someone1@contoso.com"]""")]
    [InlineData("""{"$ref":"#/definitions/n","definitions":{"n":{"required":["next"],"properties":{"next":{"anyOf":[{"$ref":"#/definitions/n"},{"type":"null"}]}}}}}""", """{"next":{"next":null}}""")]
    [InlineData("""{"allOf":[{"required":["a"]},{"properties":{"a":{"type":"boolean"}},"additionalProperties":false}]}""", """{"a":true}""")]
    [InlineData("""{"type":"object","dependencies":{"a":["b"]},"properties":{"a":{"type":"null"}},"additionalProperties":{"type":"integer"}}""", """{"a":null,"b":1}""")]
    [InlineData("""{"oneOf":[{"type":"string","maxLength":0,"minLength":1},{"type":"null"}]}""", "null")]
    public void Create_Schema_GivesAMatchingValue(string schema, string expected)
    {
        var sample = SampleFromSchema.Create(schema.Json());

        sample.Errors.Should().BeEmpty();
        sample.Value.GetRawText().Should().Be(expected);
    }

    [Fact]
    public void Create_PatternNobodyGuesses_SaysWhereTheSampleFails() =>
        SampleFromSchema.Create("""{"properties":{"code":{"type":"string","pattern":"^[QX]{3}-[0-9]{7}$"}}}""".Json())
            .Errors.Should().ContainSingle().Which.Path.Should().Be("/code");

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]}""")]
    [InlineData("""{"allOf":[{"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"},"d":{"$ref":"#"}}}]}""")]
    [InlineData("""{"items":{"$ref":"#"},"minItems":20}""")]
    public void Create_SchemaThatRefersToItself_StaysSmall(string schema) =>
        SampleFromSchema.Create(schema.Json()).Value.GetRawText().Length.Should().BeLessThan(250_000);

    [Fact]
    public void Create_BadSchema_Throws() =>
        FluentActions.Invoking(() => SampleFromSchema.Create("""{"type":"text"}""".Json())).Should().Throw<JsonSchemaException>();

    [Fact]
    public void Create_AnySchemaOfASample_GivesASampleThatMatches() =>
        RandomJson.Value(4).Sample(text => SampleFromSchema.Create(SchemaFromSample.Create(text.Json())).Errors.Count == 0);

    [Fact]
    public void Create_ListOfDates_GivesDatesThatDiffer()
    {
        var schema = """{"type":"array","items":{"type":"string","format":"date-time"},"minItems":3,"uniqueItems":true}""".Json();

        var sample = SampleFromSchema.Create(schema);

        sample.Errors.Should().BeEmpty();
        sample.Value.GetArrayLength().Should().Be(3);
    }

    [Fact]
    public void Create_AnyBoundedSchema_GivesASampleThatMatches() =>
        Bounded(3).Sample(text =>
        {
            var schema = text.Json();
            var sample = SampleFromSchema.Create(schema);
            return sample.Errors.Count == 0 && JsonSchema.Compile(schema).IsValid(sample.Value);
        });

    // Schemas that something matches, with the keywords that people use.
    private static Gen<string> Bounded(int depth)
    {
        var text = Gen.Select(Gen.Int[0, 12], Gen.Int[0, 20], (least, more) => $$"""{"type":"string","minLength":{{least}},"maxLength":{{least + more}}}""");
        var format = RandomJson.Pick("email", "uri", "ipv4", "ipv6", "hostname", "date-time", "unknown").Select(f => $$"""{"type":["null","string"],"format":"{{f}}"}""");
        var number = Gen.Select(Gen.Int[-50, 50], Gen.Int[2, 50], Gen.Bool, (least, more, isInteger) =>
            $$"""{"type":"{{(isInteger ? "integer" : "number")}}","minimum":{{least}},"exclusiveMinimum":true,"maximum":{{least + more}},"exclusiveMaximum":true}""");
        var multiple = Gen.Select(Gen.Int[-500, 500], Gen.Int[1, 7], (least, of) => $$"""{"type":"integer","minimum":{{least}},"multipleOf":{{of}}}""");
        var scalar = Gen.OneOf(text, format, number, multiple, RandomJson.Pick("{}", """{"enum":[null,3,"x"]}""", """{"type":"boolean"}"""));
        if (depth == 0)
        {
            return scalar;
        }

        var array = Gen.Select(Bounded(depth - 1), Gen.Int[0, 3], (items, least) => $$"""{"type":"array","items":{{items}},"minItems":{{least}},"maxItems":{{least + 1}}}""");
        var member = Gen.Select(RandomJson.Pick("Email", "a b", "phone", "x"), Bounded(depth - 1), (name, schema) => $"\"{name}\":{schema}").Array[0, 4];
        var record = Gen.Select(member, Gen.Bool, (members, closed) =>
            $$"""{"type":"object","properties":{{{string.Join(',', members.DistinctBy(m => m.Split(':')[0]))}}},"required":["x"],"additionalProperties":{{(closed && members.Any(m => m.StartsWith("\"x\"", StringComparison.Ordinal)) ? "false" : "true")}}}""");
        var choice = Gen.Select(Bounded(depth - 1), Bounded(depth - 1), (a, b) => $$"""{"anyOf":[{{a}},{{b}}]}""");
        return Gen.OneOf(scalar, array, record, choice, Gen.Select(Bounded(depth - 1), a => $$"""{"allOf":[{{a}}]}"""));
    }
}
