using System.Net;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Studio;

public sealed class InboxPagesTests
{
    private const string Inbox = "/studio/inbox";

    [Fact]
    public async Task Inbox_WithRefusedRequests_ShowsWhyAndWhatCame()
    {
        await using var server = await TestServer.StartAsync();
        var admin = await server.SignInAsync();
        await admin.SaveAsync(ServerTestFlows.Small("small", "<b>Small</b>"), publish: true);
        await RefusedAsync(server, admin, "<script>alert(1)</script>");
        using var browser = await Browser.SignInAsync(server);

        var list = await TextAsync(browser, Inbox);
        var entry = list[(list.IndexOf($"href=\"{Inbox}/", StringComparison.Ordinal) + 6)..];
        entry = entry[..entry.IndexOf('"', StringComparison.Ordinal)];
        var one = await TextAsync(browser, entry);

        list.Should().Contain("InvalidRequestContent").And.Contain("&lt;b&gt;Small&lt;/b&gt;").And.NotContain("<b>");
        one.Should().Contain("InvalidRequestContent").And.Contain("&lt;script&gt;alert(1)").And.NotContain("<script>alert");
        one.Should().Contain("Content-Type").And.NotContain("sig=", "the signature is the credential");
    }

    [Fact]
    public async Task Inbox_WithMoreThanAPage_LeadsToTheOlder()
    {
        await using var server = await TestServer.StartAsync();
        var admin = await server.SignInAsync();
        await admin.SaveAsync(ServerTestFlows.Small("small"), publish: true);
        for (var i = 0; i < 51; i++)
        {
            await RefusedAsync(server, admin, "{" + i);
        }

        await admin.DeleteAsync(DefinitionsApi.Path + "/small");
        using var browser = await Browser.SignInAsync(server);

        var first = await TextAsync(browser, Inbox);
        var older = first[(first.IndexOf($"{Inbox}?before=", StringComparison.Ordinal))..];
        var second = await TextAsync(browser, older[..older.IndexOf('"', StringComparison.Ordinal)]);

        first.Split("<tr>").Should().HaveCount(2 + 50);
        second.Split("<tr>").Should().HaveCount(2 + 1);
        second.Should().NotContain(">Older</a>").And.Contain(">Newest</a>").And.Contain("small, deleted");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("01a205c7-997b-7000-81b7-073068cb53b6")]
    public async Task Entry_ThatDoesNotExist_Is404AndLeadsOn(string id)
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.GetAsync($"{Inbox}/{id}");

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("No such request").And.Contain($"href=\"{Inbox}\"");
    }

    [Theory]
    [InlineData(Inbox)]
    [InlineData(Inbox + "/01a205c7-997b-7000-81b7-073068cb53b6")]
    [InlineData("/studio/crm")]
    public async Task Page_WithoutASession_LeadsToTheSignIn(string path)
    {
        await using var server = await TestServer.StartAsync();
        using var browser = new Browser(server);

        using var answer = await browser.GetAsync(path);

        answer.StatusCode.Should().Be(HttpStatusCode.Found);
        answer.Headers.Location!.OriginalString.Should().Contain("/login");
    }

    private static async Task RefusedAsync(TestServer server, HttpClient admin, string body)
    {
        using var asked = await admin.PostAsync("/api/flows/small/triggers/manual/listCallbackUrl", null);
        var url = System.Text.Json.JsonElement.Parse(await asked.Content.ReadAsStringAsync()).Text("value");
        using var refused = await server.Client.PostTextAsync(url, body);
        refused.StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    private static async Task<string> TextAsync(Browser browser, string path)
    {
        using var answer = await browser.GetAsync(path);
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync();
    }
}
