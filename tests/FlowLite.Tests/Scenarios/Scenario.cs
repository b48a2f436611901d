using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Scenarios;

/// <summary>
/// One behaviour: a definition, what starts it, and what must come of it. A file of <c>Scenarios/</c>:
/// <c>{"about","definition","flows","trigger","input","signals":[{"after","kind","key","correlationId","payload"}],"expect":{"status","executed","counts","log","variables","outputs","outcomes","effects","incidents","name","correlationId","takes","runs"}}</c>;
/// of <c>expect</c> only what is given is compared, but for the effects, which are always.
/// </summary>
/// <param name="Flows">Other flows, published too, by their ids.</param>
/// <param name="Signals">What comes from outside, each when nothing is left to do before its time.</param>
internal sealed record Scenario(
    JsonElement Definition, Dictionary<string, JsonElement>? Flows, JsonElement? Trigger, JsonElement? Input, IReadOnlyList<ScenarioSignal>? Signals, Expectation Expect)
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-000000000007");
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Skip };

    public static IEnumerable<string> Names =>
        typeof(Scenario).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("scenarios/")).Select(n => n["scenarios/".Length..^".json".Length]);

    public static Scenario Load(string name)
    {
        using var stream = typeof(Scenario).Assembly.GetManifestResourceStream($"scenarios/{name}.json")!;
        return JsonSerializer.Deserialize<Scenario>(stream, Options)!;
    }

    /// <summary>Runs it with an executor that dies at one append, if told to, and is followed by another that starts from what is stored.</summary>
    public async Task<(Expectation Result, EffectWorld World, int Appends)> RunAsync(int? dieAt = null, CrashPoint point = default)
    {
        var world = new EffectWorld { OnCall = static _ => Task.CompletedTask };
        var workflow = world.Compile(Definition);
        var others = (Flows ?? []).Select(f => world.Compile(f.Value, f.Key)).ToList();
        var flows = new FlowCatalog(null!, null!);
        foreach (var flow in others.Append(workflow))
        {
            flows.Publish(flow, new FlowSecrets(flow.Definition.DefinitionId, "", "", new Dictionary<string, string>()));
        }

        var store = new WatchedStore([workflow, .. others]);
        if (dieAt is { } append)
        {
            store.CrashAt(append, point);
        }

        var time = EffectWorld.Noon;
        var start = time.GetUtcNow();
        var run = EffectWorld.Run(workflow, store, snapshotEvery: 1, time, flows);
        var signals = new Queue<ScenarioSignal>(Signals ?? []);
        await run.AcceptAsync(new RunRequest(RunId) { Trigger = Trigger, Input = Input });
        while (true)
        {
            try
            {
                var next = signals.Count > 0 ? start + signals.Peek().Due : DateTimeOffset.MaxValue;
                var state = await run.ResumeAsync(RunId, next);
                if (signals.TryDequeue(out var signal))
                {
                    time.AdvanceTo(next);
                    await run.SignalAsync(await signal.ToSignalAsync(store));
                    continue;
                }

                var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;
                var events = stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)).ToList();
                return (await Expectation.OfAsync(workflow, state, events, world, store), world, store.Appends);
            }
            catch (StoreUnavailableException)
            {
                // The executor died; the next one starts from what is stored.
            }
        }
    }
}

/// <param name="After">When it comes, from the start; null: at once.</param>
/// <param name="Key">Null: of the first that waits for one of its kind.</param>
internal sealed record ScenarioSignal(string? After, string Kind, string? Key, string? CorrelationId, JsonElement? Payload)
{
    public TimeSpan Due => After is null ? TimeSpan.Zero : System.Xml.XmlConvert.ToTimeSpan(After);

    public async Task<Signal> ToSignalAsync(IRunStore store) =>
        new(Kind, Key ?? (await store.FindBookmarksAsync(Kind, null, null, 1))[0].Bookmark.Key) { CorrelationId = CorrelationId, Payload = Payload };
}

/// <param name="Runs">The status of the other runs by their flows, sorted.</param>
/// <param name="Executed">Activities that completed, in order.</param>
/// <param name="Counts">How often each completed, where the order is open.</param>
/// <param name="Effects">What each effect sent, in the order of the text.</param>
/// <param name="Takes">On the run's own clock.</param>
internal sealed record Expectation(
    string? Status,
    IReadOnlyList<string>? Executed,
    SortedDictionary<string, int>? Counts,
    IReadOnlyList<string>? Log,
    SortedDictionary<string, JsonElement>? Variables,
    SortedDictionary<string, JsonElement>? Outputs,
    IReadOnlyList<string>? Outcomes,
    SortedDictionary<string, List<string>>? Effects,
    IReadOnlyList<string>? Incidents,
    string? Name,
    string? CorrelationId,
    string? Takes,
    SortedDictionary<string, List<string>>? Runs)
{
    public static async Task<Expectation> OfAsync(CompiledWorkflow workflow, RunState state, IReadOnlyList<RunEvent> events, EffectWorld world, IRunStore store)
    {
        var others = (await store.ListRunsAsync(null, null, null, 1000)).Where(r => r.RunId != state.RunId);
        var completed = events.OfType<ActivityCompleted>().ToList();
        return new Expectation(
            state.Status.ToString(),
            [.. completed.Select(e => e.Activity)],
            new(completed.GroupBy(e => e.Activity).ToDictionary(g => g.Key, g => g.Count())),
            [.. completed.SelectMany(e => e.Log ?? [])],
            new(workflow.Variables.Values.ToDictionary(v => v.Id, v => state.Variables.TryGetValue(v.Id, out var value) ? value : v.Default)),
            new(state.Outputs),
            state.Outcomes,
            new(world.Records.Values.GroupBy(r => r.Activity).ToDictionary(g => g.Key, g => g.Select(r => r.Label).Order(StringComparer.Ordinal).ToList())),
            [.. state.Incidents.Select(i => i.Failure.Code)],
            state.Name,
            state.CorrelationId,
            state.FinishedAt is { } end ? System.Xml.XmlConvert.ToString(end - state.Start.At) : null,
            new(others.GroupBy(r => r.DefinitionId).ToDictionary(g => g.Key, g => g.Select(r => r.Status.ToString()).Order(StringComparer.Ordinal).ToList())));
    }

    /// <summary>Says what differs from <paramref name="actual"/>.</summary>
    public void Check(Expectation actual, string because)
    {
        actual.Status.Should().Be(Status, because);
        (actual.Effects ?? []).Should().BeEquivalentTo(Effects ?? [], because);
        Same(Executed, actual.Executed, because);
        Same(Log, actual.Log, because);
        Same(Outcomes, actual.Outcomes, because);
        actual.Incidents.Should().BeEquivalentTo(Incidents ?? [], because);
        if (Counts is not null)
        {
            actual.Counts.Should().BeEquivalentTo(Counts, because);
        }

        foreach (var (id, value) in Variables ?? [])
        {
            actual.Variables![id].GetRawText().Should().Be(value.GetRawText(), $"variable {id}, {because}");
        }

        if (Outputs is not null)
        {
            JsonSerializer.Serialize(actual.Outputs).Should().Be(JsonSerializer.Serialize(Outputs), because);
        }

        if (Takes is not null)
        {
            actual.Takes.Should().Be(Takes, because);
        }

        if (Runs is not null)
        {
            actual.Runs.Should().BeEquivalentTo(Runs, because);
        }

        actual.Name.Should().Be(Name, because);
        actual.CorrelationId.Should().Be(CorrelationId, because);
    }

    private static void Same(IReadOnlyList<string>? expected, IReadOnlyList<string>? actual, string because)
    {
        if (expected is not null)
        {
            actual.Should().Equal(expected, because);
        }
    }
}
