using FlowLite.Server.Hosting;

namespace FlowLite.Server.Api;

/// <summary>Where senders reach this server.</summary>
internal static class PublicAddress
{
    /// <summary>The configured one, else what the request itself was sent to.</summary>
    public static Uri Of(HttpRequest request, FlowLiteOptions options) =>
        options.PublicAddress ?? new Uri($"{request.Scheme}://{request.Host}{request.PathBase}");
}
