using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

/// <summary>The marketplace's published lead schema: no required, no additionalProperties, an id on every node.</summary>
public class LeadSchemaTests
{
    private static readonly JsonSchemaOptions Tolerant = new(AllowNullInOptional: true, IgnoreKeyCase: true);

    private const string Lead = """
        {
          "$schema": "http://json-schema.org/draft-04/schema#",
          "definitions": {},
          "id": "http://example.com/example.json",
          "type": "object",
          "properties": {
            "ActionCode": { "id": "/properties/ActionCode", "type": "string" },
            "OfferTitle": { "id": "/properties/OfferTitle", "type": "string" },
            "LeadSource": { "id": "/properties/LeadSource", "type": "string" },
            "UserDetails": {
              "id": "/properties/UserDetails",
              "type": "object",
              "properties": {
                "Company": { "id": "/properties/UserDetails/properties/Company", "type": "string" },
                "Country": { "id": "/properties/UserDetails/properties/Country", "type": "string" },
                "Email": { "id": "/properties/UserDetails/properties/Email", "type": "string" },
                "FirstName": { "id": "/properties/UserDetails/properties/FirstName", "type": "string" },
                "LastName": { "id": "/properties/UserDetails/properties/LastName", "type": "string" },
                "Phone": { "id": "/properties/UserDetails/properties/Phone", "type": "string" },
                "Title": { "id": "/properties/UserDetails/properties/Title", "type": "string" }
              }
            }
          }
        }
        """;

    [Theory]
    [InlineData("{}", true, true)]
    [InlineData("""{"ActionCode":"INS","Description":"x","UserDetails":{"Email":"a@b.com","Fax":1}}""", true, true)]
    [InlineData("""{"actionCode":"INS","userDetails":{"email":"a@b.com","firstName":"A"}}""", true, true)]
    [InlineData("""{"ActionCode":"INS","UserDetails":{"Email":"a@b.com","Phone":null}}""", false, true)]
    [InlineData("""{"ActionCode":"INS","UserDetails":null}""", false, true)]
    [InlineData("""{"userDetails":{"phone":null}}""", true, true)]
    [InlineData("""{"userDetails":{"phone":5}}""", true, false)]
    [InlineData("""{"UserDetails":{"Phone":5}}""", false, false)]
    [InlineData("""{"UserDetails":"x"}""", false, false)]
    [InlineData("null", false, false)]
    [InlineData("[]", false, false)]
    public void IsValid_Lead_StrictAndTolerant(string body, bool strict, bool tolerant)
    {
        Lead.Schema().Accepts(body).Should().Be(strict);
        Lead.Schema(Tolerant).Accepts(body).Should().Be(tolerant);
    }

    [Fact]
    public void Validate_NullPhone_NamesTheField() =>
        Lead.Schema().Errors("""{"UserDetails":{"Phone":null}}""")
            .Should().Equal(new JsonSchemaError("/UserDetails/Phone", "type", "Invalid type. Expected String but got Null."));

    [Fact]
    public void IsValid_Lead_AllocatesNothing()
    {
        var schema = Lead.Schema(Tolerant);
        var body = """{"LeadSource":"s","ActionCode":"INS","OfferTitle":"o","UserDetails":{"FirstName":"A","LastName":"B","Email":"a@b.com","Phone":"1"}}""".Json();
        schema.IsValid(body);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var valid = schema.IsValid(body);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        valid.Should().BeTrue();
        allocated.Should().Be(0);
    }
}
