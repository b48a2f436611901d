using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Tryton;

/// <summary>
/// Records of a Tryton server through its JSON-RPC. The only key that it enforces and that a lead can carry is a party's code: the
/// idempotency key becomes that. An opportunity hangs on its own party (<see cref="TrytonLeads"/>), so both are made once; of
/// other models the connection says what a crash does.
/// </summary>
internal sealed class TrytonConnector : IConnector
{
    private readonly TrytonSettings _settings;
    private readonly TrytonApi _api;
    private readonly TrytonLeads _leads;
    /// <summary>By model. Columns change when modules are installed, which restarts the server and the sessions with it.</summary>
    private readonly ConcurrentDictionary<string, JsonElement> _columns = new(StringComparer.Ordinal);

    public TrytonConnector(TrytonSettings settings, TrytonApi api)
    {
        _settings = settings;
        _api = api;
        _leads = new TrytonLeads(api);
    }

    public Effect CreateEffect(string entity) => entity is TrytonLead.Entity or TrytonLead.Party ? Effect.Idempotent : _settings.WithoutKey;

    public async ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var model = Model(request.Entity);
        var columns = await ColumnsAsync(model, cancellationToken);
        if (request.Entity == TrytonLead.Entity)
        {
            var (lead, existed) = await _leads.CreateAsync(new TrytonLead(request.Fields, columns, request.IdempotencyKey), cancellationToken);
            return Created(model, lead, existed);
        }

        var values = Values(model, columns, request.Fields, withNulls: false);
        if (model == TrytonLead.Party)
        {
            if (values.ContainsKey("code"))
            {
                throw new ActivityException("InvalidColumn", "A party's code can't be given: it is the lead's key, by which Tryton keeps it from being made twice.");
            }

            values["code"] = request.IdempotencyKey.ToString();
            var (party, existed) = await _leads.PartyAsync(values, cancellationToken);
            return Created(model, party, existed);
        }

        var made = await _api.CallAsync($"model.{model}.create", $"create the record of {model}", [new JsonArray(values)], cancellationToken);
        return Created(model, made[0].GetInt64(), existed: false);
    }

    public async ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken)
    {
        var model = Model(request.Entity);
        var id = await FindAsync(model, request.Key, cancellationToken)
            ?? throw new ActivityException("RecordNotFound", $"{_api.Who} did not update the record of {model}: there is none with that key.");
        await WriteAsync(model, id, request.Fields, request.Version, cancellationToken);
        return Written(model, id, created: false);
    }

    public async ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken)
    {
        var model = Model(request.Entity);
        if (request.Key.Id is not null || model != TrytonLead.Party)
        {
            throw new ActivityException("InvalidKey", "Tryton gives ids itself: only a party can be made or changed by key, and its key is its code.");
        }

        var columns = await ColumnsAsync(model, cancellationToken);
        var values = Values(model, columns, request.Fields, withNulls: false);
        values["code"] = Code(request.Key);
        var (party, existed) = await _leads.PartyAsync(values, cancellationToken);
        if (existed)
        {
            await WriteAsync(model, party, request.Fields, null, cancellationToken);
        }

        return Written(model, party, created: !existed);
    }

    public async ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken)
    {
        var model = Model(request.Entity);
        var columns = await ColumnsAsync(model, cancellationToken);
        if (await FindAsync(model, request.Key, cancellationToken) is not { } id)
        {
            return null;
        }

        var names = request.Columns.Count > 0 ? request.Columns : [.. columns.EnumerateObject().Select(column => column.Name)];
        var records = await _api.CallAsync(
            $"model.{model}.read", $"give the record of {model}", [new JsonArray(id), new JsonArray([.. names.Append("_timestamp").Select(name => (JsonNode)name)])], cancellationToken);
        return new FoundRecord(InputValues.Text(records[0].GetProperty("id")), Url(model, id), CrmJson.Text(records[0], "_timestamp"), TrytonValues.Read(records[0]));
    }

    public ValueTask<string> TestAsync(CancellationToken cancellationToken) => _api.TestAsync(cancellationToken);

    public ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken) => TrytonMetadata.EntitiesAsync(_api, cancellationToken);

    public ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken) => TrytonMetadata.FieldsAsync(_api, entity, cancellationToken);

    public void Dispose() => _api.Dispose();

    private static string Model(string entity) => entity == TrytonLead.Entity ? TrytonLead.Opportunity : entity;

    private async ValueTask<JsonElement> ColumnsAsync(string model, CancellationToken cancellationToken) =>
        _columns.TryGetValue(model, out var known) ? known : _columns[model] = await TrytonMetadata.ColumnsAsync(_api, model, cancellationToken);

    private static JsonObject Values(string model, JsonElement columns, JsonElement fields, bool withNulls) => new(
        fields.EnumerateObject().Where(field => withNulls || field.Value.ValueKind != JsonValueKind.Null)
            .Select(field => KeyValuePair.Create(field.Name, TrytonValues.Write(model, columns, field.Name, field.Value))));

    private async ValueTask WriteAsync(string model, long id, JsonElement fields, string? version, CancellationToken cancellationToken)
    {
        var values = Values(model, await ColumnsAsync(model, cancellationToken), fields, withNulls: true);
        (string, JsonNode)[] context = version is null ? [] : [("_timestamp", new JsonObject { [$"{model},{id}"] = version })];
        try
        {
            await _api.CallAsync($"model.{model}.write", $"update the record of {model}", [new JsonArray(id), values], cancellationToken, context);
        }
        catch (ActivityException e) when (e.Code == "ConcurrencyException" && version is not null)
        {
            // It won't become that version again.
            throw new ActivityException(e.Code, e.Message) { Details = e.Details };
        }
    }

    /// <summary>The id of the record with the key; null: there is none.</summary>
    private async ValueTask<long?> FindAsync(string model, RecordKey key, CancellationToken cancellationToken)
    {
        if (key.Id is { } text)
        {
            if (!long.TryParse(text, out var id))
            {
                throw new ActivityException("InvalidKey", $"'{text}' is no id of a record: a whole number.");
            }

            return await _leads.FirstAsync(model, new JsonArray("id", "=", id), cancellationToken);
        }

        return model == TrytonLead.Party ? await _leads.FirstAsync(model, new JsonArray("code", "=", Code(key)), cancellationToken) : throw new ActivityException("InvalidKey", $"A record of {model} is found by its id.");
    }

    private static string Code(RecordKey key) => key.Columns is [{ Key: "code", Value: { ValueKind: JsonValueKind.String } code }]
        ? code.GetString()!
        : throw new ActivityException("InvalidKey", "A party is found by its id or its code.");

    private CreatedRecord Created(string model, long id, bool existed) => new(InputValues.Text(JsonValues.Number(id)), Url(model, id), existed, 200);

    private WrittenRecord Written(string model, long id, bool created) => new(InputValues.Text(JsonValues.Number(id)), Url(model, id), created, 200);

    /// <summary>Where Tryton's web client shows it.</summary>
    private string Url(string model, long id) => $"{_settings.Url}/#{Uri.EscapeDataString(_settings.Database)}/model/{model}/{id}";
}
