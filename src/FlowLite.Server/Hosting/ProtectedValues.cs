using System.Security.Cryptography;
using FlowLite.Engine.Secure;
using Microsoft.AspNetCore.DataProtection;

namespace FlowLite.Server.Hosting;

/// <summary>Encrypts runs' secure values with the key ring of the data directory.</summary>
public sealed class ProtectedValues(IDataProtectionProvider provider) : IValueProtector
{
    private readonly IDataProtector _protector = provider.CreateProtector("FlowLite.SecureValues");

    public string Protect(string text) => _protector.Protect(text);

    public string? Unprotect(string text)
    {
        try
        {
            return _protector.Unprotect(text);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
