using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowLite.Engine.Runs;

/// <summary>
/// The state as JSON: snapshots of long runs, and what tests compare the executor's state with the folded journal by.
/// Everything in a fixed order, so that equal states give equal bytes.
/// </summary>
public static class RunStateJson
{
    public static byte[] Write(RunState state) =>
        JsonSerializer.SerializeToUtf8Bytes(SnapshotRow.From(state), RunStateContext.Default.SnapshotRow);

    /// <summary>The state, with everything that is ready queued for execution in the order in which it was scheduled.</summary>
    public static RunState Read(Guid runId, ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, RunStateContext.Default.SnapshotRow)!.ToState(runId);
}

internal sealed record SnapshotRow(
    long Seq,
    RunEvent Start,
    RunStatus Status,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? FinishedAt,
    long NextOrder,
    bool ResponseSent,
    string? LastResultOf,
    IReadOnlyList<ActivityInstanceRow> Instances,
    SortedDictionary<string, ActionResult> Actions,
    SortedDictionary<string, JsonElement> Variables,
    IReadOnlyList<Incident> Incidents,
    IReadOnlyList<long> Recoveries)
{
    public static SnapshotRow From(RunState s) => new(
        s.Seq, s.Start, s.Status, s.UpdatedAt, s.FinishedAt, s.NextOrder, s.ResponseSent, s.LastResultOf,
        [.. s.Instances.Values.OrderBy(i => i.Order).Select(ActivityInstanceRow.From)],
        new SortedDictionary<string, ActionResult>(s.Actions, StringComparer.Ordinal),
        new SortedDictionary<string, JsonElement>(s.Variables, StringComparer.Ordinal),
        s.Incidents, s.Recoveries);

    public RunState ToState(Guid runId)
    {
        var state = new RunState
        {
            RunId = runId,
            Seq = Seq,
            Start = (RunStarted)Start,
            Status = Status,
            UpdatedAt = UpdatedAt,
            FinishedAt = FinishedAt,
            NextOrder = NextOrder,
            ResponseSent = ResponseSent,
            LastResultOf = LastResultOf,
        };
        foreach (var row in Instances)
        {
            var instance = row.ToInstance();
            state.Add(instance);
            if (instance.Parent is { } parent)
            {
                state.Instances[parent].Children.Add(instance.Id);
            }
        }

        foreach (var (name, result) in Actions)
        {
            state.Actions[name] = result;
        }

        foreach (var (id, value) in Variables)
        {
            state.Variables[id] = value;
        }

        state.Incidents.AddRange(Incidents);
        state.Recoveries.AddRange(Recoveries);
        state.RestoreReady();
        return state;
    }
}

internal sealed record ActivityInstanceRow(
    Guid Id,
    string Activity,
    Guid? Parent,
    long Order,
    InstanceStatus Status,
    int Attempts,
    DateTimeOffset? Due,
    bool Resumed,
    bool Intended,
    JsonElement? Inputs,
    DateTimeOffset? StartedAt,
    string? Port,
    JsonElement[]? Items,
    int ItemIndex,
    string? ItemPath,
    SortedDictionary<string, SortedSet<string>>? Arrivals)
{
    public static ActivityInstanceRow From(ActivityInstance i) => new(
        i.Id, i.Activity, i.Parent, i.Order, i.Status, i.Attempts, i.Due, i.Resumed, i.Intended, i.Inputs, i.StartedAt,
        i.Port, i.Items, i.ItemIndex, i.ItemPath, i.Arrivals is { Count: > 0 } ? i.Arrivals : null);

    public ActivityInstance ToInstance() => new()
    {
        Id = Id,
        Activity = Activity,
        Parent = Parent,
        Order = Order,
        Status = Status,
        Attempts = Attempts,
        Due = Due,
        Resumed = Resumed,
        Intended = Intended,
        Inputs = Inputs,
        StartedAt = StartedAt,
        Port = Port,
        Items = Items,
        ItemIndex = ItemIndex,
        ItemPath = ItemPath,
        Arrivals = Ordered(Arrivals),
    };

    // What JSON gives back is ordered by the culture; keys are derived from the ordinal order.
    private static SortedDictionary<string, SortedSet<string>>? Ordered(SortedDictionary<string, SortedSet<string>>? arrivals) =>
        arrivals is null
            ? null
            : new(arrivals.ToDictionary(a => a.Key, a => new SortedSet<string>(a.Value, StringComparer.Ordinal)), StringComparer.Ordinal);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    MaxDepth = RunJournal.MaxDepth,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SnapshotRow))]
internal sealed partial class RunStateContext : JsonSerializerContext;
