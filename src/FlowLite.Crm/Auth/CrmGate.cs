using System.Security.Cryptography;
using System.Text;
using FlowLite.Crm.Api;

namespace FlowLite.Crm.Auth;

/// <summary>Decides who may call the data API and who gets a token.</summary>
internal sealed class CrmGate
{
    private readonly CrmSecret _secret;
    private readonly TokenMint _mint;
    private readonly byte[] _clientId;
    private readonly byte[] _clientSecret;
    private readonly Func<HttpContext, ValueTask<bool>>? _alsoAuthorize;

    public CrmGate(CrmSecret secret, CrmOptions options, TimeProvider time)
    {
        _secret = secret;
        _clientId = Hash(options.ClientId);
        _clientSecret = Hash(options.ClientSecret);
        _alsoAuthorize = options.AlsoAuthorize;
        // A changed id or secret ends the tokens that were given for the old one.
        var client = Convert.ToHexString([.. _clientId, .. _clientSecret]);
        _mint = new TokenMint(secret.Derive("token " + client), time);
    }

    /// <summary>Whether the request has one of our tokens, or the host vouches for it.</summary>
    public async ValueTask<bool> AdmitsAsync(HttpContext context)
    {
        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && _mint.IsValid(header.AsSpan(scheme.Length).Trim()))
        {
            return true;
        }

        return _alsoAuthorize is not null && await _alsoAuthorize(context);
    }

    /// <summary>The value of WWW-Authenticate, which tells where tokens come from, as Dataverse's does.</summary>
    public static string Challenge(HttpContext context) =>
        $"Bearer authorization_uri=\"{ODataUrls.Mount(context)}/oauth2/v2.0/token\", resource_id=\"{ODataUrls.Mount(context)}/\"";

    /// <summary>A new token for the right credentials, else null. Compares both in constant time.</summary>
    public string? Exchange(string clientId, string clientSecret)
    {
        var rightId = CryptographicOperations.FixedTimeEquals(Hash(clientId), _clientId);
        var rightSecret = CryptographicOperations.FixedTimeEquals(Hash(clientSecret), _clientSecret);
        return rightId & rightSecret ? _mint.Issue() : null;
    }

    /// <summary>An id of something that exists once here (the organization, its only user...), always the same.</summary>
    public Guid IdOf(string thing) => new(_secret.Derive("id of the " + thing).AsSpan(0, 16), bigEndian: true);

    // Hashes have one length, so that comparing takes the same time for a secret of any length.
    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
