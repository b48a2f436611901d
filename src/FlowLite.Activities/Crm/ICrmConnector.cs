using System.Text.Json;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>
/// What flows do with a CRM. A replay answers in the place of one. All calls fail with an <see cref="ActivityException"/>.
/// Code: the CRM's own (<c>0x80040333</c>), else <c>Http503</c>, <c>ConnectionFailed</c>, <c>Timeout</c>, <c>TokenRefused</c>,
/// <c>UnexpectedAnswer</c>. Details: <c>{"status","actBy","error"}</c>.
/// </summary>
public interface ICrmConnector
{
    /// <summary>
    /// What a crash does to a create in this table: idempotent only where the CRM itself enforces the key that creates carry (law 6).
    /// </summary>
    Effect CreateEffect(string entity);

    /// <summary>
    /// Finds out, where it isn't known yet, whether the CRM enforces the key that the settings name; <see cref="CreateEffect"/> says
    /// so from then on.
    /// </summary>
    /// <param name="anew">Also where it is known.</param>
    /// <returns>For the administrator, where it doesn't though the settings name one; null otherwise.</returns>
    ValueTask<string?> CheckKeyAsync(string entity, bool anew, CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    /// <summary>Makes one record; where creates are idempotent, however often it is called with the same key.</summary>
    ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken);

    /// <summary>Changes a record that exists; doing it again changes nothing more.</summary>
    ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken);

    /// <summary>Changes the record with the key, or makes it if there is none.</summary>
    ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken);

    /// <summary>Reads one record; null when there is none with the key.</summary>
    ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken);
}

/// <summary>What is known of a CRM beside its records: whether it can be used, its tables and their columns. Calls fail as a connector's do.</summary>
public interface ICrmMetadata
{
    /// <summary>Signs in and asks the CRM who called.</summary>
    /// <returns>The user's id in the CRM.</returns>
    ValueTask<string> TestAsync(CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken);

    /// <param name="entity">The logical name: <c>lead</c>.</param>
    ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken);
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

/// <param name="Entity">The logical name or the name in URLs: <c>lead</c> or <c>leads</c>.</param>
/// <param name="Fields">A JSON object. Members that are null are cleared.</param>
/// <param name="Version">Only if the record is still this version (<see cref="FoundRecord.Version"/>); null: whatever its version.</param>
public sealed record UpdateRecordRequest(string Entity, RecordKey Key, JsonElement Fields, string? Version = null);

/// <param name="Fields">A JSON object. Members that are null are cleared.</param>
public sealed record UpsertRecordRequest(string Entity, RecordKey Key, JsonElement Fields);

/// <param name="Columns">Which to read; empty: all.</param>
public sealed record GetRecordRequest(string Entity, RecordKey Key, IReadOnlyList<string> Columns);

/// <param name="Id">Null where the CRM doesn't say, as for an update by alternate key.</param>
/// <param name="Created">It did not exist before.</param>
public sealed record WrittenRecord(string? Id, string Url, bool Created, int StatusCode);

/// <param name="Version">Changes with each write; null where the CRM has none.</param>
/// <param name="Columns">A JSON object.</param>
public sealed record FoundRecord(string? Id, string Url, string? Version, JsonElement Columns);
