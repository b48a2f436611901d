using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>What flows do with a CRM. A replay answers in the place of one.</summary>
public interface ICrmConnector
{
    /// <summary>Makes one record, however often it is called with the same key.</summary>
    /// <exception cref="ActivityException">
    /// The record was not made. Code: the CRM's own (<c>0x80040333</c>), else <c>Http503</c>, <c>ConnectionFailed</c>,
    /// <c>Timeout</c>, <c>TokenRefused</c>, <c>UnexpectedAnswer</c>. Details: <c>{"status","error"}</c>.
    /// </exception>
    ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken);
}

/// <param name="Entity">As the author wrote it: <c>lead</c> or <c>leads</c>.</param>
/// <param name="Fields">A JSON object. Members that are null are not sent.</param>
/// <param name="IdempotencyKey">The same for every attempt at the same record.</param>
/// <param name="Activity">The name of the activity that asks.</param>
/// <param name="ItemPath">Where in its loops it stands (<see cref="ActivityContext.ItemPath"/>).</param>
public sealed record CreateRecordRequest(string Connection, string Entity, JsonElement Fields, Guid IdempotencyKey, string Activity, string? ItemPath);

/// <param name="Url">Where it can be fetched.</param>
/// <param name="AlreadyExisted">An earlier attempt had made it.</param>
/// <param name="StatusCode">The HTTP status that the create was answered with.</param>
public sealed record CreatedRecord(string Id, string Url, bool AlreadyExisted, int StatusCode);
