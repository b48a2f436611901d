using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Gates;

/// <summary>Tells a CRM that is down, or has enough for now, from one that refuses a record.</summary>
public static class Outage
{
    /// <summary>
    /// No connection, no answer, no token, and the statuses that speak of the server and not of the record. A plain 500 may be
    /// one record's own trouble (a plug-in that breaks at it), and must not keep the others out.
    /// </summary>
    public static bool Is(ActivityException e) => e.Retryable
        && (e.Code is "ConnectionFailed" or "Timeout" or "TokenEndpointFailed" || e.RetryAfter is not null || Status(e) is 408 or 429 or 502 or 503 or 504);

    private static int? Status(ActivityException e) =>
        e.Details is { ValueKind: JsonValueKind.Object } details && details.TryGetProperty("status", out var status) && status.TryGetInt32(out var number) ? number : null;
}
