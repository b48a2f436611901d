using System.Net;
using System.Text.Json;
using System.Xml.Linq;

namespace FlowLite.FunctionalTests.Crm;

/// <summary>Table definitions as Dataverse's Web API gives them (its page "Query table definitions using the Web API").</summary>
public sealed class CrmMetadataTests(CrmHost crm) : IClassFixture<CrmHost>
{
    private const string Lead = "EntityDefinitions(LogicalName='lead')";
    private const string Picklist = "Microsoft.Dynamics.CRM.PicklistAttributeMetadata";

    [Fact]
    public async Task EntityDefinitions_OfAllTables_SayHowTheyAreReached()
    {
        var answer = await crm.GetAsync("EntityDefinitions?$select=LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,SchemaName");

        answer.GetProperty("@odata.context").GetString().Should()
            .EndWith("/$metadata#EntityDefinitions(LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,SchemaName)");
        answer.GetProperty("value").EnumerateArray().Select(entity => string.Join(' ', entity.EnumerateObject()
                .Where(member => member.Name != "MetadataId").Select(member => member.Value.GetString())))
            .Should().Equal(
                "lead Lead leads leadid fullname",
                "contact Contact contacts contactid fullname",
                "account Account accounts accountid name");
    }

    [Fact]
    public async Task EntityDefinition_WithItsAttributes_HasWhatAFormNeeds()
    {
        var answer = await crm.GetAsync($"{Lead}?$select=DisplayName&$expand=Attributes($select=LogicalName,RequiredLevel,AttributeType)");

        answer.GetProperty("DisplayName").GetProperty("UserLocalizedLabel").GetProperty("Label").GetString().Should().Be("Lead");
        answer.GetProperty("DisplayName").GetProperty("LocalizedLabels")[0].GetProperty("LanguageCode").GetInt32().Should().Be(1033);
        answer.TryGetProperty("EntitySetName", out _).Should().BeFalse();
        var lastname = Named(answer.GetProperty("Attributes"), "lastname");
        lastname.GetProperty("@odata.type").GetString().Should().Be("#Microsoft.Dynamics.CRM.StringAttributeMetadata");
        lastname.GetProperty("RequiredLevel").GetProperty("Value").GetString().Should().Be("ApplicationRequired");
        lastname.GetProperty("AttributeType").GetString().Should().Be("String");
        lastname.TryGetProperty("MaxLength", out _).Should().BeFalse();
    }

    [Fact]
    public async Task EntityDefinition_ByItsMetadataId_IsTheSame()
    {
        var byName = await crm.GetAsync(Lead);

        var byId = await crm.GetAsync($"EntityDefinitions({byName.GetProperty("MetadataId").GetString()})");

        JsonElement.DeepEquals(byId, byName).Should().BeTrue();
        byName.TryGetProperty("Attributes", out _).Should().BeFalse("navigation properties are answered only when they are expanded");
    }

    [Fact]
    public async Task Attributes_WithoutACast_SayOfWhichTypeEachIs()
    {
        var answer = await crm.GetAsync($"{Lead}/Attributes");

        var types = answer.GetProperty("value").EnumerateArray().ToDictionary(
            column => column.GetProperty("LogicalName").GetString()!,
            column => $"{column.GetProperty("AttributeType")} {column.GetProperty("AttributeTypeName").GetProperty("Value")}");
        types.Should().Contain(new Dictionary<string, string>
        {
            ["leadid"] = "Uniqueidentifier UniqueidentifierType",
            ["subject"] = "String StringType",
            ["description"] = "Memo MemoType",
            ["leadsourcecode"] = "Picklist PicklistType",
            ["donotemail"] = "Boolean BooleanType",
            ["numberofemployees"] = "Integer IntegerType",
            ["address1_latitude"] = "Double DoubleType",
            ["estimatedclosedate"] = "DateTime DateTimeType",
            ["statecode"] = "State StateType",
            ["statuscode"] = "Status StatusType",
            ["versionnumber"] = "BigInt BigIntType",
        });
    }

    [Fact]
    public async Task Attributes_CastToPicklists_HaveTheirOptionsWhenExpanded()
    {
        var answer = await crm.GetAsync($"{Lead}/Attributes/{Picklist}?$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet");

        var source = Named(answer.GetProperty("value"), "leadsourcecode");
        source.TryGetProperty("@odata.type", out _).Should().BeFalse("the cast says it");
        source.GetProperty("GlobalOptionSet").ValueKind.Should().Be(JsonValueKind.Null);
        Labels(source.GetProperty("OptionSet")).Should().StartWith(["1 Advertisement", "2 Employee Referral"]).And.EndWith("10 Other").And.HaveCount(10);
        answer.GetProperty("value").EnumerateArray().Select(column => column.GetProperty("LogicalName").GetString())
            .Should().Equal("leadsourcecode", "leadqualitycode", "industrycode", "preferredcontactmethodcode");
    }

    [Theory]
    [InlineData("StringAttributeMetadata", "firstname", "MaxLength", "50")]
    [InlineData("StringAttributeMetadata", "emailaddress1", "Format", "Email")]
    [InlineData("MemoAttributeMetadata", "description", "MaxLength", "2000")]
    [InlineData("IntegerAttributeMetadata", "numberofemployees", "MaxValue", "1000000")]
    [InlineData("DoubleAttributeMetadata", "address1_latitude", "MinValue", "-90")]
    [InlineData("DateTimeAttributeMetadata", "estimatedclosedate", "Format", "DateOnly")]
    [InlineData("DateTimeAttributeMetadata", "createdon", "IsValidForCreate", "False")]
    [InlineData("BooleanAttributeMetadata", "followemail", "DefaultValue", "True")]
    public async Task Attribute_OfEachType_HasItsLimits(string type, string column, string member, string expected)
    {
        var one = await crm.GetAsync($"{Lead}/Attributes(LogicalName='{column}')/Microsoft.Dynamics.CRM.{type}?$select={member}");
        var many = await crm.GetAsync($"{Lead}/Attributes/Microsoft.Dynamics.CRM.{type}?$select={member}");

        one.GetProperty(member).ToString().Should().Be(expected);
        Named(many.GetProperty("value"), column).GetProperty(member).ToString().Should().Be(expected);
    }

    [Fact]
    public async Task OptionSets_OfBooleanAndStatus_HaveTheirOwnShapes()
    {
        var flag = await crm.GetAsync($"{Lead}/Attributes(LogicalName='donotemail')/Microsoft.Dynamics.CRM.BooleanAttributeMetadata/OptionSet");
        var status = await crm.GetAsync($"{Lead}/Attributes(LogicalName='statuscode')/Microsoft.Dynamics.CRM.StatusAttributeMetadata?$expand=OptionSet");

        Label(flag.GetProperty("TrueOption")).Should().Be("1 Do Not Allow");
        Label(flag.GetProperty("FalseOption")).Should().Be("0 Allow");
        status.GetProperty("OptionSet").GetProperty("Options").EnumerateArray().Select(option => option.GetProperty("State").GetInt32())
            .Should().Equal(0, 0, 1, 2, 2, 2, 2);
    }

    [Theory]
    [InlineData("RequiredLevel/Value eq Microsoft.Dynamics.CRM.AttributeRequiredLevel'ApplicationRequired'", "subject,lastname")]
    [InlineData("AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Memo'", "description")]
    [InlineData("AttributeType eq 'Status' or LogicalName eq 'subject'", "subject,statuscode")]
    [InlineData("IsValidForCreate eq false and not (AttributeType eq 'DateTime')", "fullname,versionnumber")]
    public async Task Attributes_Filtered_AreThoseThatMatch(string filter, string expected)
    {
        var answer = await crm.GetAsync($"{Lead}/Attributes?$select=LogicalName&$filter={Uri.EscapeDataString(filter)}");

        string.Join(',', answer.GetProperty("value").EnumerateArray().Select(column => column.GetProperty("LogicalName"))).Should().Be(expected);
    }

    [Theory]
    [InlineData("EntityDefinitions(LogicalName='nope')", HttpStatusCode.NotFound, "0x80041102")]
    [InlineData(Lead + "/Attributes(LogicalName='nope')", HttpStatusCode.NotFound, "0x80040217")]
    [InlineData(Lead + "/Attributes(LogicalName='subject')/" + Picklist, HttpStatusCode.NotFound, "0x80040217")]
    [InlineData(Lead + "/Attributes/Microsoft.Dynamics.CRM.Nope", HttpStatusCode.NotFound, "0x8006088a")]
    [InlineData(Lead + "/Nope", HttpStatusCode.NotFound, "0x8006088a")]
    [InlineData(Lead + "/Attributes/" + Picklist + "/OptionSet", HttpStatusCode.NotFound, "0x8006088a")]
    [InlineData(Lead + "/Attributes/" + Picklist + "/OptionSet/Options", HttpStatusCode.NotFound, "0x8006088a")]
    [InlineData("EntityDefinitions('lead')", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "?$select=Nope", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "?$expand=LogicalName", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "?$expand=Attributes($select=MaxLength)", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "?$expand=Attributes($select", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "?$expand=Attributes($nope)", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "?$orderby=LogicalName", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "/Attributes?$select=MaxLength", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "/Attributes?$filter=Nope eq 1", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "/Attributes?$filter=LogicalName gt 'a'", HttpStatusCode.BadRequest, "0x80060888")]
    [InlineData(Lead + "/Attributes?$filter=(LogicalName eq 'a'", HttpStatusCode.BadRequest, "0x80060888")]
    public async Task Metadata_ThatDoesNotExist_IsRefusedAsDataverseDoes(string url, HttpStatusCode status, string code)
    {
        using var answer = await crm.SendAsync(HttpMethod.Get, url);

        await CrmHost.ShouldRefuseAsync(answer, status, code, " ");
    }

    [Fact]
    public async Task Metadata_Written_IsNotAllowed()
    {
        using var answer = await crm.SendAsync(HttpMethod.Post, "EntityDefinitions", "{}");

        answer.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
        answer.Content.Headers.Allow.Should().Equal("GET");
    }

    [Fact]
    public async Task ServiceMetadata_IsCsdlOfTheSameTables()
    {
        using var answer = await crm.SendAsync(HttpMethod.Get, "$metadata");

        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/xml");
        XNamespace edm = "http://docs.oasis-open.org/odata/ns/edm";
        var document = XDocument.Parse(await answer.Content.ReadAsStringAsync());
        document.Descendants(edm + "EntitySet").Select(set => (string?)set.Attribute("Name")).Should().Equal("leads", "contacts", "accounts");
        var lead = document.Descendants(edm + "EntityType").First();
        lead.Element(edm + "Key")!.Element(edm + "PropertyRef")!.Attribute("Name")!.Value.Should().Be("leadid");
        lead.Elements(edm + "Property").Select(property => $"{property.Attribute("Name")!.Value} {property.Attribute("Type")!.Value}")
            .Should().Contain(["subject Edm.String", "donotemail Edm.Boolean", "leadsourcecode Edm.Int32", "createdon Edm.DateTimeOffset"]);
    }

    [Fact]
    public async Task SchemaNames_InLowerCase_AreLogicalNames()
    {
        foreach (var entity in new[] { "lead", "contact", "account" })
        {
            var answer = await crm.GetAsync($"EntityDefinitions(LogicalName='{entity}')/Attributes?$select=LogicalName,SchemaName");

            answer.GetProperty("value").EnumerateArray().Should().OnlyContain(column =>
                column.GetProperty("SchemaName").GetString()!.Equals(column.GetProperty("LogicalName").GetString(), StringComparison.OrdinalIgnoreCase));
        }
    }

    private static JsonElement Named(JsonElement columns, string logicalName) =>
        columns.EnumerateArray().Single(column => column.GetProperty("LogicalName").ValueEquals(logicalName));

    private static IEnumerable<string> Labels(JsonElement optionSet) => optionSet.GetProperty("Options").EnumerateArray().Select(Label);

    private static string Label(JsonElement option) =>
        $"{option.GetProperty("Value")} {option.GetProperty("Label").GetProperty("UserLocalizedLabel").GetProperty("Label")}";
}
