using System.Net;
using System.Text.Json;

namespace FlowLite.FunctionalTests.Crm;

public sealed class CrmQueryTests(CrmQueryTests.Seeded seeded) : IClassFixture<CrmQueryTests.Seeded>
{
    private readonly CrmHost _crm = seeded.Crm;

    [Theory]
    [InlineData("subject eq 'Alpha'", "Alpha")]
    [InlineData("subject eq 'aLPHA'", "Alpha")]
    [InlineData("companyname eq 'ПРИВЕТ'", "Beta")]
    [InlineData("'Alpha' eq subject", "Alpha")]
    [InlineData("subject eq 'O''Brien & Co'", "O'Brien & Co")]
    [InlineData("subject ne 'Alpha'", "Beta,Gamma,O'Brien & Co")]
    [InlineData("companyname eq null", "Gamma,O'Brien & Co")]
    [InlineData("companyname ne null", "Alpha,Beta")]
    [InlineData("companyname ne 'Contoso'", "Beta,Gamma,O'Brien & Co")]
    [InlineData("numberofemployees eq 5", "Alpha")]
    [InlineData("numberofemployees eq 5.0", "Alpha")]
    [InlineData("numberofemployees gt 5", "Beta")]
    [InlineData("6 gt numberofemployees", "Alpha")]
    [InlineData("not numberofemployees gt 5", "Alpha,Gamma,O'Brien & Co")]
    [InlineData("numberofemployees ge 5 and numberofemployees le 50", "Alpha,Beta")]
    [InlineData("address1_latitude lt -1.5", "Gamma")]
    [InlineData("donotemail eq true", "Beta")]
    [InlineData("donotemail ne true and subject ne 'Alpha'", "Gamma,O'Brien & Co")]
    [InlineData("subject eq 'Alpha' or subject eq 'Beta' and donotemail eq false", "Alpha")]
    [InlineData("(subject eq 'Alpha' or subject eq 'Beta') and donotemail eq true", "Beta")]
    [InlineData("not (subject eq 'Alpha' or subject eq 'Beta')", "Gamma,O'Brien & Co")]
    [InlineData("leadsourcecode eq 8", "Alpha")]
    [InlineData("leadid eq 00000000-0000-4000-8000-00000000000b", "Beta")]
    [InlineData("leadid eq '00000000-0000-4000-8000-00000000000B'", "Beta")]
    [InlineData("leadid eq a0000000-0000-4000-8000-000000000000", "")]
    [InlineData("schedulefollowup_prospect gt 2026-01-01T00:00:00Z", "Beta")]
    [InlineData("schedulefollowup_prospect eq 2026-06-01T12:00:00+02:00", "Beta")]
    [InlineData("estimatedclosedate lt 2026-01-01", "Alpha")]
    [InlineData("fullname eq 'Ann Lee'", "Alpha")]
    [InlineData("contains(subject,'PH')", "Alpha")]
    [InlineData("contains(subject,'')", "Alpha,Beta,Gamma,O'Brien & Co")]
    [InlineData("contains( subject , '''b' )", "O'Brien & Co")]
    [InlineData("contains(subject,'%')", "")]
    [InlineData("contains(subject,'_')", "")]
    [InlineData("contains(companyname,'рив')", "Beta")]
    [InlineData("startswith(subject,'b') or endswith(subject,'co')", "Beta,O'Brien & Co")]
    [InlineData("startswith(subject,'lpha') or endswith(subject,'alph')", "")]
    [InlineData("not contains(companyname,'рив') and subject ne 'Alpha'", "Gamma,O'Brien & Co")]
    [InlineData("contains(fullname,'n l')", "Alpha")]
    [InlineData("createdon gt 2000-01-01T00:00:00Z", "Alpha,Beta,Gamma,O'Brien & Co")]
    public async Task Filter_Expression_GivesTheMatchingRecords(string filter, string expected)
    {
        var list = await _crm.GetAsync($"leads?$select=subject&$filter={Uri.EscapeDataString(filter)}");

        string.Join(',', Subjects(list)).Should().Be(expected);
    }

    [Theory]
    [InlineData("nope eq 1", "Could not find a property named 'nope' on type 'Microsoft.Dynamics.CRM.lead'.")]
    [InlineData("subject eq 5", "Edm.String")]
    [InlineData("numberofemployees eq '5'", "Edm.Int32")]
    [InlineData("numberofemployees eq 1e999", "Edm.Int32")]
    [InlineData("donotemail eq 1", "Edm.Boolean")]
    [InlineData("createdon eq yesterday", "must be of a property with a literal")]
    [InlineData("createdon gt 2026-13-01T00:00:00Z", "Edm.DateTimeOffset")]
    [InlineData("leadid eq 5", "Edm.Guid")]
    [InlineData("length(subject) eq 5", "'length'")]
    [InlineData("contains(subject)", "')' is not expected")]
    [InlineData("contains(subject,'a','b')", "',' is not expected")]
    [InlineData("contains(subject", "end of the expression")]
    [InlineData("contains('a',subject)", "must be a property")]
    [InlineData("contains(nope,'x')", "Could not find a property named 'nope'")]
    [InlineData("contains(numberofemployees,'5')", "No function signature for the function with name 'contains'")]
    [InlineData("startswith(subject,5)", "No function signature for the function with name 'startswith'")]
    [InlineData("startswith(subject,null)", "No function signature for the function with name 'startswith'")]
    [InlineData("subject eq 'x", "unterminated")]
    [InlineData("subject eq", "end of the expression")]
    [InlineData("subject", "end of the expression")]
    [InlineData("(subject eq 'x'", "end of the expression")]
    [InlineData("subject eq 'x')", "')' is not expected")]
    [InlineData("subject eq 'x' subject", "'subject' is not expected")]
    [InlineData("subject like 'x'", "'like' is not expected")]
    [InlineData("subject eq 'x' or", "end of the expression")]
    [InlineData("subject eq firstname", "must be of a property with a literal")]
    [InlineData("subject = 'x'", "character '='")]
    [InlineData("1 eq 1", "must be of a property with a literal")]
    public async Task Filter_NotValid_Answers400(string filter, string message)
    {
        using var answer = await _crm.SendAsync(HttpMethod.Get, $"leads?$filter={Uri.EscapeDataString(filter)}");

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.BadRequest, "0x80060888", message);
    }

    [Theory]
    [InlineData("subject eq 'x'' OR 1=1 --'")]
    [InlineData("subject eq '''; DROP TABLE leads; --'")]
    [InlineData("subject eq '\"'")]
    [InlineData("subject eq '$f0'")]
    [InlineData("subject eq '%'")]
    public async Task Filter_SqlInText_IsOnlyText(string filter)
    {
        Subjects(await _crm.GetAsync($"leads?$filter={Uri.EscapeDataString(filter)}")).Should().BeEmpty();
        Subjects(await _crm.GetAsync("leads")).Should().HaveCount(4);
    }

    [Theory]
    [InlineData("leads?$filter=subject%22%20eq%20'x'")]
    [InlineData("leads?$filter=1=1;DROP TABLE leads")]
    [InlineData("leads?$orderby=subject;DROP TABLE leads")]
    [InlineData("leads?$orderby=(select 1)")]
    [InlineData("leads?$select=*,(select 1)")]
    [InlineData("leads?$select=seq")]
    [InlineData("leads?$orderby=subject desc asc")]
    [InlineData("leads?$orderby=description")]
    [InlineData("leads?$orderby=subject,firstname,lastname,fullname,jobtitle")]
    [InlineData("leads?$top=-1")]
    [InlineData("leads?$top=1;2")]
    [InlineData("leads?$top=99999999999999999999")]
    [InlineData("leads?$count=yes")]
    [InlineData("leads?$expand=x")]
    [InlineData("leads?$top=1&$top=2")]
    [InlineData("leads?$skiptoken=abc")]
    [InlineData("leads?$skiptoken=WzEsbnVsbCwxXQ")]
    [InlineData("leads(00000000-0000-4000-8000-00000000000b)?$select=nope")]
    public async Task Query_NotValid_Answers400(string url)
    {
        using var answer = await _crm.SendAsync(HttpMethod.Get, url);

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.BadRequest, "0x80060888", " ");
        Subjects(await _crm.GetAsync("leads")).Should().HaveCount(4);
    }

    [Fact]
    public async Task Filter_NestedThousandsDeep_Answers400()
    {
        using var answer = await _crm.SendAsync(HttpMethod.Get, "leads?$filter=" + new string('(', 3000) + "subject eq 'x'" + new string(')', 3000));

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.BadRequest, "0x80060888", "nested too deeply");
    }

    [Fact]
    public async Task Filter_ManyComparisons_AreAnsweredUpToTheLimit()
    {
        var many = string.Join("+or+", Enumerable.Repeat("fax+eq+'x'", 200));
        var tooMany = string.Join("+or+", Enumerable.Repeat("fax+eq+'x'", 300));

        Subjects(await _crm.GetAsync("leads?$filter=" + many)).Should().BeEmpty();
        using var answer = await _crm.SendAsync(HttpMethod.Get, "leads?$filter=" + tooMany);
        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.BadRequest, "0x80060888", "too many");
    }

    [Theory]
    [InlineData("subject desc", "O'Brien & Co,Gamma,Beta,Alpha")]
    [InlineData("numberofemployees", "Gamma,O'Brien & Co,Alpha,Beta")]
    [InlineData("numberofemployees desc", "Beta,Alpha,Gamma,O'Brien & Co")]
    [InlineData("companyname asc, subject desc", "O'Brien & Co,Gamma,Alpha,Beta")]
    public async Task OrderBy_Columns_SortsWithNullsFirst(string orderBy, string expected)
    {
        var list = await _crm.GetAsync($"leads?$orderby={Uri.EscapeDataString(orderBy)}");

        string.Join(',', Subjects(list)).Should().Be(expected);
    }

    [Fact]
    public async Task Select_Columns_LimitsTheBodyToThemAndTheId()
    {
        var list = await _crm.GetAsync("leads?$select=subject,companyname&$top=1");

        list.GetProperty("@odata.context").GetString().Should().EndWith("$metadata#leads(leadid,subject,companyname)");
        list.GetProperty("value").EnumerateArray().Single().EnumerateObject().Select(member => member.Name)
            .Should().Equal("@odata.etag", "leadid", "subject", "companyname");
    }

    [Fact]
    public async Task Top_WithCount_CountsAllMatches()
    {
        var list = await _crm.GetAsync("leads?$top=1&$count=true&$filter=donotemail eq false");

        Subjects(list).Should().Equal("Alpha");
        list.GetProperty("@odata.count").GetInt64().Should().Be(3);
        list.TryGetProperty("@odata.nextLink", out _).Should().BeFalse();
        Subjects(await _crm.GetAsync("leads?$top=0")).Should().BeEmpty();
    }

    [Theory]
    [InlineData("GET", "opportunities", HttpStatusCode.NotFound, "0x8006088a", "Resource not found for the segment 'opportunities'.")]
    [InlineData("POST", "Leads", HttpStatusCode.NotFound, "0x8006088a", "'Leads'")]
    [InlineData("GET", "", HttpStatusCode.NotFound, "0x8006088a", "''")]
    [InlineData("GET", "leads(1)", HttpStatusCode.BadRequest, "0x80060888", "The key in the request URI is not valid")]
    [InlineData("GET", "leads(00000000-0000-4000-8000-00000000000b", HttpStatusCode.BadRequest, "0x80060888", "key")]
    [InlineData("PATCH", "leads({00000000-0000-4000-8000-00000000000b})", HttpStatusCode.BadRequest, "0x80060888", "key")]
    [InlineData("GET", "leads(00000000-0000-4000-8000-0000000000ff)", HttpStatusCode.NotFound, "0x80040217", "Does Not Exist")]
    [InlineData("PUT", "leads(00000000-0000-4000-8000-00000000000b)", HttpStatusCode.MethodNotAllowed, "0x80060888", "PUT")]
    [InlineData("DELETE", "leads", HttpStatusCode.MethodNotAllowed, "0x80060888", "DELETE")]
    [InlineData("OPTIONS", "leads", HttpStatusCode.MethodNotAllowed, "0x80060888", "OPTIONS")]
    [InlineData("POST", "WhoAmI", HttpStatusCode.MethodNotAllowed, "0x80060888", "POST")]
    public async Task Request_ForWhatIsNotThere_IsRefusedInDataverseShape(string method, string url, HttpStatusCode status, string code, string message)
    {
        using var answer = await _crm.SendAsync(new HttpMethod(method), url, method == "GET" ? null : "{}");

        await CrmHost.ShouldRefuseAsync(answer, status, code, message);
        (answer.Content.Headers.Allow.Count > 0).Should().Be(status == HttpStatusCode.MethodNotAllowed);
    }

    private static IEnumerable<string?> Subjects(JsonElement list) =>
        list.GetProperty("value").EnumerateArray().Select(lead => lead.GetProperty("subject").GetString());

    public sealed class Seeded : IAsyncLifetime
    {
        public CrmHost Crm { get; } = new();

        public async Task InitializeAsync()
        {
            await Crm.InitializeAsync();
            await Crm.CreateAsync("leads", """{"subject":"Alpha","companyname":"Contoso","numberofemployees":5,"leadsourcecode":8,"estimatedclosedate":"2025-12-31","firstname":"Ann","lastname":"Lee"}""");
            await Crm.CreateAsync("leads", """{"leadid":"00000000-0000-4000-8000-00000000000b","subject":"Beta","companyname":"Привет","numberofemployees":50,"donotemail":true,"schedulefollowup_prospect":"2026-06-01T10:00:00Z"}""");
            await Crm.CreateAsync("leads", """{"subject":"Gamma","address1_latitude":-2.25}""");
            await Crm.CreateAsync("leads", """{"subject":"O'Brien & Co","address1_latitude":1.5}""");
        }

        public Task DisposeAsync() => Crm.DisposeAsync();
    }
}
