using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;

namespace FlowLite.FunctionalTests.Crm;

/// <summary>Whatever a caller with a token sends: an answer below 500, in Dataverse's shape, and the CRM goes on.</summary>
public sealed class CrmHostileInputTests(CrmHost crm) : IClassFixture<CrmHost>
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ",", "\"", "\"subject\"", "\"leadid\"", "\"statecode\"", "null", "true", "-", "1e9999", "0x1", new('9', 5000), "\\ud800", "\\u0000",
        "\"\\ud800\"", "\"x\"", " ", "\n", "\t", "'", "NaN", "\uFEFF", "😀", "\u0001", "//", "\"@odata.type\"", "\"donotemail\"", "\"createdon\"", "\"2026-01-01T00:00:00Z\"",
    ];

    private static readonly string[] UrlPieces =
    [
        "leads", "(", ")", "?", "$filter=", "$select=", "$orderby=", "$top=", "$skiptoken=", "$count=", "&", "subject", " eq ", "'", "''", " and ", " or ", " not ", "null", ",", "/", "..",
        "%00", "%27", "%ED%A0%80", "%FF", ";", "--", "\"", "99999999999999999999", "-1", "1.5", "2026-01-01", "00000000-0000-4000-8000-00000000000b", "contacts", "true", "WzFd", "*", "WhoAmI",
    ];

    public static TheoryData<string> Bodies => new(
        "null",
        "true",
        "0",
        "\"text\"",
        "{}{}",
        "{\"subject\":\"x\",}",
        "{'subject':'x'}",
        "{\"subject\":\"x\" // comment\n}",
        new string('[', 100_000),
        string.Concat(Enumerable.Repeat("{\"subject\":", 100_000)),
        "{\"numberofemployees\":" + new string('9', 5000) + "}",
        "{\"address1_latitude\":0." + new string('9', 5000) + "}",
        "{\"subject\":\"" + new string('x', 500_000) + "\"}",
        "{\"" + new string('x', 500_000) + "\":1}",
        "{\"subject\":\"\\ud83d\"}",
        "{\"subject\":\"\\udc00\\ud800\"}",
        "{\"subject\":\"\0\"}",
        "{\"estimatedclosedate\":\"2026-01-01\\u0000\"}",
        "{\"schedulefollowup_qualify\":\"9999-12-31T23:59:59-14:00\"}",
        "{\"schedulefollowup_qualify\":\"0001-01-01T00:00:00+14:00\"}",
        "{\"@\":1,\"subject@odata.type\":{},\"@@\":[]}");

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_Hostile_NeverAnswers5xx(string body)
    {
        foreach (var (method, url) in new[] { (HttpMethod.Post, "leads"), (HttpMethod.Patch, $"leads({Guid.CreateVersion7()})") })
        {
            using var answer = await crm.SendAsync(method, url, body);

            await ShouldBeCivilAsync(answer);
        }

        await crm.CreateAsync("leads", """{"subject":"still here"}""");
    }

    [Fact]
    public Task Body_Generated_NeverAnswers5xx() => Gen.OneOf(Pieces).Array[0, 12].SampleAsync(
        async pieces =>
        {
            using var answer = await crm.SendAsync(HttpMethod.Post, "leads", string.Concat(pieces));
            await ShouldBeCivilAsync(answer);
        },
        iter: 500,
        threads: 2);

    [Fact]
    public Task Url_Generated_NeverAnswers5xx() => Gen.OneOf(UrlPieces).Array[0, 12].SampleAsync(
        async pieces =>
        {
            var target = CrmHost.DataRoot + "leads?$filter=" + string.Concat(pieces).Replace(" ", "%20", StringComparison.Ordinal);
            var other = CrmHost.DataRoot + string.Concat(pieces).Replace(" ", "%20", StringComparison.Ordinal);
            (await RawStatusAsync("GET", target)).Should().BeLessThan(500, target);
            (await RawStatusAsync("GET", other)).Should().BeLessThan(500, other);
        },
        iter: 300,
        threads: 2);

    [Theory]
    [InlineData("If-Match", "W/\"99999999999999999999999\"")]
    [InlineData("If-Match", ",,,")]
    [InlineData("If-Match", "\"")]
    [InlineData("If-None-Match", "W/")]
    [InlineData("Prefer", "odata.maxpagesize=99999999999999, return=")]
    [InlineData("Prefer", ",=;\"")]
    [InlineData("Content-Type", ";;;")]
    [InlineData("Content-Type", "application/json; charset=utf-16")]
    public async Task Header_Hostile_NeverAnswers5xx(string name, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"leads({Guid.CreateVersion7()})") { Content = CrmHost.Body("{}") };
        if (name == "Content-Type")
        {
            request.Content.Headers.Remove(name);
            request.Content.Headers.TryAddWithoutValidation(name, value);
        }
        else
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await crm.Client.SendAsync(request);

        await ShouldBeCivilAsync(answer);
    }

    [Fact]
    public async Task Request_Http10WithoutHost_StillNamesTheRecord()
    {
        var answer = await RawAsync($"POST {CrmHost.DataRoot}leads HTTP/1.0\r\n{Authorization}Content-Length: 2\r\n\r\n{{}}");

        answer.Should().Contain(" 204 ").And.Contain($"OData-EntityId: {crm.Address}crm/api/data/v9.2/leads(");
    }

    private string Authorization => $"Authorization: {crm.Client.DefaultRequestHeaders.Authorization}\r\n";

    private static async Task ShouldBeCivilAsync(HttpResponseMessage answer)
    {
        ((int)answer.StatusCode).Should().BeLessThan(500);
        if (!answer.IsSuccessStatusCode)
        {
            var text = await answer.Content.ReadAsStringAsync();
            text.Should().StartWith("{\"error\":{\"code\":\"0x").And.NotContain("   at ");
        }
        else
        {
            answer.StatusCode.Should().Be(HttpStatusCode.NoContent);
        }
    }

    /// <summary>Sends the target byte for byte, which HttpClient would tidy up.</summary>
    private async Task<int> RawStatusAsync(string method, string target)
    {
        var answer = await RawAsync($"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{Authorization}\r\n");
        return int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(crm.Address.Host, crm.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
