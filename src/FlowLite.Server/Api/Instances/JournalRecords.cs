using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Server.Api.Instances;

/// <summary>Which records of a journal are meant; what is null does not narrow it.</summary>
internal sealed record JournalFilter(
    IReadOnlyCollection<string>? ActivityIds, IReadOnlyCollection<string>? ActivityNodeIds, IReadOnlyCollection<string>? ExcludedActivityTypes, IReadOnlyCollection<string>? EventNames)
{
    public static JournalFilter None { get; } = new(null, null, null, null);

    public bool Fits(RunLogEntry entry, InstancePlaces places)
    {
        var place = JournalRecords.Place(entry, places);
        return ActivityIds?.Contains(place.Id) != false
            && ActivityNodeIds?.Contains(place.NodeId) != false
            && ExcludedActivityTypes?.Contains(place.Type) != true
            && EventNames?.Contains(JournalRecords.EventName(entry), StringComparer.OrdinalIgnoreCase) != false;
    }
}

/// <summary>A run's log as Elsa's journal.</summary>
internal static class JournalRecords
{
    public static IEnumerable<LogRecordDto> Of(InstanceView view) => view.History.Log.Select(entry => Record(view, entry));

    public static ActivityPlace Place(RunLogEntry entry, InstancePlaces places) => entry.Action is { } action ? places.Of(action) : NodePaths.Workflow;

    public static string EventName(RunLogEntry entry) => entry.Kind == RunLogKind.Cancelled ? "Canceled" : entry.Kind.ToString();

    public static LogRecordDto Record(InstanceView view, RunLogEntry entry)
    {
        var run = view.Run.RunId;
        var place = entry.Action is { } action ? view.Place(action) : NodePaths.Workflow;
        return new LogRecordDto
        {
            Id = $"{run:N}-{entry.Sequence.ToString(CultureInfo.InvariantCulture)}",
            ActivityInstanceId = ExecutionId.Of(run, entry.Action?.Instance ?? Guid.Empty),
            ParentActivityInstanceId = entry.Action is null ? null : ExecutionId.Of(run, entry.Action.Parent ?? Guid.Empty),
            ActivityId = place.Id,
            ActivityType = place.Type,
            ActivityTypeVersion = place.Version,
            ActivityName = place.Name,
            NodeId = place.NodeId,
            Timestamp = entry.At,
            Sequence = entry.Sequence,
            EventName = EventName(entry),
            Message = Message(entry),
            Payload = Payload(entry),
        };
    }

    private static string? Message(RunLogEntry entry) => entry switch
    {
        { Kind: RunLogKind.Retrying, Until: { } next } => $"{entry.Message} Tried again at {Text(next)}.",
        { Kind: RunLogKind.Suspended, Failure: { } reason } => $"Waits: {reason.Message}",
        { Kind: RunLogKind.Suspended, Until: { } until } => entry.Message is { } what ? $"{what} Until {Text(until)} at the latest." : $"Waits until {Text(until)}.",
        _ => entry.Message,
    };

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static JsonElement? Payload(RunLogEntry entry)
    {
        if (entry.Failure is { } failure)
        {
            return JsonValues.Object(w =>
            {
                w.WriteString("exception", failure.Code);
                w.WriteString("message", failure.Message);
                if (failure.Details is { } details)
                {
                    w.WritePropertyName("data");
                    details.WriteTo(w);
                }
            });
        }

        return entry.Outcomes.Count == 0 ? null : JsonSerializer.SerializeToElement(new { entry.Outcomes });
    }
}
