using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Rest;

/// <summary>
/// Records of any CRM with a REST API, as the connection describes it. Creates are idempotent where the connection says that the
/// CRM enforces the key; else they are what the connection chose, and the key is sent all the same.
/// </summary>
internal sealed class RestConnector(
    string connection, RestSettings settings, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time) : IConnector
{
    private readonly RestApi _api = new(connection, settings, trustsCertificate, time);

    public Effect CreateEffect(string entity) => Find(entity) is { IsIdempotent: false } ? settings.WithoutKey : Effect.Idempotent;

    public async ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var table = Table(request.Entity);
        var create = table.Create;
        var url = _api.Url(create, request.IdempotencyKey);
        var fields = CrmJson.WithKey(request.Fields, table.Key.Field, request.IdempotencyKey);
        var header = table.Key.Header is { } name ? new[] { (name, request.IdempotencyKey.ToString()) } : [];
        var call = RestApi.Call(create, HttpMethod.Post, url, RestFields.Place(fields, table.Fields), request.IdempotencyKey, header);
        var answer = await _api.Calls.SendAsync(call, cancellationToken);
        var existed = create.Exists.Contains(answer.Status);
        if (existed && answer.Status >= 300)
        {
            return await FindAsync(create.Find!, request, answer, cancellationToken);
        }

        if (answer.Status is < 200 or >= 300)
        {
            throw RestErrors.Failure(answer, _api.Calls.Who, $"create the record in {request.Entity}");
        }

        var id = Id(create, answer) ?? (create.Path.Contains("{key}", StringComparison.Ordinal) ? request.IdempotencyKey.ToString() : null);
        if (id is null && create.Id is not null)
        {
            // What stands between may answer 200 with a page of its own.
            throw new CrmRefusal("UnexpectedAnswer", $"there is no id at {create.Id}, where the table's settings say it is") { Owner = FailureOwner.Crm }
                .ToException(answer, _api.Calls.Who, $"create the record in {request.Entity}");
        }

        return new CreatedRecord(id ?? "", answer.Location ?? RecordUrl(table, id) ?? url, existed, answer.Status);
    }

    public async ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken)
    {
        var table = Table(request.Entity);
        var call = table.Update ?? throw Missing(request.Entity, "update");
        var url = _api.Url(call, request.Key);
        var headers = request.Version is { } version ? new[] { ("If-Match", version) } : [];
        var answer = await _api.Calls.SendAsync(RestApi.Call(call, HttpMethod.Patch, url, RestFields.Place(request.Fields, table.Fields), null, headers), cancellationToken);
        return answer.Status is >= 200 and < 300
            ? new WrittenRecord(Id(call, answer) ?? request.Key.Id, url, Created: false, answer.Status)
            : throw RestErrors.Failure(answer, _api.Calls.Who, $"update the record in {request.Entity}");
    }

    public async ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken)
    {
        var table = Table(request.Entity);
        var call = table.Upsert ?? throw Missing(request.Entity, "upsert");
        var url = _api.Url(call, request.Key);
        var answer = await _api.Calls.SendAsync(RestApi.Call(call, HttpMethod.Put, url, RestFields.Place(request.Fields, table.Fields), null, []), cancellationToken);
        return answer.Status is >= 200 and < 300
            ? new WrittenRecord(Id(call, answer) ?? request.Key.Id, answer.Location ?? url, answer.Status == 201, answer.Status)
            : throw RestErrors.Failure(answer, _api.Calls.Who, $"write the record in {request.Entity}");
    }

    public async ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken)
    {
        var table = Table(request.Entity);
        var call = table.Get ?? throw Missing(request.Entity, "get");
        var url = _api.Url(call, request.Key);
        var answer = await _api.Calls.SendAsync(RestApi.Call(call, HttpMethod.Get, url, null, null, []), cancellationToken);
        if (answer.Status == 404)
        {
            return null;
        }

        if (answer.Status != 200 || !CrmJson.TryParse(answer.Body, out var json))
        {
            throw RestErrors.Failure(answer, _api.Calls.Who, $"give the record of {request.Entity}");
        }

        if (CrmJson.At(json, call.Record) is not { ValueKind: JsonValueKind.Object } record)
        {
            // A list in which nothing was found.
            return null;
        }

        var columns = request.Columns.Count == 0 ? record : JsonValues.Object(writer =>
        {
            foreach (var member in record.EnumerateObject().Where(member => request.Columns.Contains(member.Name)))
            {
                member.WriteTo(writer);
            }
        });
        return new FoundRecord(request.Key.Id ?? CrmJson.Word(record, table.IdField), url, answer.ETag, columns);
    }

    public async ValueTask<string> TestAsync(CancellationToken cancellationToken)
    {
        await _api.Calls.SignInAsync(cancellationToken);
        var path = settings.TestPath ?? "";
        var answer = await _api.Calls.GetAsync(_api.Url(path), cancellationToken);
        // Without a path to read, it is enough that the address answers and that nobody says no.
        var works = settings.TestPath is null ? answer.Status < 500 && answer.Status is not (401 or 403 or 407) : answer.Status is >= 200 and < 300;
        return works ? settings.OAuth?.ClientId ?? $"HTTP {answer.Status} of {_api.Url(path)}" : throw RestErrors.Failure(answer, _api.Calls.Who, "answer a test");
    }

    public ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<CrmEntityInfo>>(
        [.. settings.Tables.Select(table => new CrmEntityInfo(table.Key, table.Key, table.Value.DisplayName ?? table.Key, table.Value.IdField, table.Value.NameField))]);

    public ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken) => RestFields.ListAsync(Table(entity), _api, cancellationToken);

    public void Dispose() => _api.Dispose();

    private RestTable? Find(string entity) => settings.Tables.GetValueOrDefault(entity);

    private RestTable Table(string entity) =>
        Find(entity) ?? throw new ActivityException("TableNotFound", $"The connection '{connection}' describes no table '{entity}'. It has: {string.Join(", ", settings.Tables.Keys)}.");

    private ActivityException Missing(string entity, string call) =>
        new("NotSupported", $"The connection '{connection}' doesn't say how to {call} a record in {entity}. Add '{call}' to the table in its settings.");

    /// <summary>A refusal says that there is a record with this key, or one that is alike by other rules. Which?</summary>
    private async ValueTask<CreatedRecord> FindAsync(RestFind find, CreateRecordRequest request, CrmAnswer refusal, CancellationToken cancellationToken)
    {
        var action = $"create the record in {request.Entity}";
        var url = _api.Url(find, request.IdempotencyKey);
        var answer = await _api.Calls.SendAsync(RestApi.Call(find, HttpMethod.Get, url, null, request.IdempotencyKey, []), cancellationToken);
        if (answer.Status == 404)
        {
            throw RestErrors.Failure(refusal, _api.Calls.Who, action);
        }

        if (answer.Status is < 200 or >= 300 || !CrmJson.TryParse(answer.Body, out var found))
        {
            throw RestErrors.Failure(answer, _api.Calls.Who, action);
        }

        var isThis = find.Proves(found, request.IdempotencyKey);
        var id = !isThis ? null : find.Id is not { } pointer ? request.IdempotencyKey.ToString() : CrmJson.At(found, pointer) is { } value ? CrmJson.Word(value) : null;
        return id is not null
            ? new CreatedRecord(id, RecordUrl(Table(request.Entity), id) ?? url, AlreadyExisted: true, refusal.Status)
            : throw RestErrors.Failure(refusal, _api.Calls.Who, action);
    }

    private static string? Id(RestCall call, CrmAnswer answer)
    {
        if (call.Id is { } pointer)
        {
            return CrmJson.TryParse(answer.Body, out var json) && CrmJson.At(json, pointer) is { } id ? CrmJson.Word(id) : null;
        }

        return answer.Location?.TrimEnd('/') is { } location ? Uri.UnescapeDataString(location[(location.LastIndexOf('/') + 1)..]) : null;
    }

    private string? RecordUrl(RestTable table, string? id) =>
        id is not null && table.Get is { } get && get.Path.Contains("{id}", StringComparison.Ordinal) ? _api.Url(get, RecordKey.ById(id)) : null;
}
