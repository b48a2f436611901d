using System.Net.Http.Headers;
using System.Text.Json;
using FlowLite.Activities.ControlFlow;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Http;

/// <summary>What the activities that send requests have in common.</summary>
internal static class HttpExchange
{
    public const string UnmatchedStatusCode = "Unmatched status code";
    public const string FailedToConnect = "Failed to connect";
    public const string Timeout = "Timeout";
    private const int ReportedContent = 2000;

    // They belong to the connection, or are made from the content.
    private static readonly HashSet<string> Removed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Expect", "TE", "Trailer", "Proxy-Authorization", "Proxy-Connection",
    };

    /// <exception cref="ActivityException"><c>InvalidInput</c></exception>
    public static HttpCall Call(ActivityContext context, HttpCallInputs inputs)
    {
        if (!Uri.TryCreate(inputs.Url?.Trim(), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new ActivityException("InvalidInput", string.IsNullOrWhiteSpace(inputs.Url)
                ? "Url is empty." : $"'{inputs.Url}' is no absolute address that begins with http:// or https://.");
        }

        var method = string.IsNullOrWhiteSpace(inputs.Method) ? "GET" : inputs.Method.Trim().ToUpperInvariant();
        if (!method.All(char.IsAsciiLetter))
        {
            throw new ActivityException("InvalidInput", $"'{inputs.Method}' is no HTTP method.");
        }

        var headers = HttpHeaderJson.Read(inputs.Headers).Where(h => !Removed.Contains(h.Key)).ToList();
        var given = headers.FirstOrDefault(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value;
        headers.RemoveAll(h => h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase));
        if (!string.IsNullOrWhiteSpace(inputs.Authorization))
        {
            headers.RemoveAll(h => h.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase));
            headers.Add(KeyValuePair.Create("Authorization", Authorization(inputs)));
        }

        if (method is not ("GET" or "HEAD" or "OPTIONS") && !headers.Exists(h => h.Key.Equals("Idempotency-Key", StringComparison.OrdinalIgnoreCase)))
        {
            headers.Add(KeyValuePair.Create("Idempotency-Key", context.IdempotencyKey.ToString()));
        }

        var (content, type) = HttpContentJson.Make(inputs.Content, string.IsNullOrWhiteSpace(inputs.ContentType) ? given : inputs.ContentType);
        return new HttpCall(context.Node.Name, context.ItemPath, method, url, headers, content, type);
    }

    /// <summary>Either of the two.</summary>
    public static async ValueTask<(HttpAnswer? Answer, HttpCallException? Failure)> SendAsync(IHttpSender sender, HttpCall call, CancellationToken cancellationToken)
    {
        try
        {
            return (await sender.SendAsync(call, cancellationToken), null);
        }
        catch (HttpCallException e)
        {
            return (null, e);
        }
    }

    /// <summary>
    /// What may pass is tried again where the flow would not go on with it, and where its author asks for it. When it is not tried
    /// again any more, the activity completes as its context says if the flow goes on with that; else it has failed.
    /// </summary>
    /// <param name="isHandled">The flow goes on with what is in the context now.</param>
    /// <exception cref="ActivityException">It is to be tried again.</exception>
    public static void TryAgain(ActivityContext context, HttpCall call, HttpAnswer answer, bool isHandled, bool asked)
    {
        // Of an effect that must not be repeated only what was surely not done: it came too late, too often, or to nobody.
        var mayPass = context.Node.Effect == Effect.AtMostOnce ? answer.Status is 408 or 429 or 503 : answer.Status is 408 or 429 or >= 500;
        if (mayPass)
        {
            TryAgain(context, isHandled, asked, new ActivityException(
                $"Http{answer.Status}", $"{call.Method} {call.Url.GetLeftPart(UriPartial.Path)} was answered {answer.Status} {answer.Reason}".TrimEnd() + ".")
            {
                Retryable = true,
                RetryAfter = answer.RetryAfter,
                Details = Details(answer),
                CompletesWhenGivenUp = isHandled,
            });
        }
    }

    /// <inheritdoc cref="TryAgain(ActivityContext, HttpCall, HttpAnswer, bool, bool)"/>
    public static void TryAgain(ActivityContext context, HttpCallException failure, bool isHandled, bool asked)
    {
        if (context.Node.Effect == Effect.AtMostOnce && failure.WasSent)
        {
            if (!isHandled)
            {
                throw new ActivityException(Code(failure), $"{failure.Message} Whether it was done can't be told, so it is not sent again.");
            }

            return;
        }

        TryAgain(context, isHandled, asked, new ActivityException(Code(failure), failure.Message) { Retryable = true, CompletesWhenGivenUp = isHandled });
    }

    /// <summary>Something in the flow follows when the activity completes so.</summary>
    public static bool GoesOn(ActivityNode node, params ReadOnlySpan<string> outcomes)
    {
        if (node.Parent?.Activity is Sequence)
        {
            return node.Parent.Children.Count > node.Order + 1;
        }

        foreach (var outcome in outcomes)
        {
            if (node.HasOutcome(outcome))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Headers as an output: without what would open other doors.</summary>
    public static JsonElement Headers(IEnumerable<KeyValuePair<string, string>> headers) =>
        HttpHeaderJson.ToJson(headers.Where(h => !h.Key.StartsWith("Set-Cookie", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Elsa's response object, as far as it is data.</summary>
    public static JsonElement Response(HttpAnswer answer) => JsonValues.Object(writer =>
    {
        writer.WriteNumber("StatusCode", answer.Status);
        writer.WriteString("ReasonPhrase", answer.Reason);
        writer.WriteBoolean("IsSuccessStatusCode", answer.Status is >= 200 and < 300);
    });

    private static void TryAgain(ActivityContext context, bool isHandled, bool asked, ActivityException failure)
    {
        var isFailureConnected = !isHandled && context.Node.HasOutcome(Outcomes.Failed);
        // No retries is the author's word too: then it is as in Elsa.
        if (context.Node.Retry is { } policy ? policy.Kind != RetryKind.None : asked || (!isHandled && !isFailureConnected))
        {
            throw failure;
        }

        if (isFailureConnected)
        {
            throw new ActivityException(failure.Code, failure.Message) { Details = failure.Details };
        }
    }

    private static string Code(HttpCallException failure) => failure.IsTimeout ? "Timeout" : "ConnectionFailed";

    private static string Authorization(HttpCallInputs inputs)
    {
        var value = inputs.Authorization!.Trim();
        var isValue = value.All(c => c is >= ' ' and <= '~');
        return isValue && (inputs.AnyAuthorization || AuthenticationHeaderValue.TryParse(value, out _))
            ? value
            : throw new ActivityException("InvalidInput", "Authorization is no value of that header, such as 'Bearer …'.");
    }

    private static JsonElement Details(HttpAnswer answer)
    {
        var content = InputValues.Text(HttpContentJson.Parse(answer.Content, answer.ContentType));
        return JsonValues.Object(writer =>
        {
            writer.WriteNumber("status", answer.Status);
            writer.WriteString("content", content.Length > ReportedContent ? string.Concat(content.AsSpan(0, ReportedContent), "…") : content);
        });
    }
}

/// <summary>The settings of a request as its expressions gave them.</summary>
/// <param name="AnyAuthorization">The Authorization header is not checked.</param>
internal sealed record HttpCallInputs(string? Url, string? Method, JsonElement? Content, string? ContentType, string? Authorization, bool AnyAuthorization, JsonElement? Headers);
