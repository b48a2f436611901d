using System.Net;
using System.Text;

namespace FlowLite.FunctionalTests.Crm;

public sealed class CrmCreateTests(CrmHost crm) : IClassFixture<CrmHost>
{
    private const string Lead = """
        {"subject":"Contoso Test","firstname":"Some","lastname":"One","emailaddress1":"someone@contoso.com","telephone1":"16175555555",
         "mobilephone":"1617","companyname":"Contoso","jobtitle":"Esquire","address1_country":"USA","address1_city":"Boston","websiteurl":"https://contoso.com",
         "description":"Line 1\nLine 2 — Привет 😀","leadsourcecode":8,"leadqualitycode":2,"donotemail":true,"numberofemployees":12,
         "address1_latitude":42.5,"estimatedclosedate":"2026-03-01","schedulefollowup_prospect":"2026-02-01T10:30:00+02:00"}
        """;

    [Fact]
    public async Task Post_NewLead_Answers204WithAbsoluteUrlOfTheRecord()
    {
        using var answer = await crm.SendAsync(HttpMethod.Post, "leads", Lead);

        answer.StatusCode.Should().Be(HttpStatusCode.NoContent);
        answer.Headers.GetValues("OData-Version").Should().Equal("4.0");
        var url = answer.Headers.GetValues("OData-EntityId").Single();
        url.Should().StartWith(crm.Address + CrmHost.DataRoot.TrimStart('/') + "leads(").And.EndWith(")");
        (await crm.GetAsync(url)).GetProperty("leadid").GetGuid().Should().Be(CrmHost.IdOf(answer));
    }

    [Fact]
    public async Task Get_CreatedLead_GivesEveryValueBack()
    {
        var id = await crm.CreateAsync("leads", Lead);

        var lead = await crm.GetAsync($"leads({id})");

        lead.GetProperty("@odata.context").GetString().Should().Be(new Uri(crm.Address, CrmHost.DataRoot) + "$metadata#leads/$entity");
        lead.GetProperty("@odata.etag").GetString().Should().Be($"W/\"{lead.GetProperty("versionnumber").GetInt64()}\"");
        lead.GetProperty("fullname").GetString().Should().Be("Some One");
        lead.GetProperty("description").GetString().Should().Be("Line 1\nLine 2 — Привет 😀");
        lead.GetProperty("leadsourcecode").GetInt32().Should().Be(8);
        lead.GetProperty("donotemail").GetBoolean().Should().BeTrue();
        lead.GetProperty("address1_latitude").GetDouble().Should().Be(42.5);
        lead.GetProperty("estimatedclosedate").GetString().Should().Be("2026-03-01");
        lead.GetProperty("schedulefollowup_prospect").GetString().Should().Be("2026-02-01T08:30:00Z");
        foreach (var (column, value) in new[]
        {
            ("subject", "Contoso Test"), ("firstname", "Some"), ("lastname", "One"), ("emailaddress1", "someone@contoso.com"), ("telephone1", "16175555555"),
            ("mobilephone", "1617"), ("companyname", "Contoso"), ("jobtitle", "Esquire"), ("address1_country", "USA"), ("address1_city", "Boston"),
            ("websiteurl", "https://contoso.com"),
        })
        {
            lead.GetProperty(column).GetString().Should().Be(value, column);
        }
    }

    [Fact]
    public async Task Post_NothingButATopic_GetsDataverseDefaults()
    {
        var id = await crm.CreateAsync("leads", """{"subject":"x"}""");

        var lead = await crm.GetAsync($"leads({id})");

        lead.GetProperty("statecode").GetInt32().Should().Be(0);
        lead.GetProperty("statuscode").GetInt32().Should().Be(1);
        lead.GetProperty("donotbulkemail").GetBoolean().Should().BeFalse();
        lead.GetProperty("followemail").GetBoolean().Should().BeTrue();
        lead.GetProperty("fullname").ValueKind.Should().Be(System.Text.Json.JsonValueKind.Null);
        lead.GetProperty("createdon").GetString().Should().MatchRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$");
        lead.GetProperty("modifiedon").GetString().Should().Be(lead.GetProperty("createdon").GetString());
    }

    [Theory]
    [InlineData("contacts", "contactid", """{"firstname":"A","lastname":"B","birthdate":"1980-02-29","gendercode":2}""", "fullname", "A B")]
    [InlineData("accounts", "accountid", """{"name":"Contoso","numberofemployees":5000}""", "name", "Contoso")]
    public async Task Post_OtherTables_AreStored(string set, string key, string body, string column, string expected)
    {
        var id = await crm.CreateAsync(set, body);

        var record = await crm.GetAsync($"{set}({id})");

        record.GetProperty(key).GetGuid().Should().Be(id);
        record.GetProperty(column).GetString().Should().Be(expected);
    }

    [Fact]
    public async Task Post_ReturnRepresentation_Answers201WithBodyAndNoEntityId()
    {
        using var answer = await crm.SendAsync(HttpMethod.Post, "leads?$select=subject,fullname", Lead, ("Prefer", "return=representation"));

        answer.StatusCode.Should().Be(HttpStatusCode.Created);
        answer.Headers.Contains("OData-EntityId").Should().BeFalse();
        answer.Headers.GetValues("Preference-Applied").Should().Equal("return=representation");
        var lead = await CrmHost.JsonAsync(answer);
        lead.EnumerateObject().Select(member => member.Name).Should().Equal("@odata.context", "@odata.etag", "leadid", "subject", "fullname");
        lead.GetProperty("fullname").GetString().Should().Be("Some One");
    }

    [Fact]
    public async Task Post_SameIdTwice_Answers412TheSecondTime()
    {
        var id = await crm.CreateAsync("leads", """{"leadid":"0b7d5b3e-0000-4000-8000-000000000001","subject":"first"}""");

        using var again = await crm.SendAsync(HttpMethod.Post, "leads", $$"""{"leadid":"{{id}}","subject":"second"}""");

        id.Should().Be(Guid.Parse("0b7d5b3e-0000-4000-8000-000000000001"));
        await CrmHost.ShouldRefuseAsync(again, HttpStatusCode.PreconditionFailed, "0x80040237", "A record with matching key values already exists.");
        (await crm.GetAsync($"leads({id})")).GetProperty("subject").GetString().Should().Be("first");
    }

    [Fact]
    public async Task Post_ColumnsOfTheSystem_AreIgnored()
    {
        var id = await crm.CreateAsync("leads", """{"@odata.type":"Microsoft.Dynamics.CRM.lead","lastname":"Real","fullname":"Fake","versionnumber":-1,"createdon":"1999-01-01T00:00:00Z"}""");

        var lead = await crm.GetAsync($"leads({id})");

        lead.GetProperty("fullname").GetString().Should().Be("Real");
        lead.GetProperty("createdon").GetString().Should().NotStartWith("1999");
        lead.GetProperty("versionnumber").GetInt64().Should().BePositive();
    }

    [Fact]
    public async Task Post_DuplicateMember_LastWins()
    {
        var id = await crm.CreateAsync("leads", """{"subject":"first","subject":"last"}""");

        (await crm.GetAsync($"leads({id})")).GetProperty("subject").GetString().Should().Be("last");
    }

    [Theory]
    [InlineData("leads", "subject", 300)]
    [InlineData("leads", "firstname", 50)]
    [InlineData("leads", "lastname", 50)]
    [InlineData("leads", "emailaddress1", 100)]
    [InlineData("leads", "telephone1", 50)]
    [InlineData("leads", "mobilephone", 20)]
    [InlineData("leads", "companyname", 100)]
    [InlineData("leads", "jobtitle", 100)]
    [InlineData("leads", "address1_country", 80)]
    [InlineData("leads", "address1_city", 80)]
    [InlineData("leads", "websiteurl", 200)]
    [InlineData("leads", "description", 2000)]
    [InlineData("contacts", "mobilephone", 50)]
    [InlineData("accounts", "name", 160)]
    public async Task Post_TextColumn_HasDataversesLimit(string set, string column, int limit)
    {
        using var longest = await crm.SendAsync(HttpMethod.Post, set, $$"""{"{{column}}":"{{new string('x', limit)}}"}""");
        using var tooLong = await crm.SendAsync(HttpMethod.Post, set, $$"""{"{{column}}":"{{new string('x', limit + 1)}}"}""");

        longest.StatusCode.Should().Be(HttpStatusCode.NoContent);
        await CrmHost.ShouldRefuseAsync(tooLong, HttpStatusCode.BadRequest, "0x80044331", $"maximum allowed length of '{limit}'");
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public async Task Post_TextAtItsLimit_IsCountedInUtf16(int length, bool accepted)
    {
        // One emoji is two UTF-16 units: an even limit of units, not of characters.
        var text = string.Concat(Enumerable.Repeat("😀", length / 2)) + new string('x', length % 2);

        using var answer = await crm.SendAsync(HttpMethod.Post, "leads", $$"""{"subject":"{{text}}"}""");

        if (accepted)
        {
            answer.StatusCode.Should().Be(HttpStatusCode.NoContent);
        }
        else
        {
            await CrmHost.ShouldRefuseAsync(
                answer,
                HttpStatusCode.BadRequest,
                "0x80044331",
                "The length of the 'subject' attribute of the 'lead' entity exceeded the maximum allowed length of '300'.");
        }
    }

    [Theory]
    [InlineData("""{"nope":1}""", "0x80048d19", "The property 'nope' does not exist on type 'Microsoft.Dynamics.CRM.lead'")]
    [InlineData("""{"Subject":"x"}""", "0x80048d19", "The property 'Subject' does not exist")]
    [InlineData("""{"ownerid@odata.bind":"/systemusers(1)"}""", "0x80048d19", "ownerid@odata.bind")]
    [InlineData("""{"leadsourcecode":11}""", "0x8004431A", "The value 11 of 'leadsourcecode' on record of type 'lead' is outside the valid range.")]
    [InlineData("""{"leadqualitycode":0}""", "0x8004431A", "Accepted Values: 1,2,3")]
    [InlineData("""{"leadsourcecode":"8"}""", "0x80048d19", "'leadsourcecode' to the expected type 'Edm.Int32'")]
    [InlineData("""{"leadsourcecode":8.5}""", "0x80048d19", "Edm.Int32")]
    [InlineData("""{"numberofemployees":-1}""", "0x8004432f", "numberofemployees")]
    [InlineData("""{"address1_latitude":1e400}""", "0x8004432f", "address1_latitude")]
    [InlineData("""{"subject":5}""", "0x80048d19", "Edm.String")]
    [InlineData("""{"subject":["x"]}""", "0x80048d19", "Edm.String")]
    [InlineData("""{"donotemail":"true"}""", "0x80048d19", "Edm.Boolean")]
    [InlineData("""{"donotemail":1}""", "0x80048d19", "Edm.Boolean")]
    [InlineData("""{"schedulefollowup_prospect":"yesterday"}""", "0x80048d19", "Edm.DateTimeOffset")]
    [InlineData("""{"schedulefollowup_prospect":"1700-01-01T00:00:00Z"}""", "0x80040239", "1753")]
    [InlineData("""{"estimatedclosedate":"2026-02-30"}""", "0x80048d19", "Edm.Date")]
    [InlineData("""{"leadid":"no-guid"}""", "0x80048d19", "Edm.Guid")]
    [InlineData("""{"statecode":null}""", "0x80048d19", "statecode")]
    [InlineData("""{"statecode":1,"statuscode":1}""", "0x80048408", "1 is not a valid status code for state code 1")]
    [InlineData("""{"subject":"\ud800"}""", "0x80048d19", "not valid Unicode")]
    [InlineData("""{"\udfff":"x"}""", "0x80048d19", "not valid Unicode")]
    [InlineData("""{"subject":"a\u0000b"}""", "0x80048d19", "NUL")]
    [InlineData("""[]""", "0x80048d19", "not a JSON object")]
    [InlineData("""{"subject":"x" """, "0x80048d19", "not valid JSON at line 1")]
    [InlineData("", "0x80048d19", "not valid JSON")]
    public async Task Post_BadBody_Answers400InDataverseShape(string body, string code, string message)
    {
        using var answer = await crm.SendAsync(HttpMethod.Post, "leads", body);

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.BadRequest, code, message);
    }

    [Fact]
    public async Task Post_BytesThatAreNotUtf8_Answers400()
    {
        using var content = new ByteArrayContent([.. "{\"subject\":\""u8, 0xFF, 0xFE, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");

        using var answer = await crm.Client.PostAsync("leads", content);

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.BadRequest, "0x80048d19", "not valid Unicode");
    }

    [Fact]
    public async Task Post_ByteOrderMark_IsSkipped()
    {
        using var content = new ByteArrayContent([.. Encoding.UTF8.Preamble, .. """{"subject":"marked"}"""u8]);
        content.Headers.ContentType = new("application/json");

        using var answer = await crm.Client.PostAsync("leads", content);

        answer.StatusCode.Should().Be(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_TooLarge_Answers413(bool declaresLength)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "leads") { Content = CrmHost.Body(new string(' ', 2 * 1024 * 1024)) };
        request.Headers.ExpectContinue = declaresLength;
        request.Headers.TransferEncodingChunked = !declaresLength;

        using var answer = await crm.Client.SendAsync(request);

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.RequestEntityTooLarge, "0x80040203", "1048576 bytes");
    }

    [Fact]
    public async Task Post_AForm_Answers415()
    {
        using var answer = await crm.Client.PostAsync("leads", CrmHost.TokenForm());

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.UnsupportedMediaType, "0x80040203", "application/json");
    }
}
