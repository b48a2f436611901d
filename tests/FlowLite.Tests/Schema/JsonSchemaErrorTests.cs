using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

public class JsonSchemaErrorTests
{
    [Theory]
    [InlineData("""{"type":"string"}""", "null", "type", "Invalid type. Expected String but got Null.")]
    [InlineData("""{"type":["integer","null"]}""", "1.5", "type", "Invalid type. Expected Integer, Null but got Number.")]
    [InlineData("""{"type":"number"}""", "{}", "type", "Invalid type. Expected Number but got Object.")]
    [InlineData("""{"required":["item","b","c"]}""", """{"b":1}""", "required", "Required properties are missing from object: item, c.")]
    [InlineData("""{"enum":[1]}""", "\"a\"", "enum", "Value \"a\" is not defined in enum.")]
    [InlineData("""{"minLength":2}""", "\"a\"", "minLength", "String 'a' is less than minimum length of 2.")]
    [InlineData("""{"maxLength":2}""", "\"abc\"", "maxLength", "String 'abc' exceeds maximum length of 2.")]
    [InlineData("""{"pattern":"^b"}""", "\"a\"", "pattern", "String 'a' does not match regex pattern '^b'.")]
    [InlineData("""{"format":"email"}""", "\"a\"", "format", "String 'a' does not validate against format 'email'.")]
    [InlineData("""{"minimum":2.50}""", "1", "minimum", "Integer 1 is less than minimum value of 2.50.")]
    [InlineData("""{"minimum":2,"exclusiveMinimum":true}""", "2.0", "minimum", "Number 2.0 equals minimum value of 2 and exclusive minimum is true.")]
    [InlineData("""{"maximum":2}""", "3", "maximum", "Integer 3 exceeds maximum value of 2.")]
    [InlineData("""{"maximum":2,"exclusiveMaximum":true}""", "2", "maximum", "Integer 2 equals maximum value of 2 and exclusive maximum is true.")]
    [InlineData("""{"multipleOf":2}""", "3", "multipleOf", "Integer 3 is not a multiple of 2.")]
    [InlineData("""{"minItems":1}""", "[]", "minItems", "Array item count 0 is less than minimum count of 1.")]
    [InlineData("""{"maxItems":1}""", "[1,2]", "maxItems", "Array item count 2 exceeds maximum count of 1.")]
    [InlineData("""{"items":[{}],"additionalItems":false}""", "[1,2]", "additionalItems", "Index 2 has not been defined and the JSON schema does not allow additional items.")]
    [InlineData("""{"uniqueItems":true}""", "[1,2,1.0]", "uniqueItems", "Non-unique array item at index 2.")]
    [InlineData("""{"minProperties":1}""", "{}", "minProperties", "Object property count 0 is less than minimum count of 1.")]
    [InlineData("""{"maxProperties":0}""", """{"a":1}""", "maxProperties", "Object property count 1 exceeds maximum count of 0.")]
    [InlineData("""{"dependencies":{"a":["b","c"]}}""", """{"a":1,"c":2}""", "dependencies", "Dependencies for property 'a' failed. Missing required keys: b.")]
    [InlineData("""{"anyOf":[{"type":"null"}]}""", "1", "anyOf", "JSON does not match any schemas from 'anyOf'.")]
    [InlineData("""{"oneOf":[{"type":"null"}]}""", "1", "oneOf", "JSON is valid against no schemas from 'oneOf'.")]
    [InlineData("""{"oneOf":[{},{}]}""", "1", "oneOf", "JSON is valid against more than one schema from 'oneOf'.")]
    [InlineData("""{"not":{}}""", "1", "not", "JSON is valid against schema from 'not'.")]
    public void Validate_OneMismatch_SaysWhatAndWhy(string schema, string instance, string keyword, string message) =>
        schema.Schema().Errors(instance).Should().Equal(new JsonSchemaError("", keyword, message));

    [Fact]
    public void Validate_SeveralMismatches_ReportsEachWithItsPointer()
    {
        var schema = """
            {"type":"object","required":["id"],"additionalProperties":false,
             "properties":{"a/b":{"items":{"properties":{"~":{"type":"string"}}}},"n":{"allOf":[{"minimum":5},{"multipleOf":2}]}}}
            """.Schema();

        var errors = schema.Errors("""{"a/b":[{},{"~":1}],"n":3,"x":1}""");

        errors.Select(error => (error.Path, error.Keyword)).Should().BeEquivalentTo(
            [("/a~1b/1/~0", "type"), ("/n", "minimum"), ("/n", "multipleOf"), ("/x", "additionalProperties"), ("", "required")]);
        errors.Should().Contain(error => error.Message == "Property 'x' has not been defined and the schema does not allow additional properties.");
    }

    [Fact]
    public void Validate_ThousandsOfMismatches_StopsAtAHundred() =>
        """{"items":{"type":"string"}}""".Schema().Errors($"[{string.Join(',', Enumerable.Repeat("1", 5_000))}]").Should().HaveCount(100);

    [Fact]
    public void Validate_HugeValue_MessageStaysShort() =>
        """{"maxLength":3}""".Schema().Errors($"\"{new string('x', 1_000_000)}\"").Single().Message.Length.Should().BeLessThan(200);
}
