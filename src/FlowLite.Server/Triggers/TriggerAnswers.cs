using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Server.Api;

namespace FlowLite.Server.Triggers;

/// <summary>What senders get back, as Flow's request trigger answers.</summary>
internal static class TriggerAnswers
{
    // Flow's list (Logic Apps, "Receive and respond to inbound HTTPS requests"), and what belongs to the connection.
    private static readonly HashSet<string> Removed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Allow", "Cookie", "Expires", "Last-Modified", "Set-Cookie", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Trailer",
    };

    private static readonly HashSet<string> KeptContentHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Disposition", "Content-Encoding", "Content-Type",
    };

    private static readonly HashSet<string> OfConnection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Trailer", "Content-Length",
    };

    /// <summary>Headers that Flow leaves out of answers.</summary>
    public static bool LeftOutByFlow(string name) =>
        Removed.Contains(name) || (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !KeptContentHeaders.Contains(name));

    /// <summary>Headers that belong to the connection: no answer sets them.</summary>
    public static bool ConnectionsOwn(string name) => OfConnection.Contains(name);

    public static void SetRequestHeaders(HttpContext http, Guid trackingId, SignedTrigger? trigger)
    {
        var headers = http.Response.Headers;
        headers["x-ms-request-id"] = headers["x-ms-tracking-id"] = trackingId.ToString();
        if (trigger?.Workflow is { } workflow)
        {
            headers["x-ms-workflow-id"] = trigger.HeaderId;
            headers["x-ms-workflow-name"] = trigger.HeaderName;
            headers["x-ms-workflow-version"] = workflow.Definition.Id;
        }
    }

    public static void SetRunHeaders(HttpContext http, Guid runId, string? clientTrackingId)
    {
        var headers = http.Response.Headers;
        var id = runId.ToString();
        headers["x-ms-workflow-run-id"] = headers["x-ms-trigger-history-name"] = headers["x-ms-correlation-id"] = id;
        headers["x-ms-client-tracking-id"] = clientTrackingId ?? id;
    }

    public static Task RefuseAsync(HttpContext http, Refusal refusal)
    {
        if (refusal.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (refusal.Allow is { } method)
        {
            http.Response.Headers.Allow = method;
        }

        return FlowErrors.WriteAsync(http, refusal.Status, refusal.Code, refusal.Message);
    }

    /// <param name="response">A Response activity's outputs: statusCode, headers, body.</param>
    /// <param name="leftOut">Headers that are not sent; null: those of Flow.</param>
    public static async Task WriteAsync(HttpContext http, JsonElement response, Func<string, bool>? leftOut = null)
    {
        var answer = http.Response;
        answer.StatusCode = Member(response, "statusCode") is { ValueKind: JsonValueKind.Number } status ? status.GetInt32() : StatusCodes.Status200OK;
        var (content, type) = Content(Member(response, "body"));
        answer.ContentType = type;
        SetHeaders(answer, Member(response, "headers"), leftOut ?? LeftOutByFlow);
        // RFC 9110 allows these no content, and the server would refuse to send any.
        if (answer.StatusCode is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
        {
            answer.ContentType = null;
            return;
        }

        answer.ContentLength = content.Length;
        await answer.Body.WriteAsync(content, http.RequestAborted);
    }

    public static void SetHeaders(HttpResponse answer, JsonElement headers, Func<string, bool> leftOut)
    {
        if (headers.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var header in headers.EnumerateObject())
        {
            string[] values = header.Value.ValueKind == JsonValueKind.Array ? [.. header.Value.EnumerateArray().Select(v => v.ToString())] : [header.Value.ToString()];
            if (!leftOut(header.Name) && Array.TrueForAll(values, value => IsSendable(header.Name, value)))
            {
                answer.Headers[header.Name] = values;
            }
        }
    }

    // RFC 9110 5.1, 5.5: a name is a token, a value visible ASCII and blanks.
    private static bool IsSendable(string name, string value) =>
        name.Length > 0
        && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
        && value.All(c => c is '\t' or (>= ' ' and <= '~'));

    private static (ReadOnlyMemory<byte> Content, string? Type) Content(JsonElement body)
    {
        switch (body.ValueKind)
        {
            case JsonValueKind.Undefined or JsonValueKind.Null:
                return (default, null);
            case JsonValueKind.String:
                return (Encoding.UTF8.GetBytes(body.GetString()!), "text/plain; charset=utf-8");
            case JsonValueKind.Object when Member(body, "$content-type") is { ValueKind: JsonValueKind.String } type
                && Member(body, "$content") is { ValueKind: JsonValueKind.String } content
                && IsSendable("Content-Type", type.GetString()!) && LargeJson.TryGetBytes(content, out var bytes):
                return (bytes, type.GetString());
            default:
                return (Encoding.UTF8.GetBytes(body.GetRawText()), "application/json; charset=utf-8");
        }
    }

    private static JsonElement Member(JsonElement json, string name)
    {
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return member.Value;
            }
        }

        return default;
    }
}
