using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

public class JsonSchemaOptionsTests
{
    private static readonly JsonSchemaOptions Nulls = new(AllowNullInOptional: true);
    private static readonly JsonSchemaOptions AnyCase = new(IgnoreKeyCase: true);

    [Theory]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", """{"a":null}""", true)]
    [InlineData("""{"properties":{"a":{"enum":["x"],"not":{"type":"null"}}}}""", """{"a":null}""", true)]
    [InlineData("""{"properties":{"a":{"type":"string"}},"required":["a"]}""", """{"a":null}""", false)]
    [InlineData("""{"properties":{"a":{"type":"string"}},"required":["a"]}""", """{}""", false)]
    [InlineData("""{"patternProperties":{"a":{"type":"string"}}}""", """{"a":null}""", true)]
    [InlineData("""{"patternProperties":{"a":{"type":"string"}},"required":["a"]}""", """{"a":null}""", false)]
    [InlineData("""{"additionalProperties":{"type":"string"}}""", """{"a":null}""", true)]
    [InlineData("""{"additionalProperties":false}""", """{"a":null}""", false)]
    [InlineData("""{"properties":{"a":{"properties":{"b":{"type":"string"}}}}}""", """{"a":{"b":null}}""", true)]
    [InlineData("""{"type":"object"}""", "null", false)]
    [InlineData("""{"items":{"type":"string"}}""", "[null]", false)]
    [InlineData("""{"not":{"properties":{"a":{"type":"string"}}}}""", """{"a":null}""", true)]
    [InlineData("""{"oneOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"a":{"type":"null"}}}]}""", """{"a":null}""", true)]
    [InlineData("""{"oneOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"a":{"type":"null"}}}]}""", """{"a":"x"}""", true)]
    [InlineData("""{"oneOf":[{},{"properties":{"a":{"type":"null"}}}]}""", """{"a":null}""", false)]
    public void IsValid_NullsAllowedInOptional_TakesNullWhereNotRequired(string schema, string instance, bool expected) =>
        schema.Schema(Nulls).Accepts(instance).Should().Be(expected);

    [Theory]
    [InlineData("""{"properties":{"Email":{"type":"string"}}}""", """{"email":1}""", false)]
    [InlineData("""{"properties":{"Email":{"type":"string"}}}""", """{"EMAIL":"x"}""", true)]
    [InlineData("""{"properties":{"a":{"type":"string"},"A":{"type":"integer"}}}""", """{"a":"x","A":1}""", true)]
    [InlineData("""{"properties":{"a":{"type":"string"},"A":{"type":"integer"}}}""", """{"a":1}""", false)]
    [InlineData("""{"required":["Email"]}""", """{"eMail":"x"}""", true)]
    [InlineData("""{"required":["Email"]}""", """{"Mail":"x"}""", false)]
    [InlineData("""{"required":["email"],"properties":{"Email":{"type":"string"}}}""", """{"email":1}""", false)]
    [InlineData("""{"properties":{"Email":{}},"additionalProperties":false}""", """{"email":1}""", true)]
    [InlineData("""{"properties":{"Email":{}},"additionalProperties":false}""", """{"mail":1}""", false)]
    [InlineData("""{"dependencies":{"A":["B"]}}""", """{"a":1,"b":2}""", true)]
    [InlineData("""{"dependencies":{"A":["B"]}}""", """{"a":1}""", false)]
    [InlineData("""{"patternProperties":{"^A$":{"type":"string"}}}""", """{"a":1}""", true)]
    [InlineData("""{"enum":[{"A":1}]}""", """{"a":1}""", false)]
    public void IsValid_KeyCaseIgnored_MatchesExactlyFirstThenIgnoringCase(string schema, string instance, bool expected) =>
        schema.Schema(AnyCase).Accepts(instance).Should().Be(expected);

    [Theory]
    [InlineData("""{"email":null}""", false)]
    [InlineData("""{"phone":null,"email":"x"}""", true)]
    [InlineData("""{"phone":null}""", false)]
    public void IsValid_BothOptions_RequiredHoldsForEveryCase(string instance, bool expected) =>
        """{"properties":{"Email":{"type":"string"},"Phone":{"type":"string"}},"required":["EMAIL"]}"""
            .Schema(new JsonSchemaOptions(true, true)).Accepts(instance).Should().Be(expected);
}
