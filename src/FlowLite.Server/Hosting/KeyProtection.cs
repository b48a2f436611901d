using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;

namespace FlowLite.Server.Hosting;

/// <summary>Encrypts the key ring, with which all secrets are encrypted, by a certificate that is kept elsewhere.</summary>
internal static class KeyProtection
{
    /// <exception cref="StartupException">A certificate can't be read, or can't decrypt.</exception>
    public static void ProtectKeys(this IDataProtectionBuilder builder, FlowLiteOptions options)
    {
        if (options.KeyCertificate is not { Length: > 0 } path)
        {
            return;
        }

        var current = Load(path, options.KeyCertificatePassword);
        var earlier = (options.EarlierKeyCertificates ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(file => Load(file, options.KeyCertificatePassword));
        builder.ProtectKeysWithCertificate(current).UnprotectKeysWithAnyCertificate([current, .. earlier]);
    }

    private static X509Certificate2 Load(string path, string? password)
    {
        try
        {
            var isPem = File.ReadAllText(path).Contains("-----BEGIN", StringComparison.Ordinal);
            var certificate = !isPem ? X509CertificateLoader.LoadPkcs12FromFile(path, password)
                : string.IsNullOrEmpty(password) ? X509Certificate2.CreateFromPemFile(path)
                : X509Certificate2.CreateFromEncryptedPemFile(path, password);
            using var key = certificate.GetRSAPrivateKey();
            return key is not null ? certificate : throw new CryptographicException("it has no private RSA key");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StartupException($"FlowLite:KeyCertificate: '{path}' can't be used: {e.Message.TrimEnd('.')}. It has to be a PFX or PEM file with a private RSA key, and FlowLite:KeyCertificatePassword its password.", e);
        }
    }
}
