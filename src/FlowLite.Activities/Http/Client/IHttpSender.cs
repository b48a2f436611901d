using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Http.Client;

/// <summary>Sends the requests of flows: over the network, or in a replay to the case's answers.</summary>
public interface IHttpSender
{
    /// <summary>Redirects are followed, the answer is read as a whole.</summary>
    /// <exception cref="HttpCallException">There is no answer.</exception>
    /// <exception cref="ActivityException"><c>AddressNotAllowed</c>, <c>ResponseTooLarge</c></exception>
    ValueTask<HttpAnswer> SendAsync(HttpCall call, CancellationToken cancellationToken);
}

/// <summary>One request of a flow.</summary>
/// <param name="Activity">The activity's name.</param>
/// <param name="ItemPath">Where in its loops it stands, as in <see cref="ActivityContext.ItemPath"/>.</param>
/// <param name="Headers">Those of the content too, but for its type.</param>
/// <param name="Content">Null: none.</param>
public sealed record HttpCall(
    string Activity,
    string? ItemPath,
    string Method,
    Uri Url,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    byte[]? Content,
    string? ContentType);

/// <param name="Headers">In the order in which they came; one that came several times stands there several times.</param>
/// <param name="ContentHeaders">Those that tell of the content.</param>
public sealed record HttpAnswer(
    int Status,
    string? Reason,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    IReadOnlyList<KeyValuePair<string, string>> ContentHeaders,
    byte[] Content) : IDisposable
{
    /// <summary>The media type with its parameters; null without one.</summary>
    public string? ContentType => ContentHeaders.FirstOrDefault(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>When the other side wants to be asked again; null: it doesn't say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Room for a large content, until the answer is disposed of.</summary>
    public IDisposable? Memory { get; init; }

    public void Dispose() => Memory?.Dispose();
}

/// <summary>A request that got no answer.</summary>
/// <param name="isTimeout">It took too long; else the connection was not made, or broke.</param>
/// <param name="wasSent">It may have arrived.</param>
public sealed class HttpCallException(string message, bool isTimeout, bool wasSent) : Exception(message)
{
    public bool IsTimeout => isTimeout;
    public bool WasSent => wasSent;
}
