using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.HubSpot;

/// <summary>
/// Records through HubSpot's CRM API v3. With a key property (unique values) the idempotency key is its value: a second create is
/// refused by HubSpot itself, and finds the first. A create, not an upsert, so that a repeat changes nothing of what people made of
/// the record since, and so that it can carry associations.
/// </summary>
internal sealed class HubSpotConnector : IConnector
{
    private readonly HubSpotSettings _settings;
    private readonly CrmCalls _calls;
    private readonly EnforcedKeys _keys;
    private readonly ConcurrentDictionary<(string From, string To), int> _associationTypes = new();

    public HubSpotConnector(string connection, HubSpotSettings settings, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time)
    {
        _settings = settings;
        _keys = new EnforcedKeys(settings.KeyProperty, settings.WithoutKey, $"property {settings.KeyProperty} that requires unique values", property => CrmJson.IsTrue(property, "hasUniqueValue"));
        var http = new CrmHttp(settings.Url, trustsCertificate, time, new SecretMask(settings.Token));
        _calls = new CrmCalls(connection, http, tokens: null, ("Authorization", $"Bearer {settings.Token}"));
    }

    public Effect CreateEffect(string entity) => _keys.EffectOf(entity);

    public ValueTask<string?> CheckKeyAsync(string entity, bool anew, CancellationToken cancellationToken) =>
        _keys.CheckAsync(entity, anew, () => HubSpotMetadata.DescribeAsync(_calls, _settings.Url, entity, cancellationToken));

    public async ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var entity = request.Entity;
        var associations = await AssociationsAsync(request, cancellationToken);
        var carried = _keys.Carried(entity);
        var body = JsonValues.Object(writer =>
        {
            writer.WritePropertyName("properties");
            Properties(request.Fields, clears: false, carried is null ? null : request.IdempotencyKey).WriteTo(writer);
            writer.WriteStartArray("associations");
            foreach (var (to, type) in associations)
            {
                writer.WriteRawValue($$"""{"to":{"id":{{JsonValues.String(to).GetRawText()}}},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":{{type}}}]}""");
            }

            writer.WriteEndArray();
        });
        var answer = await _calls.SendAsync(new CrmCall(HttpMethod.Post, Entity(entity), CrmJson.Bytes(body)), cancellationToken);
        if (answer.Status == 201 && Id(answer) is { } id)
        {
            return new CreatedRecord(id, $"{Entity(entity)}/{id}", AlreadyExisted: false, answer.Status);
        }

        if (_keys.Enforced(entity) is { } keyProperty && MayBeTheKey(answer, keyProperty) && await FindAsync(entity, keyProperty, request.IdempotencyKey, cancellationToken) is { } found)
        {
            return new CreatedRecord(found, $"{Entity(entity)}/{found}", AlreadyExisted: true, answer.Status);
        }

        return _settings.UpdatesExisting && HubSpotErrors.ExistingId(answer) is { } existing
            // Without the key: the one that exists keeps its own, which its maker's repeats look for.
            ? await ChangeAsync(entity, existing, Properties(request.Fields, clears: false, key: null), cancellationToken)
            : throw HubSpotErrors.Failure(answer, _calls.Who, $"create the record in {entity}");
    }

    public async ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken)
    {
        if (request.Version is not null)
        {
            throw new ActivityException("NotSupported", "HubSpot's records have no version that a change could ask for.");
        }

        var url = RecordUrl(request.Entity, request.Key);
        var body = JsonValues.Object(writer =>
        {
            writer.WritePropertyName("properties");
            Properties(request.Fields, clears: true, key: null).WriteTo(writer);
        });
        var answer = await _calls.SendAsync(new CrmCall(HttpMethod.Patch, url, CrmJson.Bytes(body)), cancellationToken);
        return answer.Status == 200
            ? new WrittenRecord(Id(answer) ?? request.Key.Id, url, Created: false, answer.Status)
            : throw HubSpotErrors.Failure(answer, _calls.Who, $"update the record in {request.Entity}");
    }

    /// <summary>A batch of one: the only upsert that HubSpot has, and it says whether the record is new.</summary>
    public async ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken)
    {
        if (request.Key.Columns is not [var column] || CrmJson.Word(column.Value) is not { } value)
        {
            throw new ActivityException("InvalidKey", "HubSpot gives ids itself: upsert by one property with unique values.");
        }

        var action = $"write the record in {request.Entity}";
        var body = JsonValues.Object(writer =>
        {
            writer.WriteStartArray("inputs");
            writer.WriteStartObject();
            writer.WriteString("idProperty", column.Key);
            writer.WriteString("id", value);
            writer.WritePropertyName("properties");
            Properties(request.Fields, clears: true, key: null).WriteTo(writer);
            writer.WriteEndObject();
            writer.WriteEndArray();
        });
        var answer = await _calls.SendAsync(new CrmCall(HttpMethod.Post, Entity(request.Entity) + "/batch/upsert", CrmJson.Bytes(body)), cancellationToken);
        if (answer.Status is not (200 or 201 or 207) || !CrmJson.TryParse(answer.Body, out var json))
        {
            throw HubSpotErrors.Failure(answer, _calls.Who, action);
        }

        var written = CrmJson.Items(json, "results").FirstOrDefault();
        return CrmJson.Word(written, "id") is { } id
            ? new WrittenRecord(id, $"{Entity(request.Entity)}/{id}", CrmJson.IsTrue(written, "new"), answer.Status)
            : throw HubSpotErrors.BatchFailure(answer, CrmJson.Items(json, "errors").FirstOrDefault(), _calls.Who, action);
    }

    public async ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken)
    {
        var url = RecordUrl(request.Entity, request.Key);
        var query = request.Columns.Count == 0 ? "" : (url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "properties=" + string.Join(',', request.Columns.Select(Uri.EscapeDataString));
        var answer = await _calls.GetAsync(url + query, cancellationToken);
        if (answer.Status == 404)
        {
            return null;
        }

        return answer.Status == 200 && CrmJson.TryParse(answer.Body, out var json) && CrmJson.Member(json, "properties") is { ValueKind: JsonValueKind.Object } properties
            ? new FoundRecord(CrmJson.Word(json, "id"), url, CrmJson.Text(json, "updatedAt"), properties)
            : throw HubSpotErrors.Failure(answer, _calls.Who, $"give the record of {request.Entity}");
    }

    /// <summary>Whose account it is.</summary>
    public async ValueTask<string> TestAsync(CancellationToken cancellationToken)
    {
        var answer = await _calls.GetAsync(_settings.Url + "/account-info/v3/details", cancellationToken);
        if (answer.Status != 200 || !CrmJson.TryParse(answer.Body, out var account) || CrmJson.Word(account, "portalId") is not { } portal)
        {
            throw HubSpotErrors.Failure(answer, _calls.Who, "say whose account it is");
        }

        return portal;
    }

    public ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken) => HubSpotMetadata.EntitiesAsync(_calls, _settings.Url, cancellationToken);

    public async ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken)
    {
        var properties = await HubSpotMetadata.DescribeAsync(_calls, _settings.Url, entity, cancellationToken);
        _keys.Learn(entity, properties);
        return HubSpotMetadata.Fields(entity, properties, _settings.KeyProperty);
    }

    public void Dispose() => _calls.Dispose();

    private string Entity(string entity) => $"{_settings.Url}/crm/v3/objects/{entity}";

    /// <summary>A 409, or a 400 that names the property. Which record it is, only a look tells: a contact with the same e-mail address is another one.</summary>
    private static bool MayBeTheKey(CrmAnswer answer, string keyProperty) =>
        answer.Status == 409 || (answer.Status == 400 && answer.Body!.Contains(keyProperty, StringComparison.Ordinal));

    private async ValueTask<string?> FindAsync(string entity, string keyProperty, Guid key, CancellationToken cancellationToken)
    {
        var answer = await _calls.GetAsync($"{Entity(entity)}/{key}?idProperty={keyProperty}", cancellationToken);
        return answer.Status switch
        {
            200 when Id(answer) is { } id => id,
            404 => null,
            _ => throw HubSpotErrors.Failure(answer, _calls.Who, $"create the record in {entity}"),
        };
    }

    private async ValueTask<CreatedRecord> ChangeAsync(string entity, string id, JsonElement properties, CancellationToken cancellationToken)
    {
        var body = JsonValues.Object(writer =>
        {
            writer.WritePropertyName("properties");
            properties.WriteTo(writer);
        });
        var answer = await _calls.SendAsync(new CrmCall(HttpMethod.Patch, $"{Entity(entity)}/{id}", CrmJson.Bytes(body)), cancellationToken);
        return answer.Status == 200
            ? new CreatedRecord(id, $"{Entity(entity)}/{id}", AlreadyExisted: true, answer.Status)
            : throw HubSpotErrors.Failure(answer, _calls.Who, $"update the record in {entity} that exists");
    }

    private async ValueTask<IReadOnlyList<(string To, int Type)>> AssociationsAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var associations = new List<(string, int)>();
        foreach (var field in request.Fields.EnumerateObject().Where(field => field.Name.StartsWith(HubSpotMetadata.AssociationPrefix, StringComparison.Ordinal)))
        {
            if (CrmJson.Word(field.Value) is { } id)
            {
                var to = field.Name[HubSpotMetadata.AssociationPrefix.Length..];
                associations.Add((id, await AssociationTypeAsync(request.Entity, to, cancellationToken)));
            }
        }

        return associations;
    }

    /// <summary>The plain association between two objects; asked for once.</summary>
    private async ValueTask<int> AssociationTypeAsync(string from, string to, CancellationToken cancellationToken)
    {
        if (_associationTypes.TryGetValue((from, to), out var known))
        {
            return known;
        }

        var answer = await _calls.GetAsync($"{_settings.Url}/crm/v4/associations/{Uri.EscapeDataString(from)}/{Uri.EscapeDataString(to)}/labels", cancellationToken);
        if (answer.Status != 200 || !CrmJson.TryParse(answer.Body, out var json))
        {
            throw HubSpotErrors.Failure(answer, _calls.Who, $"say how {from} and {to} are associated");
        }

        var types = CrmJson.Items(json, "results").Where(type => CrmJson.Text(type, "category") == "HUBSPOT_DEFINED" && CrmJson.Number(type, "typeId") is not null).ToList();
        // Without a label it is the plain one; leads have only a primary one.
        var plain = types.Find(type => CrmJson.Text(type, "label") is null);
        return CrmJson.Number(plain.ValueKind == JsonValueKind.Object ? plain : types.FirstOrDefault(), "typeId") is { } found
            ? _associationTypes[(from, to)] = (int)found
            : throw new ActivityException("NotSupported", $"HubSpot associates no {from} with {to}. Take the column out of the flow.");
    }

    /// <exception cref="ActivityException"><c>InvalidKey</c></exception>
    private string RecordUrl(string entity, RecordKey key) => key switch
    {
        { Id: { } id } when id.All(char.IsAsciiDigit) => $"{Entity(entity)}/{id}",
        { Id: { } id } => throw new ActivityException("InvalidKey", $"'{id}' is no id of a record: digits only."),
        { Columns: [var column] } when CrmJson.Word(column.Value) is { } value and not ("." or "..") => $"{Entity(entity)}/{Uri.EscapeDataString(value)}?idProperty={Uri.EscapeDataString(column.Key)}",
        _ => throw new ActivityException("InvalidKey", "HubSpot finds records by their id or by one property with unique values."),
    };

    /// <summary>Every value is a text to HubSpot; an empty one clears.</summary>
    private JsonElement Properties(JsonElement fields, bool clears, Guid? key) => JsonValues.Object(writer =>
    {
        foreach (var field in fields.EnumerateObject())
        {
            if (field.Name.StartsWith(HubSpotMetadata.AssociationPrefix, StringComparison.Ordinal) || field.Name == _settings.KeyProperty || (!clears && field.Value.ValueKind == JsonValueKind.Null))
            {
                continue;
            }

            writer.WriteString(field.Name, Value(field.Value));
        }

        if (key is { } value && _settings.KeyProperty is { } keyProperty)
        {
            writer.WriteString(keyProperty, value);
        }
    });

    private static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(';', value.EnumerateArray().Select(Value)),
        _ => value.GetRawText(),
    };

    private static string? Id(CrmAnswer answer) => CrmJson.TryParse(answer.Body, out var json) ? CrmJson.Word(json, "id") : null;
}
