using System.Net.Http.Headers;

namespace FlowLite.Activities.Crm.Http;

/// <summary>Calls of one connection's CRM, signed in. A token that is refused is renewed once.</summary>
/// <param name="connection">Its name, for messages.</param>
/// <param name="tokens">Null: each call carries <paramref name="credentials"/> instead.</param>
/// <param name="credentials">A header by name; null: none.</param>
/// <param name="isTokenRefused">Null: the status is 401.</param>
internal sealed class CrmCalls(
    string connection, CrmHttp http, AccessTokens? tokens, (string Name, string Value)? credentials = null, Func<CrmAnswer, bool>? isTokenRefused = null) : IDisposable
{
    /// <summary>What all columns of a record or all of a list's page hold, and more.</summary>
    public const int LongestAnswer = 32 * 1024 * 1024;

    private static readonly MediaTypeHeaderValue Json = new("application/json", "utf-8");

    /// <summary>For messages: <c>The CRM of connection 'contoso'</c></summary>
    public string Who { get; } = $"The CRM of connection '{connection}'";

    /// <exception cref="Engine.Activities.ActivityException">No token, or no answer.</exception>
    public async ValueTask<CrmAnswer> SendAsync(CrmCall call, CancellationToken cancellationToken)
    {
        if (tokens is null)
        {
            return await SendAsync(call, token: null, cancellationToken);
        }

        var token = await tokens.GetAsync(rejected: null, cancellationToken);
        var answer = await SendAsync(call, token, cancellationToken);
        if (!(isTokenRefused?.Invoke(answer) ?? answer.Status == 401))
        {
            return answer;
        }

        // Revoked before its time: once more with a new one.
        token = await tokens.GetAsync(rejected: token, cancellationToken);
        return await SendAsync(call, token, cancellationToken);
    }

    public ValueTask<CrmAnswer> GetAsync(string url, CancellationToken cancellationToken) => SendAsync(new CrmCall(HttpMethod.Get, url), cancellationToken);

    /// <summary>That the connection's credentials give a token, where they have to.</summary>
    public async ValueTask SignInAsync(CancellationToken cancellationToken)
    {
        if (tokens is not null)
        {
            await tokens.GetAsync(rejected: null, cancellationToken);
        }
    }

    public void Dispose() => http.Dispose();

    private async ValueTask<CrmAnswer> SendAsync(CrmCall call, AccessToken? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, call.Url);
        request.Headers.Authorization = token?.Header;
        request.Headers.TryAddWithoutValidation("Accept", call.Accept);
        if (credentials is var (name, value))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (call.Body is { } body)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.ContentType = Json;
        }

        foreach (var header in call.Headers ?? [])
        {
            if (!request.Headers.TryAddWithoutValidation(header.Name, header.Value) && request.Content is { } content)
            {
                // One of the body's: application/vnd.api+json in the place of what is usual.
                content.Headers.Remove(header.Name);
                content.Headers.TryAddWithoutValidation(header.Name, header.Value);
            }
        }

        return await http.SendAsync(request, Who, LongestAnswer, cancellationToken);
    }
}

/// <param name="Body">JSON in UTF-8; null: none.</param>
internal sealed record CrmCall(HttpMethod Method, string Url, ReadOnlyMemory<byte>? Body = null, IReadOnlyList<(string Name, string Value)>? Headers = null)
{
    public string Accept { get; init; } = "application/json";
}
