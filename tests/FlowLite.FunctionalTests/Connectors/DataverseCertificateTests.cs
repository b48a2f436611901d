using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>A certificate in the place of a client secret, and the CRM's own duplicate rules.</summary>
public sealed class DataverseCertificateTests : DataverseTestBase
{
    [Theory]
    [InlineData("pem")]
    [InlineData("pem in one line")]
    [InlineData("encrypted pem")]
    [InlineData("pfx")]
    public async Task Create_WithACertificate_SignsInWithAnAssertionThatItHasSigned(string form)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=flowlite", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(Clock.GetUtcNow().AddDays(-1), Clock.GetUtcNow().AddDays(1));
        var (text, password) = Written(certificate, key, form);
        using var connectors = new CrmConnectors(_ => Certified(text, password), Clock);

        await connectors.Find("c")!.CreateAsync(Request(), CancellationToken.None);

        var sent = QueryHelpers.ParseQuery(Crm.TokenCalls.Single().Body);
        sent.Should().NotContainKey("client_secret");
        sent["client_assertion_type"].ToString().Should().Be("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        var parts = sent["client_assertion"].ToString().Split('.');
        key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), WebEncoders.Base64UrlDecode(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).Should().BeTrue();
        var header = JsonElement.Parse(WebEncoders.Base64UrlDecode(parts[0]));
        WebEncoders.Base64UrlDecode(header.GetProperty("x5t").GetString()!).Should().Equal(certificate.GetCertHash());
        var claims = JsonElement.Parse(WebEncoders.Base64UrlDecode(parts[1]));
        (claims.GetProperty("aud").GetString(), claims.GetProperty("iss").GetString(), claims.GetProperty("sub").GetString()).Should().Be(($"{Crm.Url}/token", "app", "app"));
        var now = Clock.GetUtcNow().ToUnixTimeSeconds();
        claims.GetProperty("nbf").GetInt64().Should().BeLessThan(now, "the other side's clock may be behind");
        claims.GetProperty("exp").GetInt64().Should().BeInRange(now + 300, now + 900);
    }

    [Theory]
    [InlineData("no certificate", "neither PEM nor base64")]
    [InlineData("AAAA", "can't be read")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "can't be read")]
    public void Connection_WithACertificateThatIsNone_SaysSo(string text, string problem)
    {
        using var connectors = new CrmConnectors(_ => Certified(text, null), Clock);

        var find = () => connectors.Find("c");

        find.Should().Throw<ActivityException>().Where(e => e.Code == "ConnectionInvalid").WithMessage($"*{problem}*");
    }

    [Theory]
    [InlineData(412)]
    [InlineData(500)]
    public async Task Create_DuplicateByTheCrmsRules_IsRefusedAndToldApartFromTheSameRecord(int status)
    {
        using var connectors = new CrmConnectors(_ => Detecting(), Clock);
        var duplicate = FakeCrm.Json(status, """{"error":{"code":"0x80040333","message":"A duplicate already exists."}}""");
        Crm.Answers.Enqueue(duplicate);
        Crm.Answers.Enqueue(FakeCrm.Json(404, """{"error":{"code":"0x80040217","message":"Does Not Exist"}}"""));
        Crm.Answers.Enqueue(duplicate);
        Crm.Answers.Enqueue(FakeCrm.Json(200, "{}"));

        var refused = await FailAsync(connectors);
        var found = await connectors.Find("c")!.CreateAsync(Request(), CancellationToken.None);

        (refused.Code, refused.Retryable).Should().Be(("0x80040333", false));
        found.AlreadyExisted.Should().BeTrue("the duplicate was this record, which an earlier attempt had made");
        Crm.RecordCalls.Where(call => call.Method == "PATCH").Should().OnlyContain(call => call.Headers["MSCRM.SuppressDuplicateDetection"] == "false");
    }

    [Fact]
    public async Task Create_WithoutDuplicateDetection_DoesNotAskForIt()
    {
        await CreateAsync("""{"lastname":"One","ownerid@odata.bind":"/systemusers(0a1b2c3d-0000-5000-8000-000000000002)"}""");

        var call = Crm.RecordCalls.Single();
        call.Headers.Should().NotContainKey("MSCRM.SuppressDuplicateDetection");
        call.Body.Should().Contain("ownerid@odata.bind");
    }

    private ConnectionSettings Certified(string certificate, string? password) => new("dataverse", new Dictionary<string, string?>
    {
        ["Url"] = Crm.Url,
        ["TokenUrl"] = $"{Crm.Url}/token",
        ["ClientId"] = "app",
        ["ClientCertificate"] = certificate,
        ["CertificatePassword"] = password,
    });

    private ConnectionSettings Detecting() => new("dataverse", new Dictionary<string, string?>
    {
        ["Url"] = Crm.Url,
        ["TokenUrl"] = $"{Crm.Url}/token",
        ["ClientId"] = "app",
        ["ClientSecret"] = Secret,
        ["DetectDuplicates"] = "yes",
    });

    private static (string Text, string? Password) Written(X509Certificate2 certificate, RSA key, string form)
    {
        var encryption = new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);
        return form switch
        {
            "pfx" => (Convert.ToBase64String(certificate.Export(X509ContentType.Pfx, "pass")), "pass"),
            "encrypted pem" => (certificate.ExportCertificatePem() + "\n" + key.ExportEncryptedPkcs8PrivateKeyPem("pass", encryption), "pass"),
            "pem" => (certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), null),
            _ => ((certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem()).Replace('\n', ' '), null),
        };
    }
}
