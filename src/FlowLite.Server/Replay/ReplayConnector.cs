using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Replay;

/// <summary>Stands in for every CRM: gives the case's answers and notes what it was asked to create.</summary>
internal sealed class ReplayConnector(ReplayAnswers answers) : ICrmConnector
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, JsonElement> _byKey = [];
    private readonly List<JsonElement> _records = [];

    /// <summary><c>[{"connection","entity","fields"}]</c>, each record once, in the order in which they were first asked for.</summary>
    public JsonElement Records()
    {
        lock (_lock)
        {
            return JsonValues.Write(_records, (writer, records) => JsonSerializer.Serialize(writer, records));
        }
    }

    public Effect CreateEffect(string entity) => Effect.Idempotent;

    public ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var key = answers.Key(request.Activity, request.ItemPath);
        lock (_lock)
        {
            Note(request, key);
        }

        var answer = answers.Next(key, static a => a.Answered is null);
        return answer.Failure is { } failure ? throw ReplayAnswers.Exception(failure) : ValueTask.FromResult(Record(answer.Created!, request));
    }

    public ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken) => throw OnlyCreates("Update", request.Entity);

    public ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken) => throw OnlyCreates("Upsert", request.Entity);

    public ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken) => throw OnlyCreates("Get", request.Entity);

    private ActivityException OnlyCreates(string call, string entity) =>
        answers.Problem($"/connectors: {call} of a record in {entity} can't be replayed: a case answers creates only.");

    private void Note(CreateRecordRequest request, string key)
    {
        var record = JsonValues.Object(writer =>
        {
            writer.WriteString("connection", request.Connection);
            writer.WriteString("entity", request.Entity);
            writer.WriteStartObject("fields");
            // Connectors don't send nulls.
            foreach (var field in request.Fields.EnumerateObject().Where(f => f.Value.ValueKind != JsonValueKind.Null))
            {
                field.WriteTo(writer);
            }

            writer.WriteEndObject();
        });
        if (_byKey.TryAdd(request.IdempotencyKey, record))
        {
            _records.Add(record);
        }
        else if (!JsonElement.DeepEquals(_byKey[request.IdempotencyKey], record))
        {
            answers.Problem($"{key}: an attempt sent {ReplayJson.Text(record)}, an earlier one under the same key {ReplayJson.Text(_byKey[request.IdempotencyKey])}.");
        }
    }

    // What the Dataverse connector gives: the key is the record's id, 204 for a new record and 412 for one that was there.
    private static CreatedRecord Record(CreatedAnswer answer, CreateRecordRequest request)
    {
        var id = answer.RecordId ?? request.IdempotencyKey.ToString();
        return new CreatedRecord(id, answer.RecordUrl ?? $"https://crm.example/{request.Entity}({id})", answer.AlreadyExisted, answer.AlreadyExisted ? 412 : 204);
    }
}
