using FlowLite.Server.Hosting;

namespace FlowLite.Server.Api;

/// <summary>Where senders reach this server.</summary>
internal static class PublicAddress
{
    /// <summary>The configured one, else what the request itself was sent to.</summary>
    /// <exception cref="BadHttpRequestException">The request doesn't say: its Host is missing, or no host.</exception>
    public static Uri Of(HttpRequest request, FlowLiteOptions options) =>
        options.PublicAddress
        ?? (Uri.TryCreate($"{request.Scheme}://{request.Host.Value}{request.PathBase}", UriKind.Absolute, out var address)
            ? address
            : throw new BadHttpRequestException($"The request's Host, '{request.Host.Value}', is none."));
}
