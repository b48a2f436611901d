using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Server;

public sealed class AddressTests
{
    private static readonly CreateRecordRequest Lead = new(
        "embedded",
        "leads",
        JsonElement.Parse("""{"subject":"s","lastname":"l"}"""),
        Guid.Parse("0195c5a0-0000-7000-8000-000000000001"),
        "Create",
        null);

    [Fact]
    public async Task EmbeddedConnection_OverHttp_MakesRecords()
    {
        await using var server = await TestServer.StartAsync();

        await server.Services.GetRequiredService<Connections>().Get("embedded").CreateAsync(Lead, CancellationToken.None);

        (await CountLeadsAsync(server)).Should().Be(1);
    }

    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    public async Task EmbeddedConnection_BoundToEveryAddress_UsesTheLoopback(string url)
    {
        await using var server = await TestServer.StartAsync($"urls={url}");

        server.Services.GetRequiredService<ConnectionCatalog>().Find("embedded")!["Url"].Should().StartWith("http://127.0.0.1:").And.EndWith("/crm");
    }

    [Fact]
    public async Task Https_WithKestrelsCertificateSettings_ServesAndReachesItsOwnCrm()
    {
        using var folder = new Persistence.TempFolder();
        var file = folder.File("server.pfx");
        using var certificate = SelfSigned("flows.contoso.com");
        await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pkcs12, "secret"));
        await using var server = await TestServer.StartAsync(
            "urls=", "Kestrel:Endpoints:Web:Url=https://127.0.0.1:0", $"Kestrel:Endpoints:Web:Certificate:Path={file}", "Kestrel:Endpoints:Web:Certificate:Password=secret");

        server.Address.Scheme.Should().Be("https");
        server.Services.GetRequiredService<ConnectionCatalog>().Find("embedded")!["Url"].Should().StartWith("https://");
        await server.Services.GetRequiredService<Connections>().Get("embedded").CreateAsync(Lead, CancellationToken.None);
        var untrusting = () => server.Client.GetAsync("/health/live");
        await untrusting.Should().ThrowAsync<HttpRequestException>("nobody else trusts the certificate");
    }

    [Fact]
    public async Task OwnCertificates_OfAnotherServer_AreNotTrusted()
    {
        await using var server = await TestServer.StartAsync();
        using var other = SelfSigned("localhost");

        server.Services.GetRequiredService<OwnAddress>().IsOwn(other).Should().BeFalse();
    }

    [Fact]
    public async Task EmbeddedConnection_Configured_IsTheConfiguredOne()
    {
        await using var server = await TestServer.StartAsync(
            "FlowLite:Connections:embedded:Url=http://127.0.0.1:9/crm", "FlowLite:Connections:embedded:ClientId=me", "FlowLite:Connections:embedded:ClientSecret=mine",
            "FlowLite:Connections:contoso:Url=https://contoso.crm4.dynamics.com", "FlowLite:Connections:contoso:TokenUrl=https://login.example/token");
        var catalog = server.Services.GetRequiredService<ConnectionCatalog>();

        catalog.Find("embedded").Should().Be(new ConnectionSettings("dataverse", new Dictionary<string, string?>
        {
            ["url"] = "http://127.0.0.1:9/crm",
            ["tokenUrl"] = "http://127.0.0.1:9/crm/oauth2/v2.0/token",
            ["clientId"] = "me",
            ["clientSecret"] = "mine",
        }));
        catalog.Find("contoso")!["TokenUrl"].Should().Be("https://login.example/token");
        catalog.Find("nobody").Should().BeNull();
    }

    [Fact]
    public async Task ForwardedHeaders_FromATrustedProxy_AreBelieved()
    {
        await using var server = await TestServer.StartAsync("FlowLite:TrustedProxies=10.1.2.3, 127.0.0.0/8");

        (await SeenAddressAsync(server)).Should().StartWith("https://flows.contoso.com/crm/");
    }

    [Theory]
    [InlineData("FlowLite:TrustedProxies=")]
    [InlineData("FlowLite:TrustedProxies=10.1.2.3")]
    public async Task ForwardedHeaders_FromAnybodyElse_AreIgnored(string setting)
    {
        await using var server = await TestServer.StartAsync(setting);

        (await SeenAddressAsync(server)).Should().StartWith($"{server.Address}crm/");
    }

    [Fact]
    public async Task PublicUrl_Set_IsTheAddressInTriggerUrls()
    {
        await using var server = await TestServer.StartAsync("FlowLite:PublicUrl=https://flows.contoso.com/sub");
        var client = await server.SignInAsync();
        await client.SaveAsync(ServerTestFlows.Small("a"), publish: true);

        using var answer = await client.PostTextAsync("/api/flows/a/triggers/manual/listCallbackUrl", "{}");

        (await answer.Content.ReadAsStringAsync()).Should().Contain("https://flows.contoso.com/sub/workflows/a/triggers/manual/paths/invoke");
        await server.RestartAsync();
        server.Output.Should().Contain("https://flows.contoso.com/sub/workflows/a/triggers/manual/paths/invoke");
    }

    [Fact]
    public async Task Health_OfARunningServer_IsLiveAndReady()
    {
        await using var server = await TestServer.StartAsync();

        (await server.Client.GetStringAsync("/health/live")).Should().Be("alive");
        (await server.Client.GetStringAsync("/health/ready")).Should().Be("ready");
    }

    [Fact]
    public async Task Health_WithoutItsDataDirectory_IsLiveButNotReady()
    {
        await using var server = await TestServer.StartAsync();
        var moved = server.DataDirectory + "-moved";
        Directory.Move(server.DataDirectory, moved);
        try
        {
            using var ready = await server.Client.GetAsync("/health/ready");
            ready.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
            (await server.Client.GetStringAsync("/health/live")).Should().Be("alive");
        }
        finally
        {
            Directory.Move(moved, server.DataDirectory);
        }
    }

    [Fact]
    public async Task Lead_PostedToThePrintedUrl_IsOneRecord()
    {
        await using var server = await TestServer.StartAsync($"FlowLite:WorkflowsDirectory={Path.Combine(AppContext.BaseDirectory, "workflows")}");
        var curl = server.Output.Split('\n').Single(l => l.Contains("curl ")).Split('\'');
        using var lead = new StringContent(curl[3], Encoding.UTF8, "application/json");

        using var answer = await server.Client.PostAsync(curl[5], lead);

        answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
        await Eventually.UntilAsync(async () => await CountLeadsAsync(server) == 1, "the lead in the CRM");
    }

    private static async Task<string> SeenAddressAsync(TestServer server)
    {
        var client = await server.SignInAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/crm/api/data/v9.2/leads");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "flows.contoso.com");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        using var answer = await client.SendAsync(request);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("@odata.context").GetString()!;
    }

    private static async Task<int> CountLeadsAsync(TestServer server)
    {
        var client = await server.SignInAsync();
        return JsonElement.Parse(await client.GetStringAsync("/crm/api/data/v9.2/leads")).GetProperty("value").GetArrayLength();
    }

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var today = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(today.AddDays(-1), today.AddDays(1));
    }
}
