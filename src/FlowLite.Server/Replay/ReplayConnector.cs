using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Replay;

/// <summary>Stands in for every CRM: gives the case's answers and notes what it was asked to create.</summary>
internal sealed class ReplayConnector(ReplayCase @case, TimeProvider time) : ICrmConnector
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _calls = [];
    private readonly Dictionary<Guid, JsonElement> _byKey = [];
    private readonly List<JsonElement> _records = [];
    private readonly List<string> _problems = [];

    /// <summary><c>[{"connection","entity","fields"}]</c>, each record once, in the order in which they were first asked for.</summary>
    public JsonElement Records()
    {
        lock (_lock)
        {
            return JsonValues.Write(_records, (writer, records) => JsonSerializer.Serialize(writer, records));
        }
    }

    /// <summary>Calls that the case has no answer for, and answers that nobody called for.</summary>
    public IReadOnlyList<string> Problems()
    {
        lock (_lock)
        {
            var unused = from answers in @case.Answers
                         let calls = _calls.GetValueOrDefault(answers.Key)
                         where calls < answers.Value.Count
                         select $"{ReplayJson.Child("/connectors", answers.Key)}: {Number(answers.Value.Count)}, but {Times(calls)}. Remove what is too many, or find out why the flow stops earlier.";
            return [.. _problems, .. unused];
        }
    }

    public Effect CreateEffect(string entity) => Effect.Idempotent;

    public ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var key = ReplayKeys.Key(request.Activity, request.ItemPath);
        lock (_lock)
        {
            Note(request, key);
            var call = _calls[key] = _calls.GetValueOrDefault(key) + 1;
            var answers = @case.Answers.GetValueOrDefault(key) ?? [];
            if (call > answers.Count)
            {
                var problem = $"{ReplayJson.Child("/connectors", key)}: call {call}, at {time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}, has no answer; the case has {answers.Count}. Add one, or find out why the flow calls it again.";
                _problems.Add(problem);
                throw new ActivityException("ReplayNoAnswer", problem);
            }

            var answer = answers[call - 1];
            return answer.Failure is { } failure ? throw Exception(failure) : ValueTask.FromResult(Record(answer.Created!, request));
        }
    }

    public ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken) => throw OnlyCreates("Update", request.Entity);

    public ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken) => throw OnlyCreates("Upsert", request.Entity);

    public ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken) => throw OnlyCreates("Get", request.Entity);

    private ActivityException OnlyCreates(string call, string entity)
    {
        var problem = $"/connectors: {call} of a record in {entity} can't be replayed: a case answers creates only.";
        lock (_lock)
        {
            _problems.Add(problem);
        }

        return new ActivityException("ReplayNoAnswer", problem);
    }

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
            _problems.Add($"{key}: an attempt sent {ReplayJson.Text(record)}, an earlier one under the same key {ReplayJson.Text(_byKey[request.IdempotencyKey])}.");
        }
    }

    // What the Dataverse connector gives: the key is the record's id, 204 for a new record and 412 for one that was there.
    private static CreatedRecord Record(CreatedAnswer answer, CreateRecordRequest request)
    {
        var id = answer.RecordId ?? request.IdempotencyKey.ToString();
        return new CreatedRecord(id, answer.RecordUrl ?? $"https://crm.example/{request.Entity}({id})", answer.AlreadyExisted, answer.AlreadyExisted ? 412 : 204);
    }

    private static ActivityException Exception(FailureAnswer failure) => new(failure.Code, failure.Message)
    {
        Retryable = failure.Retryable,
        RetryAfter = failure.RetryAfter,
        Details = failure.Details,
    };

    private static string Number(int answers) => answers == 1 ? "1 answer" : $"{answers} answers";

    private static string Times(int calls) => calls switch
    {
        0 => "it was never called",
        1 => "it was called once",
        _ => $"it was called {calls} times",
    };
}
