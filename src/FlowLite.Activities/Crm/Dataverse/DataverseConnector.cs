using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>
/// Records through the Dataverse Web API v9.2 (Dynamics 365, the embedded CRM). The idempotency key is the record's own id:
/// the create is an upsert that may only insert, so that a second one finds the first.
/// </summary>
internal sealed class DataverseConnector(
    string connection, DataverseSettings settings, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time) : IConnector
{
    // What all columns of a record hold, and more.
    private const int LongestRecord = 4 * 1024 * 1024;

    /// <summary>Nothing has the key: ObjectDoesNotExist, RecordNotFoundByEntityKey (Dataverse, "Web service error codes").</summary>
    private static readonly HashSet<string> Missing = new(StringComparer.OrdinalIgnoreCase) { "0x80040217", "0x80060891" };

    private readonly DataverseApi _api = new(connection, settings, trustsCertificate, time);

    public Effect CreateEffect(string entity) => Effect.Idempotent;

    public async ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var entitySet = EntitySets.Name(request.Entity);
        var id = request.IdempotencyKey.ToString();
        var url = $"{_api.Root}{entitySet}({id})";
        var answer = await _api.SendAsync(HttpMethod.Patch, url, RecordBody.Write(request.Fields), new(IfNoneMatch: "*", DetectDuplicates: settings.DetectDuplicates), 0, cancellationToken);
        return answer.Status switch
        {
            201 or 204 => new CreatedRecord(id, answer.EntityId ?? url, AlreadyExisted: false, answer.Status),
            // The duplicate that the CRM's rules found may be this very record, made by an earlier attempt.
            _ when answer.Status == 412 || DataverseErrors.IsDuplicate(answer) => await FindAsync(answer, entitySet, id, url, cancellationToken),
            _ => throw DataverseErrors.NotCreated(answer, _api.Who, entitySet),
        };
    }

    public async ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken)
    {
        var entitySet = EntitySets.Name(request.Entity);
        var url = _api.Root + RecordUrl.Of(entitySet, request.Key);
        // Without If-Match the PATCH of a record that is gone would make it anew.
        var answer = await _api.SendAsync(
            HttpMethod.Patch, url, RecordBody.WriteAll(request.Fields), new(IfMatch: request.Version ?? "*"), 0, cancellationToken);
        return answer.Status is 200 or 204
            ? new WrittenRecord(RecordUrl.Id(answer.EntityId) ?? request.Key.Id, answer.EntityId ?? url, Created: false, answer.Status)
            : throw DataverseErrors.Failure(answer, _api.Who, $"update the record in {entitySet}");
    }

    public async ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken)
    {
        var entitySet = EntitySets.Name(request.Entity);
        var url = _api.Root + RecordUrl.Of(entitySet, request.Key);
        // Only with a representation does Dataverse tell a new record (201) from a changed one (200).
        var answer = await _api.SendAsync(
            HttpMethod.Patch, url, RecordBody.WriteAll(request.Fields), new(Prefer: "return=representation"), LongestRecord, cancellationToken);
        if (answer.Status is not (200 or 201 or 204))
        {
            throw DataverseErrors.Failure(answer, _api.Who, $"write the record in {entitySet}");
        }

        var id = RecordUrl.Id(answer.EntityId) ?? request.Key.Id ?? IdIn(CrmJson.TryParse(answer.Body ?? "", out var record) ? record : default, request.Entity);
        return new WrittenRecord(id, answer.EntityId ?? url, answer.Status == 201, answer.Status);
    }

    public async ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken)
    {
        var entitySet = EntitySets.Name(request.Entity);
        var url = _api.Root + RecordUrl.Of(entitySet, request.Key);
        var query = request.Columns.Count == 0 ? "" : "?$select=" + string.Join(',', request.Columns.Select(Uri.EscapeDataString));
        var answer = await _api.SendAsync(HttpMethod.Get, url + query, null, default, LongestRecord, cancellationToken);
        if (answer.Status == 404 && DataverseErrors.Code(answer) is { } code && Missing.Contains(code))
        {
            return null;
        }

        if (answer.Status != 200 || !CrmJson.TryParse(answer.Body!, out var record) || record.ValueKind != JsonValueKind.Object)
        {
            throw DataverseErrors.Failure(answer, _api.Who, $"give the record of {entitySet}");
        }

        var columns = JsonValues.Object(writer =>
        {
            foreach (var member in record.EnumerateObject().Where(member => !member.Name.StartsWith('@')))
            {
                member.WriteTo(writer);
            }
        });
        return new FoundRecord(request.Key.Id ?? IdIn(record, request.Entity), url, CrmJson.Text(record, "@odata.etag"), columns);
    }

    public async ValueTask<string> TestAsync(CancellationToken cancellationToken)
    {
        var answer = await _api.SendAsync(HttpMethod.Get, _api.Root + "WhoAmI", null, default, LongestRecord, cancellationToken);
        return answer.Status == 200 && CrmJson.TryParse(answer.Body!, out var who) && CrmJson.Text(who, "UserId") is { } user
            ? user
            : throw DataverseErrors.Failure(answer, _api.Who, "say who called");
    }

    public ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken) =>
        DataverseMetadata.EntitiesAsync(_api, cancellationToken);

    public ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken) =>
        DataverseMetadata.FieldsAsync(_api, entity, cancellationToken);

    public void Dispose() => _api.Dispose();

    /// <summary>A 412 says that there is a record like it. Is it this one, or a duplicate by the CRM's own rules?</summary>
    private async ValueTask<CreatedRecord> FindAsync(CrmAnswer refusal, string entitySet, string id, string url, CancellationToken cancellationToken)
    {
        var found = await _api.SendAsync(HttpMethod.Get, url, null, default, 0, cancellationToken);
        return found switch
        {
            { Status: 200, IsJson: true } => new CreatedRecord(id, url, AlreadyExisted: true, refusal.Status),
            { Status: 404 } => throw DataverseErrors.NotCreated(refusal, _api.Who, entitySet),
            _ => throw DataverseErrors.NotCreated(found, _api.Who, entitySet),
        };
    }

    /// <summary>The id in a record, whose column is called as its table (Dataverse's rule for all but activities).</summary>
    private static string? IdIn(JsonElement record, string entity) => CrmJson.Text(record, EntitySets.LogicalName(entity) + "id");
}
