using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace FlowLite.Server.Triggers;

/// <summary>Encrypts the keys that trigger URLs are signed with, so that the catalogue's file alone gives none away.</summary>
public sealed class SecretProtector(IDataProtectionProvider provider)
{
    private readonly IDataProtector _protector = provider.CreateProtector("FlowLite.FlowSecrets");

    public string Protect(string secret) => _protector.Protect(secret);

    /// <exception cref="CryptographicException">It was protected with another key ring, or is not a protected secret.</exception>
    public string Unprotect(string secret) => _protector.Unprotect(secret);
}
