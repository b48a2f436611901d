using System.Security.Cryptography.X509Certificates;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>How a CRM is reached. Equal settings share one connector.</summary>
public sealed record ConnectionSettings
{
    public const string Dataverse = "dataverse";
    private const string DefaultEntities = "lead,contact,account,opportunity";

    /// <summary>Which connector: <c>dataverse</c>.</summary>
    public string Kind { get; init; } = Dataverse;
    /// <summary>Up to <c>/api/data</c>: <c>https://contoso.crm4.dynamics.com</c></summary>
    public required string Url { get; init; }
    /// <summary><c>https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token</c></summary>
    public required string TokenUrl { get; init; }
    public required string ClientId { get; init; }
    public required string ClientSecret { get; init; }
    /// <summary><c>https://contoso.crm4.dynamics.com/.default</c>; left out of the token request when null.</summary>
    public string? Scope { get; init; }
    /// <summary>Logical names of the tables that the Studio offers forms for, separated by commas; null: lead, contact, account and opportunity.</summary>
    public string? Entities { get; init; }
    /// <summary>Accepts certificates beside those that the machine trusts; null: none.</summary>
    public Func<X509Certificate?, bool>? TrustsCertificate { get; init; }

    public IReadOnlyList<string> FormEntities =>
        (Entities ?? DefaultEntities).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Kind} at {Url} as {ClientId}";

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c>: what has to be set right.</exception>
    internal void Validate(string name)
    {
        var problem = this switch
        {
            { Kind: not Dataverse } => $"its kind '{Kind}' is unknown (known: {Dataverse})",
            _ when !IsUrl(Url) => "its URL is no http or https address without user name and password",
            _ when !IsUrl(TokenUrl) => "its token URL is no http or https address without user name and password",
            { ClientId.Length: 0 } or { ClientSecret.Length: 0 } => "its client id or client secret is missing",
            _ => null,
        };
        if (problem is not null)
        {
            throw new ActivityException("ConnectionInvalid", $"The connection '{name}' can't be used: {problem}.");
        }
    }

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0;
}
