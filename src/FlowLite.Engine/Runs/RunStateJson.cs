using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlowLite.Engine.Runs;

/// <summary>
/// The state as JSON: snapshots of long runs, and what tests compare the executor's state with the folded journal by.
/// Everything in a fixed order, so that equal states give equal bytes.
/// </summary>
public static class RunStateJson
{
    /// <param name="values">Gets the large values, which the snapshot refers to by hash; not those that an earlier snapshot stored for sure.</param>
    public static byte[] Write(RunState state, List<StoredValue> values) =>
        JsonSerializer.SerializeToUtf8Bytes(SnapshotRow.From(state, new SnapshotValues(values)), RunStateContext.Default.SnapshotRow);

    /// <summary>The state, with everything that is ready queued for execution in the order in which it was scheduled.</summary>
    public static RunState Read(Guid runId, ReadOnlySpan<byte> json, Func<string, ReadOnlyMemory<byte>> values) =>
        JsonSerializer.Deserialize(json, RunStateContext.Default.SnapshotRow)!.ToState(runId, values);
}

internal sealed record SnapshotRow(
    long Seq,
    RunEvent Start,
    RunStatus Status,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? FinishedAt,
    long NextOrder,
    bool ResponseSent,
    IReadOnlyList<ActivityInstanceRow> Instances,
    SortedDictionary<string, ActionResult> Actions,
    SortedDictionary<string, JsonElement> Variables,
    IReadOnlyList<Incident> Incidents,
    IReadOnlyList<long> Recoveries)
{
    public string? Name { get; init; }
    public string? CorrelationId { get; init; }
    public string? LastResultOf { get; init; }
    public SortedDictionary<string, JsonElement>? Outputs { get; init; }
    public IReadOnlyList<string>? Outcomes { get; init; }
    public bool HasMailbox { get; init; }

    public static SnapshotRow From(RunState s, SnapshotValues values) => new(
        s.Seq, s.Start with { Trigger = values.Out(s.Start.Trigger), Input = values.Out(s.Start.Input) },
        s.Status, s.UpdatedAt, s.FinishedAt, s.NextOrder, s.ResponseSent,
        [.. s.Instances.Values.OrderBy(i => i.Order).Select(i => ActivityInstanceRow.From(i, values))],
        Sorted(s.Actions, action => action with { Outputs = values.Out(action.Outputs) }),
        Sorted(s.Variables, value => values.Out(value)),
        s.Incidents, s.Recoveries)
    {
        Name = s.Name,
        CorrelationId = s.CorrelationId,
        LastResultOf = s.LastResultOf,
        Outputs = s.Outputs.Count > 0 ? Sorted(s.Outputs, value => values.Out(value)) : null,
        Outcomes = s.Outcomes.Count > 0 ? s.Outcomes : null,
        HasMailbox = s.HasMailbox,
    };

    internal static SortedDictionary<string, T> Sorted<T>(IEnumerable<KeyValuePair<string, T>> items, Func<T, T> map) =>
        new(items.ToDictionary(i => i.Key, i => map(i.Value)), StringComparer.Ordinal);

    public RunState ToState(Guid runId, Func<string, ReadOnlyMemory<byte>> values)
    {
        var start = (RunStarted)Start;
        var state = new RunState
        {
            RunId = runId,
            Seq = Seq,
            Start = start with { Trigger = SnapshotValues.In(start.Trigger, values), Input = SnapshotValues.In(start.Input, values) },
            Status = Status,
            UpdatedAt = UpdatedAt,
            FinishedAt = FinishedAt,
            NextOrder = NextOrder,
            ResponseSent = ResponseSent,
            LastResultOf = LastResultOf,
            Name = Name,
            CorrelationId = CorrelationId,
            Outcomes = Outcomes ?? [],
            HasMailbox = HasMailbox,
        };
        foreach (var row in Instances)
        {
            var instance = row.ToInstance(values);
            state.Add(instance);
            if (instance.Parent is { } parent)
            {
                state.Instances[parent].Children.Add(instance.Id);
            }
        }

        foreach (var (name, result) in Actions)
        {
            state.Actions[name] = result with { Outputs = SnapshotValues.In(result.Outputs, values) };
        }

        foreach (var (id, value) in Variables)
        {
            state.Variables[id] = SnapshotValues.In(value, values);
        }

        foreach (var (name, value) in Outputs ?? [])
        {
            state.Outputs[name] = SnapshotValues.In(value, values);
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
    JsonElement? Items,
    int ItemIndex,
    string? ItemPath,
    SortedDictionary<string, SortedSet<string>>? Arrivals)
{
    public int? Item { get; init; }
    public Guid? Cause { get; init; }
    public LoopRange? Range { get; init; }
    public IReadOnlyList<string>? Ports { get; init; }
    public SortedDictionary<string, JsonElement>? Variables { get; init; }
    public DateTimeOffset? Deadline { get; init; }
    public string? Gate { get; init; }
    public SortedDictionary<string, ActionResult>? Results { get; init; }
    public SortedSet<string>? Merged { get; init; }
    public IReadOnlyList<Bookmark>? Bookmarks { get; init; }
    public ReceivedSignal? Signal { get; init; }

    public static ActivityInstanceRow From(ActivityInstance i, SnapshotValues values) => new(
        i.Id, i.Activity, i.Parent, i.Order, i.Status, i.Attempts, i.Due, i.Resumed, i.Intended, values.Out(i.Inputs), i.StartedAt,
        i.Port, values.Out(i.Items), i.ItemIndex, i.ItemPath, i.Arrivals is { Count: > 0 } ? i.Arrivals : null)
    {
        Item = i.Item,
        Cause = i.Cause,
        Range = i.Items?.Range,
        Ports = i.Ports,
        Variables = i.Variables is { } own ? SnapshotRow.Sorted(own, value => values.Out(value)) : null,
        Deadline = i.Deadline,
        Gate = i.Gate,
        Results = i.Results is { } results ? SnapshotRow.Sorted(results, result => result with { Outputs = values.Out(result.Outputs) }) : null,
        Merged = i.Merged,
        Bookmarks = i.Bookmarks.Count > 0 ? [.. i.Bookmarks.All] : null,
        Signal = i.Signal is { } signal ? signal with { Payload = values.Out(signal.Payload) } : null,
    };

    public ActivityInstance ToInstance(Func<string, ReadOnlyMemory<byte>> values) => new()
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
        Inputs = SnapshotValues.In(Inputs, values),
        StartedAt = StartedAt,
        Port = Port,
        Ports = Ports,
        Items = Range is { } range ? new LoopItems(range) : SnapshotValues.Items(Items, values),
        ItemIndex = ItemIndex,
        ItemPath = ItemPath,
        Item = Item,
        Cause = Cause,
        Variables = Variables is { } own ? SnapshotRow.Sorted(own, value => SnapshotValues.In(value, values)) : null,
        Deadline = Deadline,
        Gate = Gate,
        Results = Results is { } results ? SnapshotRow.Sorted(results, result => result with { Outputs = SnapshotValues.In(result.Outputs, values) }) : null,
        Arrivals = Ordered(Arrivals),
        Merged = Merged is { } merged ? new SortedSet<string>(merged, StringComparer.Ordinal) : null,
        Bookmarks = Bookmarks is { } waits ? new BookmarkList(waits) : BookmarkList.Empty,
        Signal = Signal is { } signal ? signal with { Payload = SnapshotValues.In(signal.Payload, values) } : null,
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
