using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Server;

/// <summary>The key ring, encrypted by a certificate that isn't in the data directory.</summary>
public sealed class KeyCertificateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowlite-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task KeyCertificate_EncryptsTheKeyRing_AndMayBeReplaced()
    {
        var (first, second) = (Certificate("first.pfx"), Certificate("second.pfx"));
        await using var server = await TestServer.StartAsync($"FlowLite:KeyCertificate={first}", "FlowLite:KeyCertificatePassword=pass");
        using var client = await server.SignInAsync();
        var values = new { Url = "http://127.0.0.1:9", TokenUrl = "http://127.0.0.1:9/token", ClientId = "app", ClientSecret = "s3cret" };
        using var made = await client.PostAsJsonAsync("/api/connections", new { name = "contoso", kind = "dataverse", values });
        made.StatusCode.Should().Be(HttpStatusCode.Created);

        Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "keys")).Select(File.ReadAllText)
            .Should().NotBeEmpty().And.OnlyContain(key => key.Contains("EncryptedData", StringComparison.Ordinal) && !key.Contains("<masterKey", StringComparison.Ordinal));
        Secret(server).Should().Be("s3cret");

        await server.RestartAsync($"FlowLite:KeyCertificate={second}", $"FlowLite:EarlierKeyCertificates={first}");
        Secret(server).Should().Be("s3cret");
        await server.RestartAsync($"FlowLite:KeyCertificate={second}");
        Secret(server).Should().BeNull("without the certificate the keys of before can't be read");
    }

    [Fact]
    public async Task KeyCertificate_ThatIsNone_KeepsTheServerFromStarting()
    {
        var file = Path.Combine(_folder, "none.pfx");
        await File.WriteAllTextAsync(file, "nothing");

        var start = async () => await TestServer.StartAsync($"FlowLite:KeyCertificate={file}");

        await start.Should().ThrowAsync<StartupException>().WithMessage("*KeyCertificate*none.pfx*");
    }

    private static string? Secret(TestServer server) => server.Services.GetRequiredService<ConnectionCatalog>().Find("contoso")!["ClientSecret"];

    private string Certificate(string name)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var file = Path.Combine(_folder, name);
        File.WriteAllBytes(file, certificate.Export(X509ContentType.Pfx, "pass"));
        return file;
    }
}
