using System.Text;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using Microsoft.AspNetCore.WebUtilities;

namespace FlowLite.Server.Triggers;

/// <summary>To whom a request was sent that no run took.</summary>
/// <param name="Path">Where it was sent to, as far as the sender decides it.</param>
/// <param name="IsSecure">What is sent there is secure.</param>
internal sealed record InboxSource(string DefinitionId, string Trigger, string Path, bool IsSecure)
{
    public static InboxSource Of(SignedTrigger trigger, string relativePath) => new(trigger.DefinitionId, trigger.Name, relativePath,
        // Of a flow that is off or broken nobody knows.
        trigger.Workflow is not { } workflow || workflow.Nodes.GetValueOrDefault(trigger.ActivityId)?.SecureOutputs == true);
}

/// <summary>Keeps what somebody sent who may, and no run took: the sender does not send it again.</summary>
public sealed class TriggerInbox(IRunStore store, SecureValues secure, TimeProvider time)
{
    /// <param name="id">That of the run which it would have started: ids grow, so entries list in the order in which they came.</param>
    /// <exception cref="StoreUnavailableException">It was not kept.</exception>
    internal ValueTask KeepAsync(Guid id, HttpRequest request, InboxSource source, string code, string message, ReadOnlyMemory<byte> body)
    {
        var headers = JsonValues.Object(writer => TriggerJson.WriteHeaders(writer, request)).GetProperty("headers");
        var entry = new InboxEntry
        {
            Id = id,
            ReceivedAt = time.GetUtcNow(),
            DefinitionId = source.DefinitionId,
            TriggerName = source.Trigger,
            ReasonCode = code,
            ReasonMessage = message,
            Method = request.Method,
            PathAndQuery = $"/{source.Path.TrimStart('/')}{Query(request)}",
            Headers = headers,
            BodySize = body.Length,
            Body = body.ToArray(),
        };
        return store.AddToInboxAsync(source.IsSecure ? SealedInbox.Seal(entry, secure) : entry);
    }

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
