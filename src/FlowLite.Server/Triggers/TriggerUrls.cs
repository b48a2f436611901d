using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FlowLite.Engine.Definitions;

namespace FlowLite.Server.Triggers;

/// <summary>The key that signs a URL. Two, so that one can be replaced while senders still use the other.</summary>
public enum KeyType
{
    Primary,
    Secondary,
}

/// <summary>
/// Makes the signed URLs of triggers, in Flow's form. What is signed: flow, trigger, permission, version and, in a URL that expires, until when;
/// not the relative path.
/// </summary>
public sealed class TriggerUrls(SecretProtector protector)
{
    public const string ApiVersion = "2016-06-01";
    public const string SignatureVersion = "1.0";
    private const string ExpiryFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";

    /// <param name="relativePath">What follows the trigger's path; percent-encoded by the caller where it has to be.</param>
    public string Create(PublishedFlow flow, string triggerName, Uri baseUrl, KeyType keyType, string relativePath = "") =>
        Create(flow.Secrets, triggerName, baseUrl, keyType, relativePath);

    /// <summary>Also for a flow without a published version: its URLs stay the same when it gets one.</summary>
    /// <param name="notAfter">When it stops working; null: never.</param>
    public string Create(FlowSecrets secrets, string triggerName, Uri baseUrl, KeyType keyType, string relativePath = "", DateTimeOffset? notAfter = null)
    {
        var expiry = notAfter is { } end ? Expiry(end) : null;
        return $"{BasePath(secrets.DefinitionId, triggerName, baseUrl)}{Relative(relativePath)}?api-version={ApiVersion}" +
            $"{(expiry is null ? "" : $"&se={Uri.EscapeDataString(expiry)}")}" +
            $"&sp={Uri.EscapeDataString(Permission(triggerName))}&sv={SignatureVersion}&sig={Sign(secrets, triggerName, keyType, expiry)}";
    }

    /// <summary>The URL without relative path and query.</summary>
    public static string BasePath(string definitionId, string triggerName, Uri baseUrl) =>
        $"{baseUrl.AbsoluteUri.TrimEnd('/')}/workflows/{Uri.EscapeDataString(definitionId)}/triggers/{Uri.EscapeDataString(triggerName)}/paths/invoke";

    /// <summary>The <c>sp</c> of a URL: the one thing that its bearer may do.</summary>
    public static string Permission(string triggerName) => $"/triggers/{triggerName}/run";

    /// <summary>The <c>se</c> of a URL: when it expires, in UTC.</summary>
    public static string Expiry(DateTimeOffset notAfter) => notAfter.UtcDateTime.ToString(ExpiryFormat, CultureInfo.InvariantCulture);

    public static bool TryReadExpiry(string text, out DateTimeOffset notAfter) =>
        DateTimeOffset.TryParseExact(text, ExpiryFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out notAfter);

    /// <summary>The <c>sig</c> of a URL: base64url of an HMAC-SHA256, 43 characters.</summary>
    /// <param name="expiry">The URL's <c>se</c>, if it has one.</param>
    /// <exception cref="CryptographicException">The key can't be decrypted here.</exception>
    public string Sign(FlowSecrets secrets, string triggerName, KeyType keyType, string? expiry = null)
    {
        var key = protector.Unprotect(keyType == KeyType.Primary ? secrets.PrimaryKey : secrets.SecondaryKey);
        var text = $"{secrets.DefinitionId}\n{triggerName}\n{Permission(triggerName)}\n{SignatureVersion}{(expiry is null ? "" : $"\n{expiry}")}";
        return Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(text)));
    }

    private static string Relative(string path) => path.Trim('/') is { Length: > 0 } trimmed ? $"/{trimmed}" : "";
}
