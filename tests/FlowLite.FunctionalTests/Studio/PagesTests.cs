using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Studio;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Studio;

public sealed class PagesTests
{
    private const string Flows = "/studio/workflows/definitions";
    private const string Runs = "/studio/workflows/instances";

    [Theory]
    [InlineData(Flows, "elsa-workflow-definition-list")]
    [InlineData(Flows + "/small/edit", "elsa-workflow-definition-editor")]
    [InlineData(Runs, "elsa-workflow-instance-list")]
    public async Task Page_OfTheStudio_HasOneElementAndItsHeaders(string path, string element)
    {
        await using var server = await TestServer.StartAsync();
        await (await server.SignInAsync()).SaveAsync(ServerTestFlows.Small("small"));
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.GetAsync(path);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        var html = await answer.Content.ReadAsStringAsync();
        html.Should().Contain($"data-element=\"{element}\"").And.Contain("<base href=\"/studio/\">");
        html.Split("data-element=").Should().HaveCount(2);
        html.Should().NotContain("access-token", "the scripts fetch it");
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        policy.Should().Contain("default-src 'self'").And.Contain("frame-ancestors 'none'").And.Contain("'wasm-unsafe-eval'");
        Directive(policy, "script-src").Should().NotContain("'unsafe-inline'").And.NotContain("'unsafe-eval'");
        answer.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
        answer.Headers.GetValues("Referrer-Policy").Should().Equal("no-referrer");
        answer.Headers.CacheControl!.NoStore.Should().BeTrue();
    }

    [Fact]
    public async Task Page_WithoutStudio_HasTheStricterPolicy()
    {
        await using var server = await TestServer.StartAsync();

        using var answer = await server.Client.GetAsync("/login");

        answer.Headers.GetValues("Content-Security-Policy").Single().Should().Contain("default-src 'self'").And.NotContain("unsafe").And.Contain("frame-ancestors 'none'");
    }

    /// <summary>The policy lets no script but files of this server run, and none of the pages may depend on another.</summary>
    [Fact]
    public async Task Page_OfTheStudio_NamesOnlyFilesThatAreServed()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);
        using var page = await browser.GetAsync(Flows);
        var html = await page.Content.ReadAsStringAsync();

        var links = System.Text.RegularExpressions.Regex.Matches(html, """<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+)"[^>]*>(</script>)?""").ToList();

        links.Should().HaveCountGreaterThan(14);
        html.Split("<script").Should().HaveCount(1 + links.Count(l => l.Groups[2].Success), "none is inline");
        foreach (var link in links.Select(l => new Uri(new Uri(server.Address, "/studio/"), l.Groups[1].Value)))
        {
            link.Authority.Should().Be(server.Address.Authority);
            using var file = await server.Client.GetAsync(link);
            file.StatusCode.Should().Be(HttpStatusCode.OK, link.PathAndQuery);
        }
    }

    [Theory]
    [InlineData("/nope")]
    [InlineData("/studio/nope")]
    [InlineData("/not-found")]
    public async Task Address_WithoutAPage_Is404ThatBrowsersCanRead(string path)
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);
        foreach (var isSignedIn in new[] { true, false })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html,*/*" } } };
            if (isSignedIn)
            {
                request.Headers.Add("Cookie", $"flowlite-session={browser.Cookies["flowlite-session"]!.Value}");
            }

            using var answer = await server.Client.SendAsync(request);

            answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
            var page = await answer.Content.ReadAsStringAsync();
            page.Should().Contain($"<code>{path}</code>").And.Contain($"href=\"{Flows}\"");
            page.Contains("Sign out").Should().Be(isSignedIn);
            answer.Headers.Contains("Content-Security-Policy").Should().BeTrue();
        }

        using var program = await server.SignInAsync();
        program.DefaultRequestHeaders.Add("Accept", "text/html");
        using var api = await program.GetAsync("/elsa/api/nope");
        (api.StatusCode, await api.Content.ReadAsStringAsync()).Should().Be((HttpStatusCode.NotFound, ""));
    }

    [Theory]
    [InlineData("/studio")]
    [InlineData("/studio/")]
    public async Task Studio_WithoutAFile_LeadsToTheFlows(string path)
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.GetAsync(path);

        (answer.StatusCode, answer.Headers.Location!.OriginalString).Should().Be((HttpStatusCode.Found, Flows));
    }

    [Theory]
    [InlineData(Flows + "/none/edit")]
    [InlineData(Runs + "/none/view")]
    [InlineData(Runs + "?flow=none")]
    [InlineData(Runs + "/01a205c7-997b-7000-81b7-073068cb53b6/view")]
    public async Task Page_OfWhatDoesNotExist_Is404AndLeadsOn(string path)
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.GetAsync(path);

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsStringAsync()).Should().Contain("No such").And.Contain($"href=\"{(path.StartsWith(Runs + "/") ? Runs : Flows)}\"");
        answer.Headers.Contains("Content-Security-Policy").Should().BeTrue();
    }

    [Fact]
    public async Task Run_OfAFlow_NamesItAndItsRun()
    {
        await using var server = await TestServer.StartAsync();
        var admin = await server.SignInAsync();
        await admin.SaveAsync(ServerTestFlows.Small("small", "<b>Ünsafe</b> & \\\"quoted\\\""), publish: true);
        var id = await RunAsync(server, admin, "small");
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.GetAsync($"{Runs}/{id}/view");

        var html = await answer.Content.ReadAsStringAsync();
        html.Should().Contain($"data-run-id=\"{id}\"").And.Contain("data-flow-id=\"small\"").And.Contain($"data-value=\"{id}\"");
        html.Should().NotContain("<b>").And.Contain("&lt;b&gt;");
    }

    [Fact]
    public async Task Runs_OfOneFlow_TellTheStudioWhich()
    {
        await using var server = await TestServer.StartAsync();
        await (await server.SignInAsync()).SaveAsync(ServerTestFlows.Small("small & ü", "Tiny"));
        using var browser = await Browser.SignInAsync(server);

        using var designer = await browser.GetAsync($"{Flows}/small%20%26%20%C3%BC/edit");
        using var one = await browser.GetAsync($"{Runs}?flow=small%20%26%20%C3%BC");
        using var all = await browser.GetAsync(Runs);

        (await designer.Content.ReadAsStringAsync()).Should().Contain($"href=\"{Runs}?flow=small%20%26%20%C3%BC\"");
        (await one.Content.ReadAsStringAsync()).Should().Contain("data-flow=\"small &amp; &#xFC;\"").And.Contain(">Tiny</a>");
        (await all.Content.ReadAsStringAsync()).Should().Contain("data-flow=\"\"");
    }

    [Fact]
    public async Task Lists_WithNothingInThem_TellHowToBegin()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);

        using var none = await browser.GetAsync(Flows);
        using var noRun = await browser.GetAsync(Runs);
        await (await server.SignInAsync()).SaveAsync(ServerTestFlows.Small("small"));
        using var one = await browser.GetAsync(Flows);

        (await none.Content.ReadAsStringAsync()).Should().Contain("No flow yet");
        (await noRun.Content.ReadAsStringAsync()).Should().Contain("No run yet");
        (await one.Content.ReadAsStringAsync()).Should().NotContain("No flow yet");
    }

    [Theory]
    [InlineData("/", Flows)]
    [InlineData("/diagnostics/structured-logs?workflowInstanceId=01a205c7", Runs + "/01a205c7/view")]
    [InlineData("/diagnostics/structured-logs?workflowInstanceId=..%2F..%2Flogin", Runs + "/..%2F..%2Flogin/view")]
    [InlineData("/diagnostics/structured-logs", Runs)]
    public async Task Address_ThatIsAnothersHere_LeadsThere(string from, string to)
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.GetAsync(from);

        answer.StatusCode.Should().Be(HttpStatusCode.Found);
        answer.Headers.Location!.OriginalString.Should().Be(to);
    }

    [Fact]
    public async Task Designer_WithoutTheStudio_StillHasItsPanel()
    {
        await using var server = await TestServer.StartAsync(services => services.AddSingleton(new StudioPackage(null)), []);
        await (await server.SignInAsync()).SaveAsync(ServerTestFlows.Small("small"));
        using var browser = await Browser.SignInAsync(server);

        using var answer = await browser.GetAsync(Flows + "/small/edit");

        (await answer.Content.ReadAsStringAsync()).Should().Contain("id=\"flow-panel\"").And.Contain("is not installed");
    }

    private static string Directive(string policy, string name) => policy.Split(';').Single(d => d.TrimStart().StartsWith(name));

    private static async Task<string> RunAsync(TestServer server, HttpClient admin, string flow)
    {
        var trigger = server.Services.GetRequiredService<FlowCatalog>().Find(flow)!.Secrets.Triggers.Values.Single();
        using var asked = await admin.PostAsync($"/api/flows/{flow}/triggers/{trigger}/listCallbackUrl", null);
        var url = (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("value").GetString();
        using var accepted = await server.Client.PostAsJsonAsync(url, new { });
        accepted.StatusCode.Should().Be(HttpStatusCode.Accepted);
        return accepted.Headers.GetValues("x-ms-workflow-run-id").Single();
    }
}
