using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Http;

/// <summary>
/// A certificate in the place of a client secret: what the token endpoint gets is a short-lived JWT that the certificate signed
/// (RFC 7523; Microsoft identity platform, "Certificate credentials").
/// </summary>
internal static class ClientAssertion
{
    public const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>Either side's clock may be wrong by so much.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    public static string Create(X509Certificate2 certificate, string clientId, string tokenUrl, DateTimeOffset now)
    {
        var header = JsonValues.Object(writer =>
        {
            writer.WriteString("alg", "RS256");
            writer.WriteString("typ", "JWT");
            writer.WriteString("x5t", Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA1)));
            writer.WriteString("x5t#S256", Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA256)));
        });
        var claims = JsonValues.Object(writer =>
        {
            writer.WriteString("aud", tokenUrl);
            writer.WriteString("iss", clientId);
            writer.WriteString("sub", clientId);
            writer.WriteString("jti", Guid.CreateVersion7(now).ToString());
            writer.WriteNumber("iat", now.ToUnixTimeSeconds());
            writer.WriteNumber("nbf", (now - Skew).ToUnixTimeSeconds());
            writer.WriteNumber("exp", (now + Lifetime + Skew).ToUnixTimeSeconds());
        });
        var signed = $"{Encode(header)}.{Encode(claims)}";
        using var key = certificate.GetRSAPrivateKey()!;
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    /// <param name="text">PEM with certificate and private key, its line breaks lost or not, or a PFX file as base64.</param>
    /// <exception cref="CryptographicException">It is neither, its password is wrong, or it has no RSA key.</exception>
    public static X509Certificate2 Read(string text, string? password)
    {
        var certificate = text.Contains("-----BEGIN", StringComparison.Ordinal) ? ReadPem(WithLines(text), password) : ReadPfx(text, password);
        using var key = certificate.GetRSAPrivateKey();
        return key is not null ? certificate : throw new CryptographicException("It has no private RSA key.");
    }

    private static X509Certificate2 ReadPem(string pem, string? password)
    {
        try
        {
            return string.IsNullOrEmpty(password) ? X509Certificate2.CreateFromPem(pem, pem) : X509Certificate2.CreateFromEncryptedPem(pem, pem, password);
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException(e.Message, e);
        }
    }

    private static X509Certificate2 ReadPfx(string base64, string? password)
    {
        try
        {
            return X509CertificateLoader.LoadPkcs12(Convert.FromBase64String(base64), password);
        }
        catch (FormatException e)
        {
            throw new CryptographicException("It is neither PEM nor base64.", e);
        }
    }

    // A form's one-line field and a setting in the environment make blanks of line breaks.
    private static string WithLines(string pem) => pem
        .Replace("-----BEGIN", "\n-----BEGIN", StringComparison.Ordinal)
        .Replace("-----END", "\n-----END", StringComparison.Ordinal)
        .Replace("----- ", "-----\n", StringComparison.Ordinal);

    private static string Encode(JsonElement json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.GetRawText()));
}
