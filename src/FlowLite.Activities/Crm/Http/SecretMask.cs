using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowLite.Activities.Crm.Http;

/// <summary>Takes the connection's secrets out of what the other side says, before it gets into messages and the journal.</summary>
internal sealed class SecretMask(params string[] secrets)
{
    // A longer form first: it may begin with a shorter one.
    private readonly string[] _secrets = [.. secrets.Where(secret => secret.Length > 0).SelectMany(Forms).Distinct().OrderByDescending(form => form.Length)];

    /// <summary>The access token in use.</summary>
    public string? Token { get; set; }

    public string Apply(string text)
    {
        foreach (var known in _secrets)
        {
            text = text.Replace(known, "***", StringComparison.OrdinalIgnoreCase);
        }

        return Token is { } token ? text.Replace(token, "***", StringComparison.Ordinal) : text;
    }

    /// <summary>As it is, in addresses, in forms, and in JSON as .NET, most others and PHP write it.</summary>
    private static IEnumerable<string> Forms(string secret)
    {
        string[] forms =
        [
            secret, Uri.EscapeDataString(secret), WebUtility.UrlEncode(secret), JsonEncodedText.Encode(secret).ToString(),
            JsonEncodedText.Encode(secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(),
        ];
        return forms.Concat(forms.Select(form => form.Replace("/", "\\/", StringComparison.Ordinal)));
    }
}
