using System.Net;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Studio;

/// <summary>Connections in the browser: made, changed, tested and deleted by forms.</summary>
public sealed class ConnectionPagesTests : IAsyncLifetime
{
    private const string Page = "/studio/connections";
    private const string Secret = "s3cret-Zx91";

    private TestServer _server = null!;
    private Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _browser = await Browser.SignInAsync(_server);
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(Page)]
    [InlineData(Page + "/embedded")]
    public async Task Pages_WithoutSession_LeadToTheSignIn(string path)
    {
        using var stranger = new Browser(_server);

        using var answer = await stranger.GetAsync(path);

        (answer.StatusCode, answer.Headers.Location!.AbsolutePath).Should().Be((HttpStatusCode.Found, "/login"));
    }

    [Fact]
    public async Task Form_OfANewConnection_LabelsEachField()
    {
        var html = await TextAsync(Page + "/new?kind=dataverse");

        foreach (var field in new[] { "Url", "TokenUrl", "ClientId", "ClientSecret", "Scope", "Entities" })
        {
            html.Should().Contain($"<label for=\"field-{field}\">").And.Contain($"id=\"field-{field}\"").And.Contain($"id=\"field-{field}-help\"");
        }

        html.Should().Contain("value=\"lead,contact,account,opportunity\"", "the default is filled in");
    }

    [Fact]
    public async Task Form_OfARestConnection_HasRoomForItsTables()
    {
        (await TextAsync(Page + "/new?kind=rest")).Should().Contain("<textarea id=\"field-Tables\"").And.Contain("<option value=\"oauth\"");
    }

    [Fact]
    public async Task Forms_MakeChangeTestAndDelete()
    {
        var address = await AddAsync("contoso");
        var html = await TextAsync(address);
        html.Should().Contain("value=\"http://127.0.0.1:9\"").And.Contain("Set. Type to replace it.").And.NotContain(Secret);
        (await TextAsync(Page)).Should().Contain($"href=\"{address}\"").And.Contain("not tested");

        await SentToAsync(address, address, new() { ["name"] = "fabrikam", ["field.Url"] = "http://127.0.0.1:8", ["field.TokenUrl"] = "http://127.0.0.1:8/token", ["field.ClientId"] = "app", ["field.ClientSecret"] = "" });
        var settings = _server.Services.GetRequiredService<ConnectionCatalog>().Find("fabrikam")!;
        (settings["Url"], settings["ClientSecret"]).Should().Be(("http://127.0.0.1:8", Secret));

        await SentToAsync(address + "?handler=Test", address, []);
        (await TextAsync(address)).Should().Contain("class=\"problem\" role=\"status\"").And.NotContain(Secret);

        await SentToAsync(address + "?handler=Delete", Page, []);
        (await TextAsync(Page)).Should().NotContain("fabrikam");
        using var gone = await _browser.GetAsync(address);
        gone.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Form_Wrong_SaysSoAtTheFieldAndKeepsWhatWasTyped()
    {
        using var answer = await PostAsync(Page + "/new?kind=dataverse", new() { ["name"] = "contoso", ["field.Url"] = "http://typed.example", ["field.ClientId"] = "app", ["field.ClientSecret"] = Secret });

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        var html = await answer.Content.ReadAsStringAsync();
        html.Split("Token address is missing.").Should().HaveCount(2, "it stands at its field only");
        html.Should().Contain("aria-describedby=\"field-TokenUrl-help problem\"");
        html.Should().Contain("value=\"http://typed.example\"").And.NotContain(Secret);
    }

    [Fact]
    public async Task Form_OfTheEmbeddedCrm_TestsButDoesNotSave()
    {
        (await TextAsync(Page + "/embedded")).Should().NotContain(">Save<").And.NotContain("handler=Delete");

        await SentToAsync(Page + "/embedded?handler=Test", Page + "/embedded", []);

        (await TextAsync(Page + "/embedded")).Should().Contain("It works: signed in as");
        using var refused = await PostAsync(Page + "/embedded", new() { ["name"] = "mine" });
        refused.StatusCode.Should().Be(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Post_WithoutTheFormsToken_IsRefused()
    {
        var address = await AddAsync("contoso");

        using var answer = await _browser.PostAsync(address + "?handler=Delete", []);

        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await TextAsync(Page)).Should().Contain("contoso");
    }

    private async Task<string> AddAsync(string name)
    {
        using var answer = await PostAsync(Page + "/new?kind=dataverse", new()
        {
            ["name"] = name,
            ["field.Url"] = "http://127.0.0.1:9",
            ["field.TokenUrl"] = "http://127.0.0.1:9/token",
            ["field.ClientId"] = "app",
            ["field.ClientSecret"] = Secret,
        });
        answer.StatusCode.Should().Be(HttpStatusCode.Found);
        return answer.Headers.Location!.OriginalString;
    }

    private async Task SentToAsync(string path, string target, Dictionary<string, string> form)
    {
        using var answer = await PostAsync(path, form);
        (answer.StatusCode, answer.Headers.Location?.OriginalString).Should().Be((HttpStatusCode.Found, target));
    }

    private async Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string> form)
    {
        form["__RequestVerificationToken"] = Browser.TokenOf(await TextAsync(path.Replace("?handler=Test", "").Replace("?handler=Delete", "")));
        return await _browser.PostAsync(path, form);
    }

    private async Task<string> TextAsync(string path)
    {
        using var answer = await _browser.GetAsync(path);
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync();
    }
}
