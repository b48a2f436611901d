using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Runs that are taken over from another server while they wait for runs that they have started.</summary>
public sealed class ImportTests
{
    private const string Parent = """
        {"root":{"id":"s","type":"Elsa.Sequence","activities":[
            {"id":"c","type":"Elsa.ExecuteWorkflow","workflowDefinitionId":{"expression":{"type":"Literal","value":"child"}}},
            {"id":"after","type":"Test.Effect","label":{"expression":{"type":"Scriban","value":"{{ actions.c.outputs.Result.output.Answer }}"}}}]}}
        """;

    private const string Child = """
        {"outputs":[{"name":"Answer","type":"String"}],"root":{"id":"s","type":"Elsa.Sequence","activities":[
            {"id":"e","type":"Elsa.Event","eventName":{"expression":{"type":"Literal","value":"go"}}},
            {"id":"o","type":"Elsa.SetOutput","outputName":{"expression":{"type":"Literal","value":"Answer"}},"outputValue":{"expression":{"type":"Literal","value":"yes"}}}]}}
        """;

    private static readonly Signal Go = new(BookmarkKind.Event, "go");

    [Fact]
    public async Task Parent_WithoutItsChild_FailsAndSaysWhy()
    {
        await using var engine = new TestEngine();
        var (parent, child) = await WaitAsync(engine);
        var moved = await TakeOutAsync(engine, parent);
        await engine.Runs.DeleteAsync(child);

        (await engine.Runs.ImportAsync([moved])).Should().Be(1);

        await engine.Reaches(parent, RunStatus.Faulted);
        (await engine.Store.FindRunAsync(parent))!.ErrorCode.Should().Be("ChildUnknown");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Parent_WithAChildThatWaits_GoesOnWhenThatEnds(bool childFirst)
    {
        await using var engine = new TestEngine();
        var (parent, child) = await WaitAsync(engine);
        var (movedChild, movedParent) = (await ReadAsync(engine, child), await TakeOutAsync(engine, parent));
        await engine.Runs.DeleteAsync(child);

        (await engine.Runs.ImportAsync(childFirst ? [movedChild, movedParent] : [movedParent, movedChild])).Should().Be(2);

        await engine.Reaches(child, RunStatus.Suspended);
        await engine.Runs.SignalAsync(Go with { RunId = child });
        await SucceedsAsync(engine, parent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Parent_WithAChildThatIsOver_GoesOnWithWhatItGave(bool isHereAlready)
    {
        await using var engine = new TestEngine();
        var (parent, child) = await WaitAsync(engine);
        var movedParent = await TakeOutAsync(engine, parent, keepsChild: true);
        await engine.Runs.SignalAsync(Go with { RunId = child });
        await engine.Reaches(child, RunStatus.Succeeded);
        var movedChild = await ReadAsync(engine, child);
        if (!isHereAlready)
        {
            await engine.Runs.DeleteAsync(child);
        }

        (await engine.Runs.ImportAsync(isHereAlready ? [movedParent] : [movedChild, movedParent])).Should().Be(isHereAlready ? 1 : 2);
        (await engine.Runs.ImportAsync([movedParent, movedChild])).Should().Be(0);

        await SucceedsAsync(engine, parent);
    }

    // As one that was taken over by itself when nobody looked for its child yet.
    [Fact]
    public async Task Child_ThatIsOverAndWhoseParentIsHereAlready_LetsThatGoOn()
    {
        await using var engine = new TestEngine();
        var (parent, child) = await WaitAsync(engine);
        var waits = await ReadAsync(engine, child);
        await engine.Store.DeleteRunsAsync([child]);
        var moved = waits with { Status = RunStatus.Cancelled, Events = [.. waits.Events, new RunCancelled { At = waits.Events[^1].At }] };

        (await engine.Runs.ImportAsync([moved])).Should().Be(1);

        await engine.Reaches(parent, RunStatus.Faulted);
    }

    private static async Task<(Guid Parent, Guid Child)> WaitAsync(TestEngine engine)
    {
        engine.Publish(Child, "child");
        var workflow = engine.Publish(Parent);
        await engine.Runs.StartAsync();
        var parent = await engine.StartAsync(workflow);
        await engine.Reaches(parent, RunStatus.Suspended);
        await engine.Store.When(a => a.Summary is { ParentRunId: not null, Status: RunStatus.Suspended }).WaitAsync(TimeSpan.FromSeconds(20));
        return (parent, (await engine.Store.ListRunsAsync("child", null, null, 1))[0].RunId);
    }

    private static async Task<ImportedRun> ReadAsync(TestEngine engine, Guid run)
    {
        var stored = (await engine.Store.LoadAsync(run, wholeJournal: true))!;
        return new ImportedRun(run, stored.Summary.Status, stored.Summary.FinishedAt, [.. stored.Batches.SelectMany(batch => RunJournal.Read(batch, stored.Values))]);
    }

    /// <summary>The run as it is exported; it is gone from here then.</summary>
    private static async Task<ImportedRun> TakeOutAsync(TestEngine engine, Guid run, bool keepsChild = false)
    {
        var read = await ReadAsync(engine, run);
        if (keepsChild)
        {
            await engine.Store.DeleteRunsAsync([run]);
        }
        else
        {
            await engine.Runs.DeleteAsync(run);
        }

        return read;
    }

    private static async Task SucceedsAsync(TestEngine engine, Guid parent)
    {
        await engine.Reaches(parent, RunStatus.Succeeded);
        engine.World.Records.Values.Select(r => r.Label).Should().Equal("yes");
    }
}
