using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>
/// Writes a run as a file, part by part: its history is folded once for the executions and once for the lines, and each is
/// written and forgotten, so that the file may be larger than the memory.
/// </summary>
internal static class InstanceFile
{
    public const string Journal = "Journal";

    /// <summary>Bytes that are written before they are sent on.</summary>
    private const int Together = 64 * 1024;

    /// <summary>Elsa writes the envelope's names in PascalCase; those inside have the API's.</summary>
    public static JsonSerializerOptions Options { get; } = new(ApiJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver
        {
            Modifiers =
            {
                static type =>
                {
                    if (type.Type == typeof(JournalDto))
                    {
                        foreach (var property in type.Properties)
                        {
                            property.Name = char.ToUpperInvariant(property.Name[0]) + property.Name[1..];
                        }
                    }
                },
            },
        },
    };

    /// <param name="view">Of the scope of a workflow state.</param>
    public static async Task WriteAsync(InstanceView view, PipeWriter to, CancellationToken cancellationToken)
    {
        await using var json = new Utf8JsonWriter(to, new JsonWriterOptions { Encoder = Options.Encoder });
        var state = WorkflowStates.Of(view);
        json.WriteStartObject();
        Write("WorkflowState", state);
        Write("Bookmarks", state.Bookmarks);

        var records = new ExecutionRecords(view);
        json.WriteStartArray("ActivityExecutionRecords");
        JsonSerializer.Serialize(json, records.Workflow(), Options);
        await view.ReadAgainAsync(new HistoryScope { Lines = static _ => false, Executions = WriteExecution }, SendAsync);
        json.WriteEndArray();

        json.WriteStartArray("WorkflowExecutionLogRecords");
        await view.ReadAgainAsync(new HistoryScope { Lines = WriteLine, Executions = static _ => false }, SendAsync);
        json.WriteEndArray();

        json.WriteStartObject(Journal);
        json.WriteNumber("Format", RunJournal.Format);
        json.WriteString("RunId", view.Run.RunId);
        Write("Status", view.Run.Status.ToString());
        Write("FinishedAt", view.Run.FinishedAt);
        json.WriteStartArray("Events");
        await foreach (var @event in view.Events())
        {
            RunJournal.Write(@event, json);
            await SendAsync();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
        await to.FlushAsync(cancellationToken);

        void Write<T>(string name, T value)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, value, Options);
        }

        bool WriteExecution(ActionHistory action)
        {
            if (action.Instance is not null)
            {
                JsonSerializer.Serialize(json, records.One(action), Options);
            }

            return false;
        }

        bool WriteLine(RunLogEntry entry)
        {
            JsonSerializer.Serialize(json, JournalRecords.Record(view, entry), Options);
            return false;
        }

        async ValueTask SendAsync()
        {
            if (to.UnflushedBytes > Together)
            {
                await to.FlushAsync(cancellationToken);
            }
        }
    }
}

/// <param name="Events">As FlowLite journals them.</param>
internal sealed record JournalDto(int Format, Guid RunId, string Status, DateTimeOffset? FinishedAt, JsonElement Events);
