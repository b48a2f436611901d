using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Tryton;

/// <summary>JSON-RPC calls of one connection in a session of its user; a session that is refused is renewed once.</summary>
internal sealed class TrytonApi : IDisposable
{
    private const int LongestAnswer = 8 * 1024 * 1024;

    private readonly TrytonSettings _settings;
    private readonly SecretMask _mask;
    private readonly CrmHttp _http;
    private readonly Lock _lock = new();
    private Session? _current;
    private Task<Session>? _login;

    public TrytonApi(string connection, TrytonSettings settings, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time)
    {
        _settings = settings;
        _mask = new SecretMask(settings.Password);
        _http = new CrmHttp(settings.Url, trustsCertificate, time, _mask);
        Who = $"The Tryton server of connection '{connection}'";
    }

    /// <summary>For messages: <c>The Tryton server of connection 'crm'</c></summary>
    public string Who { get; }

    /// <param name="method"><c>model.party.party.create</c></param>
    /// <param name="action">What is asked for, for messages: <c>create the party</c></param>
    /// <param name="parameters">All but the context, at least one.</param>
    /// <param name="context">Added to the user's own (company, language).</param>
    /// <exception cref="ActivityException">No session, no answer, or Tryton's own error.</exception>
    public async ValueTask<JsonElement> CallAsync(
        string method, string action, JsonArray parameters, CancellationToken cancellationToken, params (string Name, JsonNode Value)[] context)
    {
        var session = await SessionAsync(rejected: null, cancellationToken);
        var answer = await SendAsync(session);
        if (answer.Status is 401 or 403)
        {
            // It ended before its time: once more in a new one.
            session = await SessionAsync(rejected: session, cancellationToken);
            answer = await SendAsync(session);
        }

        return TrytonErrors.Result(answer, Who, action, _mask);

        ValueTask<CrmAnswer> SendAsync(Session session)
        {
            var all = (JsonObject)session.Context.DeepClone();
            foreach (var (name, value) in context)
            {
                all[name] = value.DeepClone();
            }

            return PostAsync(method, [.. parameters.Select(parameter => parameter?.DeepClone()), all], session.Header, cancellationToken);
        }
    }

    /// <summary>Asks the server, signed in, and gives the user's id. A session alone says nothing: it may be of before the server went down.</summary>
    public async ValueTask<string> TestAsync(CancellationToken cancellationToken)
    {
        await CallAsync("model.res.user.get_preferences", "give the user's preferences", [true], cancellationToken);
        return (await SessionAsync(rejected: null, cancellationToken)).User;
    }

    public void Dispose() => _http.Dispose();

    private async ValueTask<CrmAnswer> PostAsync(string method, JsonArray parameters, AuthenticationHeaderValue? session, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_settings.Url}/{Uri.EscapeDataString(_settings.Database)}/");
        request.Headers.Authorization = session;
        // With a length: Tryton refuses chunks.
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["id"] = 1, ["method"] = method, ["params"] = parameters }));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await _http.SendAsync(request, Who, LongestAnswer, cancellationToken);
    }

    private ValueTask<Session> SessionAsync(Session? rejected, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // One login at a time, however many calls wait for it: Tryton slows down those who ask often.
            return _current is { } current && current != rejected
                ? new ValueTask<Session>(current)
                : new ValueTask<Session>((_login ??= LoginAsync()).WaitAsync(cancellationToken));
        }
    }

    private async Task<Session> LoginAsync()
    {
        // It has to be noted as under way before it can end.
        await Task.Yield();
        try
        {
            var session = await AskAsync();
            lock (_lock)
            {
                _current = session;
            }

            return session;
        }
        catch (ActivityException e) when (e.OutcomeUnknown)
        {
            // Without a session nothing was asked of the CRM.
            throw new ActivityException(e.Code, e.Message) { Retryable = e.Retryable, RetryAfter = e.RetryAfter, Details = e.Details };
        }
        finally
        {
            lock (_lock)
            {
                _login = null;
            }
        }
    }

    private async Task<Session> AskAsync()
    {
        var answer = await PostAsync("common.db.login", [_settings.User, new JsonObject { ["password"] = _settings.Password }, "en"], null, CancellationToken.None);
        if (answer.Status is 401 or 403 or 404)
        {
            throw new ActivityException("LoginRefused", $"{Who} answered HTTP {answer.Status} to the login of '{_settings.User}'. Check the connection's address, database, user and password.");
        }

        if (TrytonErrors.IsNoDatabase(answer))
        {
            throw new ActivityException("LoginRefused", $"{Who} has no database '{_settings.Database}'. Check the connection's address and database.");
        }

        var result = TrytonErrors.Result(answer, Who, "log in", _mask);
        if (result.ValueKind != JsonValueKind.Array || result.GetArrayLength() < 2 || result[1].GetString() is not { Length: > 0 } key)
        {
            throw new ActivityException("LoginRefused", $"{Who} gave no session. Check the connection's address.");
        }

        _mask.Token = key;
        var user = result[0].GetRawText();
        var token = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_settings.User}:{user}:{key}"));
        var header = new AuthenticationHeaderValue("Session", token);
        // The company and the language that the user works with.
        var preferences = TrytonErrors.Result(
            await PostAsync("model.res.user.get_preferences", [true, new JsonObject()], header, CancellationToken.None), Who, "give the user's preferences", _mask);
        return new Session(user, header, JsonNode.Parse(preferences.GetRawText()) as JsonObject ?? []);
    }

    private sealed record Session(string User, AuthenticationHeaderValue Header, JsonObject Context);
}
