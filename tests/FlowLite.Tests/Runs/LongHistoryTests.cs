using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Histories of very long runs: what is not wanted of them takes no memory.</summary>
[Collection(nameof(Alone))]
public sealed class LongHistoryTests
{
    private const int Rounds = 60_000;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-000000000077");

    [Fact]
    public async Task FromAsync_PageOfALongCycle_HoldsNoMoreThanThePage()
    {
        var workflow = new EffectWorld().Compile(JsonElement.Parse("""
            {"definitionId":"t","root":{"id":"flow","type":"Elsa.Flowchart","activities":[
              {"id":"start","type":"Elsa.WriteLine"},{"id":"again","type":"Elsa.WriteLine"}],
             "connections":[{"source":{"activity":"start"},"target":{"activity":"again"}},{"source":{"activity":"again"},"target":{"activity":"again"}}]}}
            """));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long atTheEnd = 0;
        var (line, execution) = (0, 0);
        var scope = new HistoryScope { Lines = _ => line++ is >= 50_000 and < 50_010, Executions = _ => execution++ is >= 40_000 and < 40_010 };

        var history = await RunHistory.FromAsync(Summary, Events(workflow, () => atTheEnd = GC.GetTotalMemory(forceFullCollection: true)), workflow, scope);

        history.Log.Select(l => l.Sequence).Should().Equal(Enumerable.Range(50_000, 10).Select(i => (long)i));
        history.Executions.Select(e => e.Number).Should().Equal(Enumerable.Range(40_001, 10));
        // The flowchart is none; the last round is under way.
        (history.ActionCount, history.LogCount).Should().Be((Rounds + 1, (2 * Rounds) + 3));
        // All of their outputs together are 60 MB and more.
        (atTheEnd - before).Should().BeLessThan(15_000_000);
    }

    private static RunSummary Summary { get; } = new()
    {
        RunId = RunId,
        DefinitionId = "t",
        VersionId = "t:1",
        RootRunId = RunId,
        Status = RunStatus.Running,
        StartedAt = Start,
        UpdatedAt = Start,
    };

    private static async IAsyncEnumerable<RunEvent> Events(CompiledWorkflow workflow, Action atTheEnd)
    {
        var state = new RunState { RunId = RunId };
        RunEvent next = new RunStarted { At = Start, DefinitionId = "t", VersionId = "t:1", RootRunId = RunId };
        RunDecider.Apply(workflow, state, next);
        yield return next;
        for (var round = 0; round < Rounds; round++)
        {
            state.TryTakeReady(out var instance);
            next = new ActivityCompleted
            {
                At = Start,
                StartedAt = Start,
                Instance = instance!.Id,
                Activity = instance.Activity,
                Outcomes = ["Done"],
                Outputs = JsonElement.Parse($$"""{"text":"{{new string('x', 1000)}}"}"""),
            };
            RunDecider.Apply(workflow, state, next);
            yield return next;
        }

        await Task.CompletedTask;
        atTheEnd();
    }
}

/// <summary>Tests that measure the process's memory: while they run, nothing else does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
