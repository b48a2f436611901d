using System.Text.Json;

namespace FlowLite.Activities.Http;

/// <summary>The headers that an author sets on a response, without those that Flow removes silently.</summary>
internal static class ResponseHeaders
{
    // Flow's list (Logic Apps, "Receive and respond to inbound HTTPS requests").
    private static readonly string[] Removed = ["Allow", "Cookie", "Expires", "Last-Modified", "Set-Cookie", "Transfer-Encoding"];
    private static readonly string[] KeptContentHeaders = ["Content-Disposition", "Content-Encoding", "Content-Type"];

    /// <inheritdoc cref="HttpHeaderJson.Read"/>
    /// <returns>An object of text values.</returns>
    public static JsonElement Read(JsonElement? headers) =>
        HttpHeaderJson.ToJson(HttpHeaderJson.Read(headers).Where(header => !IsRemoved(header.Key)));

    private static bool IsRemoved(string name) =>
        Removed.Contains(name, StringComparer.OrdinalIgnoreCase)
        || (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !KeptContentHeaders.Contains(name, StringComparer.OrdinalIgnoreCase));
}
