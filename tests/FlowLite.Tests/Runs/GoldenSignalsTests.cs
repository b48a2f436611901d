using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Replay;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>
/// A journal with what the first one of its format doesn't hold (scopes, races, signals, children, timeouts, ranges, endings) resumes too,
/// wherever it breaks off. Like that one it is never written anew.
/// </summary>
public sealed class GoldenSignalsTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-00000000000d");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Resume_OfThatManyBatches_DoesWhatIsLeftUnderTheSameKeys(int batches)
    {
        var golden = Read();
        var world = new EffectWorld();
        var workflow = world.Compile(golden.GetProperty("definition"));
        var flows = new FlowCatalog(null!, null!);
        flows.Publish(workflow, Secrets("test"));
        flows.Publish(world.Compile(golden.GetProperty("flows").GetProperty("child"), "child"), Secrets("child"));
        var store = new MemoryRunStore();
        var state = new RunState { RunId = RunId };
        var done = new List<string>();
        foreach (var batch in golden.GetProperty("batches").EnumerateArray().Take(batches))
        {
            var events = RunJournal.Read(JsonSerializer.SerializeToUtf8Bytes(batch), _ => throw new InvalidOperationException("The journal holds no large value."));
            done.AddRange(events.OfType<ActivityCompleted>().Where(e => e.Inputs is { } inputs && inputs.TryGetProperty("Label", out _)).Select(e => $"{e.Activity} {e.Inputs!.Value.GetProperty("Label")}"));
            events.ForEach(e => RunDecider.Apply(workflow, state, e));
            await store.AppendAsync(RunAppends.Make(state, events, snapshotEvery: 500));
        }

        var time = EffectWorld.Noon;
        var ended = await ResumeAsync(EffectWorld.Run(workflow, store, time: time, flows: flows), store, time, golden.GetProperty("signals"));

        ended.Status.Should().Be(RunStatus.Faulted);
        ended.Incidents.Select(i => i.Failure.Code).Should().Equal("Enough");
        (ended.Name, ended.Outputs["told"].GetString()).Should().Be(("Bob", "Bob"));
        world.Records.ToDictionary(r => r.Key.ToString(), r => $"{r.Value.Activity} {r.Value.Label}").Should()
            .BeEquivalentTo(golden.GetProperty("records").EnumerateObject().Where(r => !done.Contains(r.Value.GetString()!)).ToDictionary(r => r.Name, r => r.Value.GetString()));
    }

    /// <summary>Gives it what it waits for. The child of a journal that tells of one is not in the store: its end comes from here.</summary>
    private static async Task<RunState> ResumeAsync(VirtualRun run, MemoryRunStore store, VirtualTime time, JsonElement signals)
    {
        while (true)
        {
            var state = await run.ResumeAsync(RunId, time.GetUtcNow());
            var waits = state.Instances.Values.SelectMany(i => i.Bookmarks.All).FirstOrDefault();
            var isThere = waits is { Kind: BookmarkKind.Child } && await store.FindRunAsync(Guid.Parse(waits.Key)) is not null;
            if (waits is null || isThere)
            {
                state = await run.ResumeAsync(RunId, DateTimeOffset.MaxValue);
            }
            else
            {
                await run.SignalAsync(new Signal(waits.Kind, waits.Key) { Payload = signals.GetProperty(waits.Kind) });
            }

            if (state.IsOver)
            {
                return state;
            }
        }
    }

    private static FlowSecrets Secrets(string flow) => new(flow, "", "", new Dictionary<string, string>());

    private static JsonElement Read()
    {
        using var file = typeof(GoldenSignalsTests).Assembly.GetManifestResourceStream("golden/format-1-signals.json")!;
        using var document = JsonDocument.Parse(file);
        return document.RootElement.Clone();
    }
}
