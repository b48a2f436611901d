using System.Text.Json;
using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

public class JsonSchemaCompileTests
{
    [Theory]
    [InlineData("[]", "", "must be an object")]
    [InlineData("""{"type":"any"}""", "/type", "is not a type")]
    [InlineData("""{"type":[]}""", "/type", "'type' must be")]
    [InlineData("""{"type":["string",5]}""", "/type/1", "is not a type")]
    [InlineData("""{"properties":{"a/b":{"required":true}}}""", "/properties/a~1b/required", "draft-03")]
    [InlineData("""{"required":"a"}""", "/required", "array of property names")]
    [InlineData("""{"required":[1]}""", "/required/0", "must be a string")]
    [InlineData("""{"enum":[]}""", "/enum", "at least one value")]
    [InlineData("""{"enum":"a"}""", "/enum", "an array")]
    [InlineData("""{"minimum":"1"}""", "/minimum", "a number")]
    [InlineData("""{"minimum":1,"exclusiveMinimum":1}""", "/exclusiveMinimum", "must be a boolean")]
    [InlineData("""{"exclusiveMaximum":true}""", "/exclusiveMaximum", "needs 'maximum'")]
    [InlineData("""{"multipleOf":0}""", "/multipleOf", "greater than 0")]
    [InlineData("""{"multipleOf":-0.5}""", "/multipleOf", "greater than 0")]
    [InlineData("""{"maxLength":-1}""", "/maxLength", "integer of 0 or more")]
    [InlineData("""{"maxLength":1.5}""", "/maxLength", "integer of 0 or more")]
    [InlineData("""{"maxLength":1e400}""", "/maxLength", "integer of 0 or more")]
    [InlineData("""{"pattern":"("}""", "/pattern", "not a regular expression")]
    [InlineData("""{"pattern":"[a"}""", "/pattern", "not a regular expression")]
    [InlineData("""{"pattern":"\\u12"}""", "/pattern", "not a regular expression")]
    [InlineData("""{"pattern":"\\p"}""", "/pattern", "not a regular expression")]
    [InlineData("""{"pattern":"\\"}""", "/pattern", "not a regular expression")]
    [InlineData("""{"patternProperties":{"*":{}}}""", "/patternProperties/*", "not a regular expression")]
    [InlineData("""{"patternProperties":{"a":true}}""", "/patternProperties/a", "must be an object")]
    [InlineData("""{"format":1}""", "/format", "a string")]
    [InlineData("""{"id":1}""", "/id", "a string")]
    [InlineData("""{"items":true}""", "/items", "schema or an array")]
    [InlineData("""{"items":[1]}""", "/items/0", "must be an object")]
    [InlineData("""{"additionalItems":1}""", "/additionalItems", "boolean or a schema")]
    [InlineData("""{"additionalProperties":"no"}""", "/additionalProperties", "boolean or a schema")]
    [InlineData("""{"uniqueItems":"yes"}""", "/uniqueItems", "a boolean")]
    [InlineData("""{"properties":[]}""", "/properties", "an object")]
    [InlineData("""{"properties":{"a":true}}""", "/properties/a", "must be an object")]
    [InlineData("""{"dependencies":{"a":"b"}}""", "/dependencies/a", "schema or an array")]
    [InlineData("""{"allOf":[]}""", "/allOf", "at least one schema")]
    [InlineData("""{"anyOf":{}}""", "/anyOf", "array of schemas")]
    [InlineData("""{"not":[]}""", "/not", "a schema")]
    [InlineData("""{"definitions":{"unused":{"type":1}}}""", "/definitions/unused/type", "'type' must be")]
    [InlineData("""{"$ref":5}""", "/$ref", "a string")]
    [InlineData("""{"items":{"$ref":"#/definitions/x"}}""", "/items/$ref", "cannot be resolved")]
    [InlineData("""{"items":{"$ref":"#/items/01"}}""", "/items/$ref", "cannot be resolved")]
    [InlineData("""{"items":{"$ref":"#name"}}""", "/items/$ref", "no schema has that id")]
    [InlineData("""{"items":{"$ref":"#/type"},"type":"array"}""", "/items/$ref", "not a schema")]
    [InlineData("""{"$ref":"http://example.com/schema.json"}""", "/$ref", "never fetched")]
    [InlineData("""{"$ref":"file:///etc/passwd"}""", "/$ref", "never fetched")]
    [InlineData("""{"$ref":"other.json#/a"}""", "/$ref", "never fetched")]
    [InlineData("""{"properties":{"a":{"id":"/a","items":{"$ref":"#/definitions/x"}}},"definitions":{"x":{}}}""", "/properties/a/items/$ref", "nearest 'id'")]
    [InlineData("""{"$ref":"#"}""", "", "never end")]
    [InlineData("""{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}}""", "/definitions/b", "never end")]
    [InlineData("""{"anyOf":[{"type":"null"},{"not":{"$ref":"#"}}]}""", "/anyOf/1/not", "never end")]
    [InlineData("""{"dependencies":{"a":{"$ref":"#"}}}""", "/dependencies/a", "never end")]
    [InlineData("""{"enum":["\ud800"]}""", "", "not valid Unicode")]
    [InlineData("""{"properties":{"\ud800":{}}}""", "", "not valid Unicode")]
    public void Compile_NotDraft4_ThrowsWithThePlaceAndTheReason(string schema, string path, string message)
    {
        var compile = () => schema.Schema();

        var exception = compile.Should().Throw<JsonSchemaException>().Which;
        exception.Path.Should().Be(path);
        exception.Message.Should().Contain(message);
    }

    [Theory]
    [InlineData("http://json-schema.org/draft-04/schema#")]
    [InlineData("https://json-schema.org/draft-04/schema#")]
    [InlineData("https://json-schema.org/draft/2020-12/schema")]
    public void Compile_AnySchemaUri_ReadAsDraft4(string uri) =>
        $$"""{"$schema":"{{uri}}","type":"string"}""".Schema().Accepts("1").Should().BeFalse();

    [Fact]
    public void Compile_NoElement_Throws()
    {
        var compile = () => JsonSchema.Compile(default);

        compile.Should().Throw<JsonSchemaException>();
    }

    [Fact]
    public void Compile_DocumentDisposedAfterwards_SchemaStillWorks()
    {
        JsonSchema schema;
        using (var document = JsonDocument.Parse("""{"enum":["a",{"b":1}]}"""))
        {
            schema = JsonSchema.Compile(document.RootElement);
        }

        schema.Accepts("""{"b":1.0}""").Should().BeTrue();
        schema.Accepts("\"b\"").Should().BeFalse();
    }

    [Fact]
    public void Compile_RepeatedAndOddIds_AreTolerated() =>
        """{"id":"http://[bad","items":[{"id":"0","type":"string"},{"id":"0","type":"integer"},{"id":" "}]}"""
            .Schema().Accepts("""["a",1,null]""").Should().BeTrue();

    [Fact]
    public void Compile_LongChainOfReferences_NeedsNoStack()
    {
        const int Length = 5_000;
        var links = Enumerable.Range(0, Length).Select(i => $$"""
            "d{{i}}":{"$ref":"#/definitions/d{{i + 1}}"}
            """);
        var schema = $$"""{"definitions":{ {{string.Join(',', links)}},"d{{Length}}":{"type":"null"} },"$ref":"#/definitions/d0"}""".Schema();

        schema.Accepts("null").Should().BeTrue();
        schema.Accepts("1").Should().BeFalse();
    }

    [Fact]
    public void Compile_SchemaNestedWithoutBound_Throws()
    {
        const int Depth = 2_000;
        var text = string.Concat(Enumerable.Repeat("""{"not":""", Depth)) + "{}" + new string('}', Depth);
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Depth + 2 });

        var compile = () => JsonSchema.Compile(document.RootElement);

        compile.Should().Throw<JsonSchemaException>().WithMessage("*too deeply*");
    }
}
