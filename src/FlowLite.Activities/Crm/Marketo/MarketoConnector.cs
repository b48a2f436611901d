using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Marketo;

/// <summary>
/// Leads through Marketo's REST API v1. Marketo enforces nothing: it looks a lead up before it creates one, and two calls at once may
/// make two. So creates are what the connection chose (at least once by default). With a key field a repeat, which comes after the
/// call before it, finds the lead that was made.
/// </summary>
internal sealed class MarketoConnector : IConnector
{
    private const string Lead = "lead";
    private const string Exists = "1005";
    private const string NotFound = "1004";

    private readonly MarketoSettings _settings;
    private readonly SecretMask _mask;
    private readonly CrmCalls _calls;

    public MarketoConnector(string connection, MarketoSettings settings, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time)
    {
        _settings = settings;
        _mask = new SecretMask(settings.Credentials.ClientSecret);
        var http = new CrmHttp(settings.Url, trustsCertificate, time, _mask);
        _calls = new CrmCalls(connection, http, new AccessTokens(connection, settings.Credentials, http, _mask, time), isTokenRefused: MarketoErrors.IsTokenRefused);
    }

    public Effect CreateEffect(string entity) => _settings.WithoutKey;

    public async ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        const string action = "create the record in lead";
        Check(request.Entity);
        var keyField = _settings.KeyField;
        var fields = CrmJson.WithKey(request.Fields, keyField, request.IdempotencyKey);
        var (answer, record) = await WriteAsync(keyField is null ? _settings.Action : "createOnly", keyField ?? "email", fields, action, cancellationToken);
        if (keyField is not null && MarketoErrors.Reason(record) == Exists && await FindAsync(keyField, request.IdempotencyKey.ToString(), ["id"], action, cancellationToken) is { } found)
        {
            return new CreatedRecord(CrmJson.Word(found, "id") ?? "", Url(CrmJson.Word(found, "id")), AlreadyExisted: true, answer.Status);
        }

        return CrmJson.Word(record, "id") is { } id && CrmJson.Text(record, "status") is "created" or "updated"
            ? new CreatedRecord(id, Url(id), CrmJson.Text(record, "status") == "updated", answer.Status)
            : throw MarketoErrors.Skipped(answer, record, _calls.Who, action);
    }

    public ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken) => request.Version is null
        ? WriteAsync("updateOnly", request.Entity, request.Key, request.Fields, cancellationToken)
        : throw new ActivityException("NotSupported", "Marketo's leads have no version that a change could ask for.");

    public ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken) => request.Key.Id is null
        ? WriteAsync("createOrUpdate", request.Entity, request.Key, request.Fields, cancellationToken)
        : throw new ActivityException("InvalidKey", "Marketo gives ids itself: upsert by a field such as email.");

    public async ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken)
    {
        Check(request.Entity);
        var (field, value) = Lookup(request.Key);
        var found = await FindAsync(field, value, request.Columns, "give the lead", cancellationToken);
        return found is { } lead ? new FoundRecord(CrmJson.Word(lead, "id"), Url(CrmJson.Word(lead, "id")), CrmJson.Text(lead, "updatedAt"), lead) : null;
    }

    public async ValueTask<string> TestAsync(CancellationToken cancellationToken)
    {
        var fields = await FieldsAsync(Lead, cancellationToken);
        // Only whoever may read leads gets here; the token names the service.
        return _settings.KeyField is { } keyField && fields.All(field => field.Name != keyField)
            ? throw new ActivityException("ConnectionInvalid", $"{_calls.Who} has no field '{keyField}' that its leads could be found by.")
            : _settings.Credentials.ClientId;
    }

    public ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<CrmEntityInfo>>([new CrmEntityInfo(Lead, "leads", "Lead", "id", "email")]);

    public async ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken)
    {
        Check(entity);
        var answer = Masked(await _calls.GetAsync(_settings.Url + "/rest/v1/leads/describe.json", cancellationToken));
        var described = Results(answer, "describe the fields of leads");
        return [.. from field in described
                   let rest = CrmJson.Member(field, "rest")
                   where rest is not null
                   let name = CrmJson.Text(rest.Value, "name")
                   where name is not null
                   select Field(name, field, !CrmJson.IsTrue(rest.Value, "readOnly") && name != _settings.KeyField)];
    }

    public void Dispose() => _calls.Dispose();

    private static CrmField Field(string name, JsonElement field, bool canWrite)
    {
        var type = CrmJson.Text(field, "dataType") switch
        {
            "string" or "email" or "phone" or "url" => CrmFieldType.Text,
            "text" => CrmFieldType.Memo,
            "integer" or "score" => CrmFieldType.WholeNumber,
            "float" or "currency" or "percent" => CrmFieldType.Number,
            "boolean" => CrmFieldType.YesNo,
            "datetime" => CrmFieldType.DateTime,
            "date" => CrmFieldType.Date,
            _ => CrmFieldType.Other,
        };
        return new CrmField(name, type)
        {
            DisplayName = CrmJson.Text(field, "displayName") ?? name,
            Requirement = name == "email" ? CrmRequirement.Recommended : CrmRequirement.None,
            MaxLength = type is CrmFieldType.Text or CrmFieldType.Memo ? (int?)CrmJson.Number(field, "length") : null,
            CanCreate = canWrite,
            CanUpdate = canWrite,
        };
    }

    private async ValueTask<WrittenRecord> WriteAsync(string how, string entity, RecordKey key, JsonElement fields, CancellationToken cancellationToken)
    {
        Check(entity);
        var action = how == "updateOnly" ? "update the lead" : "write the lead";
        var (field, value) = Lookup(key);
        var input = JsonValues.Object(writer =>
        {
            foreach (var given in fields.EnumerateObject().Where(given => given.Name != field))
            {
                given.WriteTo(writer);
            }

            writer.WriteString(field, value);
        });
        var (answer, record) = await WriteAsync(how, field, input, action, cancellationToken);
        return CrmJson.Word(record, "id") is { } id && CrmJson.Text(record, "status") is "created" or "updated"
            ? new WrittenRecord(id, Url(id), CrmJson.Text(record, "status") == "created", answer.Status)
            : throw MarketoErrors.Skipped(answer, record, _calls.Who, action);
    }

    /// <summary>One lead; what came of it.</summary>
    private async ValueTask<(CrmAnswer Answer, JsonElement Record)> WriteAsync(string how, string lookupField, JsonElement input, string action, CancellationToken cancellationToken)
    {
        var body = JsonValues.Object(writer =>
        {
            writer.WriteString("action", how);
            writer.WriteString("lookupField", lookupField);
            if (_settings.Partition is { } partition)
            {
                writer.WriteString("partitionName", partition);
            }

            writer.WriteStartArray("input");
            input.WriteTo(writer);
            writer.WriteEndArray();
        });
        var call = new CrmCall(HttpMethod.Post, _settings.Url + "/rest/v1/leads.json", CrmJson.Bytes(body));
        var answer = Masked(await _calls.SendAsync(call, cancellationToken));
        return Results(answer, action) is [var record] ? (answer, record) : throw MarketoErrors.Failure(answer, _calls.Who, action);
    }

    private async ValueTask<JsonElement?> FindAsync(string field, string value, IReadOnlyList<string> columns, string action, CancellationToken cancellationToken)
    {
        var select = columns.Count == 0 ? "" : "&fields=" + string.Join(',', columns.Select(Uri.EscapeDataString));
        var url = $"{_settings.Url}/rest/v1/leads.json?filterType={Uri.EscapeDataString(field)}&filterValues={Uri.EscapeDataString(value)}{select}";
        var found = Results(Masked(await _calls.GetAsync(url, cancellationToken)), action);
        return found.Count > 0 && MarketoErrors.Reason(found[0]) != NotFound ? found[0] : null;
    }

    private IReadOnlyList<JsonElement> Results(CrmAnswer answer, string action) =>
        answer.Status == 200 && CrmJson.TryParse(answer.Body, out var json) && CrmJson.IsTrue(json, "success")
            ? [.. CrmJson.Items(json, "result")]
            : throw MarketoErrors.Failure(answer, _calls.Who, action);

    // A 200 may be a refusal here, which gets into messages.
    private CrmAnswer Masked(CrmAnswer answer) => answer with { Body = _mask.Apply(answer.Body ?? "") };

    private string Url(string? id) => $"{_settings.Url}/rest/v1/lead/{id}.json";

    /// <exception cref="ActivityException"><c>InvalidKey</c></exception>
    private static (string Field, string Value) Lookup(RecordKey key) => key switch
    {
        { Id: { } id } when id.All(char.IsAsciiDigit) => ("id", id),
        { Id: { } id } => throw new ActivityException("InvalidKey", $"'{id}' is no id of a lead: digits only."),
        { Columns: [var column] } when CrmJson.Word(column.Value) is { } value => (column.Key, value),
        _ => throw new ActivityException("InvalidKey", "Marketo finds leads by their id or by one field with a value."),
    };

    private static void Check(string entity)
    {
        if (!string.Equals(entity, Lead, StringComparison.OrdinalIgnoreCase) && !string.Equals(entity, "leads", StringComparison.OrdinalIgnoreCase))
        {
            throw new ActivityException("TableNotFound", $"Marketo has no table '{entity}' for records of flows. There is: {Lead}.");
        }
    }
}
