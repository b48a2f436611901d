namespace FlowLite.Server.Api;

/// <summary>Where senders reach this server.</summary>
internal static class PublicAddress
{
    /// <summary><c>FlowLite:PublicUrl</c> if it is set, else what the request itself was sent to.</summary>
    public static Uri Of(HttpRequest request, IConfiguration configuration) =>
        configuration["FlowLite:PublicUrl"] is { Length: > 0 } url
            ? new Uri(url)
            : new Uri($"{request.Scheme}://{request.Host}{request.PathBase}");
}
