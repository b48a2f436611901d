using System.Text.Json;

namespace FlowLite.Activities.Crm.Http;

/// <summary>Takes the connection's secrets out of what the other side says, before it gets into messages and the journal.</summary>
internal sealed class SecretMask(params string[] secrets)
{
    private readonly string[] _secrets = [.. secrets.Where(secret => secret.Length > 0)
        .SelectMany(secret => new[] { secret, Uri.EscapeDataString(secret), JsonEncodedText.Encode(secret).ToString() }).Distinct()];

    /// <summary>The access token in use.</summary>
    public string? Token { get; set; }

    public string Apply(string text)
    {
        foreach (var known in _secrets)
        {
            text = text.Replace(known, "***", StringComparison.Ordinal);
        }

        return Token is { } token ? text.Replace(token, "***", StringComparison.Ordinal) : text;
    }
}
