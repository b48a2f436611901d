using System.Text;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowLite.Server.Triggers;

/// <summary>Keeps what was signed but started no run: the sender does not send it again.</summary>
internal static class TriggerInbox
{
    /// <param name="id">That of the run which it would have started: ids grow, so entries list in the order in which they came.</param>
    /// <exception cref="StoreUnavailableException">It was not kept.</exception>
    public static ValueTask KeepAsync(IRunStore store, SecureValues secure, TimeProvider time, Guid id, HttpRequest request, SignedTrigger trigger, string relativePath, Refusal refusal, ReadOnlyMemory<byte> body)
    {
        var headers = JsonValues.Object(writer => TriggerJson.WriteHeaders(writer, request)).GetProperty("headers");
        var entry = new InboxEntry
        {
            Id = id,
            ReceivedAt = time.GetUtcNow(),
            DefinitionId = trigger.DefinitionId,
            TriggerName = trigger.Name,
            ReasonCode = refusal.Code,
            ReasonMessage = refusal.Message,
            Method = request.Method,
            PathAndQuery = $"/{relativePath.TrimStart('/')}{Query(request)}",
            Headers = headers,
            BodySize = body.Length,
            Body = body.ToArray(),
        };
        return store.AddToInboxAsync(IsSecure(trigger) ? SealedInbox.Seal(entry, secure) : entry);
    }

    // Of a flow that is off or broken nobody knows.
    private static bool IsSecure(SignedTrigger trigger) =>
        trigger.Workflow is not { } workflow || workflow.Nodes.GetValueOrDefault(trigger.ActivityId)?.SecureOutputs == true;

    // As it came, but for the signature, however its name was written.
    private static string Query(HttpRequest request)
    {
        var query = new StringBuilder();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            if (!pair.DecodeName().Span.Equals("sig", StringComparison.OrdinalIgnoreCase))
            {
                query.Append(query.Length == 0 ? '?' : '&').Append(pair.EncodedName).Append('=').Append(pair.EncodedValue);
            }
        }

        return query.ToString();
    }
}
