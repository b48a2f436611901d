using System.Text.Json;
using FlowLite.Activities.Http;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Replay;

/// <summary>Stands in for everybody whom a flow's requests go to: gives the case's answers and notes what was asked.</summary>
internal sealed class ReplayHttp(ReplayAnswers answers) : IHttpSender
{
    private const string IdempotencyKey = "Idempotency-Key";

    private readonly Lock _lock = new();
    private readonly HashSet<string> _keys = [];
    private readonly List<JsonElement> _requests = [];

    /// <summary><c>[{"activity","method","url","body"}]</c>, each once however many attempts it took, in the order in which they were first sent.</summary>
    public JsonElement Requests()
    {
        lock (_lock)
        {
            return JsonValues.Write(_requests, (writer, requests) => JsonSerializer.Serialize(writer, requests));
        }
    }

    public ValueTask<HttpAnswer> SendAsync(HttpCall call, CancellationToken cancellationToken)
    {
        var key = answers.Key(call.Activity, call.ItemPath);
        lock (_lock)
        {
            if (_keys.Add(call.Headers.FirstOrDefault(h => h.Key == IdempotencyKey).Value ?? $"{key} {call.Method} {call.Url}"))
            {
                _requests.Add(Request(call, key));
            }
        }

        var answer = answers.Next(key, static a => a.Created is null);
        return answer.Failure switch
        {
            null => ValueTask.FromResult(answer.Answered!.ToAnswer()),
            { Code: "Timeout" } failure => throw new HttpCallException(failure.Message, isTimeout: true, wasSent: true),
            { Code: "ConnectionFailed" } failure => throw new HttpCallException(failure.Message, isTimeout: false, wasSent: false),
            var failure => throw ReplayAnswers.Exception(failure),
        };
    }

    private static JsonElement Request(HttpCall call, string activity) => JsonValues.Object(writer =>
    {
        writer.WriteString("activity", activity);
        writer.WriteString("method", call.Method);
        writer.WriteString("url", call.Url.OriginalString);
        if (call.Content is { } content)
        {
            writer.WritePropertyName("body");
            HttpContentJson.Parse(content, call.ContentType).WriteTo(writer);
        }
    });
}

/// <summary>What is answered to one request.</summary>
/// <param name="Body">Text as it is, other values as JSON; null: nothing.</param>
internal sealed record HttpAnswered(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, JsonElement? Body)
{
    public HttpAnswer ToAnswer()
    {
        var (content, type) = HttpContentJson.Make(Body, Body is { ValueKind: JsonValueKind.String } ? "text/plain; charset=utf-8" : null);
        var contentHeaders = Headers.Where(IsOfContent).ToList();
        if (type is not null && !contentHeaders.Exists(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
        {
            contentHeaders.Add(KeyValuePair.Create("Content-Type", type));
        }

        var retryAfter = Headers.FirstOrDefault(h => h.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value;
        return new HttpAnswer(Status, null, [.. Headers.Where(h => !IsOfContent(h))], contentHeaders, content ?? [])
        {
            RetryAfter = int.TryParse(retryAfter, out var seconds) ? TimeSpan.FromSeconds(seconds) : null,
        };
    }

    private static bool IsOfContent(KeyValuePair<string, string> header) => header.Key.StartsWith("Content-", StringComparison.OrdinalIgnoreCase);
}
