using CsCheck;
using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

public class SchemaFieldsTests
{
    [Fact]
    public void Of_NestedObjects_ListsEachFieldWithItsType() =>
        SchemaFields.Of("""
            {"properties":{
              "Source":{"type":"string","title":"Lead source","description":"Where it is from"},
              "User":{"type":"object","properties":{"E-Mail":{"type":["string","null"]},"Age":{"type":["integer","string"]},"x":{}}},
              "Tags":{"type":"array","items":{"properties":{"inside":{}}}}}}
            """.Json()).Select(f => $"{string.Join('/', f.Path)}|{f.Title}|{f.Type}|{f.Description}").Should().Equal(
                "Source|Lead source|string|Where it is from",
                "User|User|object|",
                "User/E-Mail|E-Mail|string|",
                "User/Age|Age|integer or string|",
                "User/x|x|any|",
                "Tags|Tags|array|");

    [Fact]
    public void Of_ReferencesAndCombinations_AreFollowed() =>
        SchemaFields.Of("""
            {"definitions":{"p":{"type":"object","properties":{"name":{"type":"string"}}}},
             "allOf":[{"properties":{"a":{"$ref":"#/definitions/p"}}},{"anyOf":[{"properties":{"b":{"type":"number"}}}]}]}
            """.Json()).Select(f => string.Join('/', f.Path)).Should().Equal("a", "a/name", "b");

    [Fact]
    public void OfItems_ArrayOfObjects_ListsTheFieldsOfAnElement()
    {
        var schema = """{"properties":{"order":{"properties":{"lines":{"type":"array","items":{"properties":{"sku":{"type":"string"}}}}}}}}""".Json();

        SchemaFields.OfItems(schema, ["order", "lines"]).Select(f => f.Title).Should().Equal("sku");
        SchemaFields.OfItems(schema, ["order"]).Should().BeEmpty();
        SchemaFields.OfItems(schema, ["nothing"]).Should().BeEmpty();
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"}}}""")]
    [InlineData("""{"$ref":"#"}""")]
    [InlineData("""{"allOf":[{"$ref":"#"},{"$ref":"#"}]}""")]
    public void Of_SchemaThatRefersToItself_Ends(string schema) =>
        SchemaFields.Of(schema.Json()).Count.Should().BeLessThanOrEqualTo(1000);

    [Fact]
    public void Of_AnyJson_NeverThrows() =>
        RandomJson.Value(4).Sample(text =>
        {
            SchemaFields.Of(text.Json());
            SchemaFields.OfItems($$$"""{"properties":{"a":{{{text}}}}}""".Json(), ["a"]);
        });
}
