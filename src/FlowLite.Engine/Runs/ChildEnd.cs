using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>What a run tells the run that started it and waits for it.</summary>
/// <param name="Output">The run's outputs by name: an object.</param>
/// <param name="Error">Why it failed, or was cancelled.</param>
public sealed record ChildEnd(Guid RunId, RunStatus Status, JsonElement Output, IReadOnlyList<string> Outcomes, RunFailure? Error)
{
    internal static Signal Of(RunState state) => Signal(state.RunId, state.Start.Parent!, state.Status, state.Outputs, state.Outcomes, state.Incidents.LastOrDefault()?.Failure);

    internal static Signal Signal(
        Guid runId, ParentRun parent, RunStatus status, IReadOnlyDictionary<string, JsonElement> outputs, IReadOnlyList<string> outcomes, RunFailure? error) =>
        new(BookmarkKind.Child, runId.ToString())
        {
            RunId = parent.RunId,
            Instance = parent.Instance,
            Payload = JsonValues.Object(writer =>
            {
                writer.WriteString("status", status.ToString());
                writer.WriteStartObject("output");
                foreach (var (name, value) in outputs.OrderBy(o => o.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                }

                writer.WriteEndObject();
                writer.WriteStartArray("outcomes");
                foreach (var outcome in outcomes)
                {
                    writer.WriteStringValue(outcome);
                }

                writer.WriteEndArray();
                if (status != RunStatus.Succeeded && error is not null)
                {
                    writer.WriteStartObject("error");
                    writer.WriteString("code", error.Code);
                    writer.WriteString("message", error.Message);
                    writer.WriteEndObject();
                }
            }),
        };

    /// <exception cref="FormatException">It is the signal of something else.</exception>
    public static ChildEnd From(ReceivedSignal signal)
    {
        if (signal is not { Kind: BookmarkKind.Child, Payload: { } payload })
        {
            throw new FormatException($"A signal of kind '{signal.Kind}' is not the end of a run.");
        }

        var error = payload.Member("error");
        return new ChildEnd(
            Guid.Parse(signal.Key),
            Enum.Parse<RunStatus>(payload.Text("status")!),
            payload.Member("output"),
            [.. payload.Member("outcomes").EnumerateArray().Select(o => o.GetString()!)],
            error.ValueKind == JsonValueKind.Object ? new RunFailure(error.Text("code")!, error.Text("message")!) : null);
    }
}
