using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;

namespace FlowLite.Server.Triggers;

/// <summary>Inbox entries of triggers whose outputs are secure: what was sent, and the reason's text that tells of it, is one secure value, in the place of the headers.</summary>
public static class SealedInbox
{
    private const string Reason = "reason";

    public static InboxEntry Seal(InboxEntry entry, SecureValues secure) => entry with
    {
        // Reasons quote what was sent.
        ReasonMessage = SecureValues.Hidden,
        PathAndQuery = "/",
        Headers = secure.Keep(JsonValues.Object(writer =>
        {
            writer.WriteString("path", entry.PathAndQuery);
            writer.WritePropertyName("headers");
            entry.Headers.WriteTo(writer);
            writer.WriteBase64String("body", entry.Body.Span);
            writer.WriteString(Reason, entry.ReasonMessage);
        }), isSecure: true),
        Body = default,
    };

    /// <summary>What was kept, as it came.</summary>
    /// <exception cref="SecureValueLostException">It was encrypted with another key ring.</exception>
    public static InboxEntry Open(InboxEntry entry, SecureValues secure)
    {
        if (!SecureValues.AreIn(entry.Headers))
        {
            return entry;
        }

        var open = secure.Open(entry.Headers);
        var body = open.GetProperty("body").GetBytesFromBase64();
        return entry with
        {
            // Of an entry without it the reason was not secure yet.
            ReasonMessage = open.Text(Reason) ?? entry.ReasonMessage,
            PathAndQuery = open.GetProperty("path").GetString()!,
            Headers = open.GetProperty("headers"),
            Body = body,
            BodySize = body.Length,
        };
    }

    /// <summary>For the person who has to do something with it: what is encrypted on disk is told; without its keys it is as if it were empty.</summary>
    public static InboxEntry Show(InboxEntry entry, SecureValues secure)
    {
        try
        {
            return Open(entry, secure);
        }
        catch (SecureValueLostException)
        {
            return entry;
        }
    }
}
