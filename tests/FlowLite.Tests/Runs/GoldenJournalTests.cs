using System.Text.Json;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>
/// Journals of every released format resume. A format's file holds the batches of a run as its release wrote them and what
/// the run records by key; it is never written anew.
/// </summary>
public sealed class GoldenJournalTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-00000000000a");

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(1, 4)]
    [InlineData(1, 5)]
    [InlineData(1, 6)]
    public async Task Resume_JournalOfThatFormat_DoesWhatIsLeftUnderTheSameKeys(int format, int batches)
    {
        var golden = Read(format);
        var world = new EffectWorld();
        var workflow = world.Compile(golden.GetProperty("definition"));
        MemoryRunStore store = new();
        var state = new RunState { RunId = RunId };
        foreach (var batch in golden.GetProperty("batches").EnumerateArray().Take(batches))
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(batch);
            var events = RunJournal.Read(bytes, _ => throw new InvalidOperationException("The journal holds no large value."));
            events.ForEach(e => RunDecider.Apply(workflow, state, e));
            var append = RunAppends.Make(state, events, snapshotEvery: 500);
            await store.AppendAsync(new RunAppend
            {
                RunId = RunId,
                FirstSeq = append.FirstSeq,
                Count = append.Count,
                Events = bytes,
                Summary = append.Summary,
                TimersSet = append.TimersSet,
                TimersCleared = append.TimersCleared,
            });
        }

        var ended = await EffectWorld.Run(workflow, store).ResumeAsync(RunId, DateTimeOffset.MaxValue);

        ended.Status.Should().Be(RunStatus.Succeeded);
        ended.Start.Format.Should().Be(format);
        ended.Variables["v1"].GetString().Should().Be("Ada");
        // Done before: Effect for the first item in batch 4, for the second in batch 6.
        var left = golden.GetProperty("records").EnumerateObject().Skip(batches >= 6 ? 2 : batches >= 4 ? 1 : 0);
        world.Records.ToDictionary(r => r.Key.ToString(), r => r.Value.Label).Should().BeEquivalentTo(left.ToDictionary(r => r.Name, r => r.Value.GetString()));
        world.Calls.Should().Be(world.Records.Count);
    }

    [Fact]
    public void Files_OfEveryFormatUpToTodays_AreThere() =>
        Enumerable.Range(1, RunJournal.Format).Select(Read).Should().OnlyContain(golden => golden.GetProperty("batches").GetArrayLength() > 0);

    private static JsonElement Read(int format)
    {
        using var file = typeof(GoldenJournalTests).Assembly.GetManifestResourceStream($"golden/format-{format}.json")!;
        using var document = JsonDocument.Parse(file);
        return document.RootElement.Clone();
    }
}
