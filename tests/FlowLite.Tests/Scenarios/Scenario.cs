using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;
using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Scenarios;

/// <summary>
/// One behaviour: a definition, what starts it, and what must come of it. A file of <c>Scenarios/</c>:
/// <c>{"about","definition","trigger","input","expect":{"status","executed","counts","log","variables","outputs","outcomes","effects","incidents","name","correlationId","takes"}}</c>;
/// of <c>expect</c> only what is given is compared, but for the effects, which are always.
/// </summary>
internal sealed record Scenario(JsonElement Definition, JsonElement? Trigger, JsonElement? Input, Expectation Expect)
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
        var store = new WatchedStore(workflow);
        if (dieAt is { } append)
        {
            store.CrashAt(append, point);
        }

        var run = EffectWorld.Run(workflow, store, snapshotEvery: 1);
        await run.AcceptAsync(new RunRequest(RunId) { Trigger = Trigger, Input = Input });
        while (true)
        {
            try
            {
                var state = await run.ResumeAsync(RunId, DateTimeOffset.MaxValue);
                var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;
                var events = stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)).ToList();
                return (Expectation.Of(workflow, state, events, world), world, store.Appends);
            }
            catch (StoreUnavailableException)
            {
                // The executor died; the next one starts from what is stored.
            }
        }
    }
}

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
    string? Takes)
{
    public static Expectation Of(CompiledWorkflow workflow, RunState state, IReadOnlyList<RunEvent> events, EffectWorld world)
    {
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
            state.FinishedAt is { } end ? System.Xml.XmlConvert.ToString(end - state.Start.At) : null);
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
