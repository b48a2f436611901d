using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using FlowLite.Server.Hosting;
using Microsoft.AspNetCore.Identity;

namespace FlowLite.Server.Auth;

/// <summary>
/// The one user. Its password is the configured one, else one that was made on the first start; only its hash is kept. A
/// configured password replaces the one before for good.
/// </summary>
public sealed class AdminAccount
{
    public const string UserName = "admin";

    // PBKDF2 with HMAC-SHA512, 100,000 iterations and a salt of its own.
    private readonly PasswordHasher<AdminAccount> _hasher = new();
    private readonly string _hash;
    private string? _generated;

    public AdminAccount(FlowLiteOptions options, DataDirectory directory)
    {
        var stored = File.Exists(directory.AdminPassword) ? File.ReadAllText(directory.AdminPassword) : null;
        _hash = stored ?? "";
        if (options.AdminPassword is null && stored is not null)
        {
            return;
        }

        if (stored is null || !Verify(options.AdminPassword!))
        {
            var password = options.AdminPassword ?? (_generated = Generate());
            _hash = _hasher.HashPassword(this, password);
            DataDirectory.WriteSecret(directory.AdminPassword, _hash);
        }
    }

    /// <summary>Changes with the password: what was given out for an older one is worth nothing.</summary>
    public string Stamp => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_hash)));

    /// <summary>The password that was made at this start, once.</summary>
    public string? TakeGeneratedPassword() => Interlocked.Exchange(ref _generated, null);

    /// <summary>Who is signed in, for one of the authentication schemes.</summary>
    public static ClaimsPrincipal Principal(string scheme) => new(new ClaimsIdentity([new Claim(ClaimTypes.Name, UserName)], scheme));

    /// <summary>Takes the same time whatever is wrong.</summary>
    public bool Verify(string userName, string password)
    {
        var rightUser = CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(userName)), SHA256.HashData(Encoding.UTF8.GetBytes(UserName)));
        return Verify(password) & rightUser;
    }

    private bool Verify(string password)
    {
        try
        {
            return _hasher.VerifyHashedPassword(this, _hash, password) != PasswordVerificationResult.Failed;
        }
        catch (FormatException)
        {
            throw new StartupException("The file 'admin-password' in the data directory is damaged. Delete it and set FlowLite__AdminPassword.");
        }
    }

    // 100 bits, in letters that are not taken for each other.
    private static string Generate() => RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 20);
}
