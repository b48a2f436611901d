using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Salesforce;

/// <summary>
/// Records through Salesforce's REST API. With a key field (External ID and Unique) the idempotency key is its value: a second
/// insert is refused by the org itself, and finds the first. An insert, not an upsert, so that a repeat changes nothing of what
/// people made of the record since.
/// </summary>
internal sealed class SalesforceConnector : IConnector
{
    private readonly SalesforceSettings _settings;
    private readonly CrmCalls _calls;
    private readonly EnforcedKeys _keys;

    public SalesforceConnector(string connection, SalesforceSettings settings, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time)
    {
        _settings = settings;
        _keys = new EnforcedKeys(settings.KeyField, settings.WithoutKey, $"field {settings.KeyField} with External ID and Unique set that its user may write",
            field => CrmJson.IsTrue(field, "externalId") && CrmJson.IsTrue(field, "unique") && CrmJson.IsTrue(field, "createable"));
        var mask = new SecretMask(settings.Credentials.ClientSecret);
        var http = new CrmHttp(settings.Url, trustsCertificate, time, mask);
        _calls = new CrmCalls(connection, http, new AccessTokens(connection, settings.Credentials, http, mask, time));
    }

    public Effect CreateEffect(string entity) => _keys.EffectOf(entity);

    public ValueTask<string?> CheckKeyAsync(string entity, bool anew, CancellationToken cancellationToken) =>
        _keys.CheckAsync(entity, anew, () => SalesforceMetadata.DescribeAsync(_calls, _settings.Root, entity, cancellationToken));

    public async ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var entity = request.Entity;
        var answer = await _calls.SendAsync(new CrmCall(HttpMethod.Post, Entity(entity), CrmJson.Bytes(CrmJson.WithKey(request.Fields, _keys.Carried(entity), request.IdempotencyKey)), Headers), cancellationToken);
        if (answer.Status == 201 && CrmJson.TryParse(answer.Body, out var json) && CrmJson.Text(json, "id") is { } id)
        {
            return new CreatedRecord(id, $"{Entity(entity)}/{id}", AlreadyExisted: false, answer.Status);
        }

        return _keys.Enforced(entity) is { } keyField && SalesforceErrors.Code(answer) == "DUPLICATE_VALUE"
            ? await FindAsync(entity, keyField, request.IdempotencyKey, answer, cancellationToken)
            : throw SalesforceErrors.Failure(answer, _calls.Who, $"create the record in {entity}");
    }

    public async ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken)
    {
        if (request.Version is not null)
        {
            throw new ActivityException("NotSupported", "Salesforce's records have no version that a change could ask for.");
        }

        // By external id an update is an upsert that may not insert.
        var url = RecordUrl(request.Entity, request.Key) + (request.Key.Id is null ? "?updateOnly=true" : "");
        var answer = await _calls.SendAsync(new CrmCall(HttpMethod.Patch, url, CrmJson.Bytes(request.Fields), Headers), cancellationToken);
        return answer.Status is 200 or 204
            ? new WrittenRecord(IdIn(answer) ?? request.Key.Id, url, Created: false, answer.Status)
            : throw SalesforceErrors.Failure(answer, _calls.Who, $"update the record in {request.Entity}");
    }

    public async ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken)
    {
        if (request.Key.Id is not null)
        {
            throw new ActivityException("InvalidKey", "Salesforce gives ids itself: upsert by an external id field.");
        }

        var url = RecordUrl(request.Entity, request.Key);
        var answer = await _calls.SendAsync(new CrmCall(HttpMethod.Patch, url, CrmJson.Bytes(request.Fields), Headers), cancellationToken);
        return answer.Status is 200 or 201 or 204
            ? new WrittenRecord(IdIn(answer), url, answer.Status == 201, answer.Status)
            : throw Failure(answer, $"write the record in {request.Entity}");
    }

    public async ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken)
    {
        var url = RecordUrl(request.Entity, request.Key);
        var query = request.Columns.Count == 0 ? "" : "?fields=" + string.Join(',', request.Columns.Select(Uri.EscapeDataString));
        var answer = await _calls.GetAsync(url + query, cancellationToken);
        if (answer.Status == 404 && SalesforceErrors.Code(answer) == "NOT_FOUND")
        {
            return null;
        }

        if (answer.Status != 200 || !CrmJson.TryParse(answer.Body, out var record) || record.ValueKind != JsonValueKind.Object)
        {
            throw Failure(answer, $"give the record of {request.Entity}");
        }

        var columns = JsonValues.Object(writer =>
        {
            foreach (var member in record.EnumerateObject().Where(member => member.Name != "attributes"))
            {
                member.WriteTo(writer);
            }
        });
        return new FoundRecord(CrmJson.Text(record, "Id") ?? request.Key.Id, url, Version: null, columns);
    }

    /// <summary>Who calls stands in the list of resources.</summary>
    public async ValueTask<string> TestAsync(CancellationToken cancellationToken)
    {
        var answer = await _calls.GetAsync(_settings.Root, cancellationToken);
        if (answer.Status != 200 || !CrmJson.TryParse(answer.Body, out var resources) || CrmJson.Text(resources, "identity") is not { } identity)
        {
            throw SalesforceErrors.Failure(answer, _calls.Who, "say who called");
        }

        return identity[(identity.LastIndexOf('/') + 1)..];
    }

    public ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken) =>
        SalesforceMetadata.EntitiesAsync(_calls, _settings.Root, cancellationToken);

    public async ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken)
    {
        var fields = await SalesforceMetadata.DescribeAsync(_calls, _settings.Root, entity, cancellationToken);
        _keys.Learn(entity, fields);
        return SalesforceMetadata.Fields(fields, _settings.KeyField);
    }

    public void Dispose() => _calls.Dispose();

    private IReadOnlyList<(string, string)>? Headers => _settings.AllowDuplicates ? [("Sforce-Duplicate-Rule-Header", "allowSave=true")] : null;

    private string Entity(string entity) => $"{_settings.Root}sobjects/{entity}";

    /// <summary>A unique field holds the value already. The key's, or another one's?</summary>
    private async ValueTask<CreatedRecord> FindAsync(string entity, string keyField, Guid key, CrmAnswer refusal, CancellationToken cancellationToken)
    {
        var url = $"{Entity(entity)}/{keyField}/{key}";
        var found = await _calls.GetAsync(url + "?fields=Id", cancellationToken);
        return found.Status switch
        {
            200 when CrmJson.TryParse(found.Body, out var record) && CrmJson.Text(record, "Id") is { } id => new CreatedRecord(id, $"{Entity(entity)}/{id}", AlreadyExisted: true, refusal.Status),
            // The org names the field that is taken. Where that is the key's, an insert before this one is not through yet.
            404 when refusal.Body!.Contains(keyField, StringComparison.OrdinalIgnoreCase) => throw new CrmRefusal("DUPLICATE_VALUE", "a record with this key is being made")
            {
                Owner = FailureOwner.Crm,
            }.ToException(refusal, _calls.Who, $"create the record in {entity}"),
            404 => throw SalesforceErrors.Failure(refusal, _calls.Who, $"create the record in {entity}"),
            _ => throw Failure(found, $"create the record in {entity}"),
        };
    }

    /// <exception cref="ActivityException"><c>InvalidKey</c></exception>
    private string RecordUrl(string entity, RecordKey key) => key switch
    {
        { Id: { } id } when id.Length is 15 or 18 && id.All(char.IsAsciiLetterOrDigit) => $"{Entity(entity)}/{id}",
        { Id: { } id } => throw new ActivityException("InvalidKey", $"'{id}' is no id of a record: 15 or 18 letters and digits."),
        { Columns: [var column] } when CrmJson.Word(column.Value) is { } value and not ("." or "..") => $"{Entity(entity)}/{Uri.EscapeDataString(column.Key)}/{Uri.EscapeDataString(value)}",
        _ => throw new ActivityException("InvalidKey", "Salesforce finds records by their id or by one external id field with a value."),
    };

    private ActivityException Failure(CrmAnswer answer, string action) => answer.Status == 300
        ? new CrmRefusal("300", "several records have this value")
        {
            Owner = FailureOwner.Administrator,
            Advice = "The field is no unique one; set Unique in the org.",
        }.ToException(answer, _calls.Who, action)
        : SalesforceErrors.Failure(answer, _calls.Who, action);

    private static string? IdIn(CrmAnswer answer) => CrmJson.TryParse(answer.Body, out var json) ? CrmJson.Text(json, "id") : null;
}
