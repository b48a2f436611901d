using System.Text.Json;
using FlowLite.Engine;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Signals and children with the dispatcher, as the server has it: nobody who was woken is forgotten, wherever its run is.</summary>
public sealed class SignalTests
{
    private const string Waits = """
        {"root":{"id":"s","type":"Elsa.Sequence","activities":[
            {"id":"e","type":"Elsa.Event","eventName":{"expression":{"type":"Literal","value":"go"}}},
            {"id":"x","type":"Test.Effect","label":{"expression":{"type":"Scriban","value":"{{ actions.e.outputs.Result }}"}}}]}}
        """;

    private const string Parent = """
        {"root":{"id":"s","type":"Elsa.Sequence","activities":[
            {"id":"c","type":"Elsa.ExecuteWorkflow","workflowDefinitionId":{"expression":{"type":"Literal","value":"child"}}},
            {"id":"after","type":"Test.Effect"}]}}
        """;

    private const string TimedWait = """
        {"customProperties":{"timeout":"PT1S"},"root":{"id":"s","type":"Elsa.Sequence","activities":[
            {"id":"e","type":"Elsa.Event","eventName":{"expression":{"type":"Literal","value":"go"}}}]}}
        """;

    [Fact]
    public async Task Signal_WhileTheRunWaits_WakesIt()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Waits);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Reaches(run, RunStatus.Suspended);

        var woken = await engine.Runs.SignalAsync(new Signal(BookmarkKind.Event, "go") { Payload = JsonElement.Parse("7") });

        woken.Select(w => w.RunId).Should().Equal(run);
        await engine.Reaches(run, RunStatus.Succeeded);
        engine.World.Records.Values.Select(r => r.Label).Should().Equal("7");
    }

    [Fact]
    public async Task Signal_BeforeTheEngineStarts_WakesTheRunThen()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(Waits);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Reaches(run, RunStatus.Suspended);
        // As if the server had died right after the commit: nobody is told of it.
        await engine.Store.SendAsync([new SignalSent(new Signal(BookmarkKind.Event, "go"))]);

        using var next = engine.Again();
        await next.StartAsync();

        await engine.Reaches(run, RunStatus.Succeeded);
        await next.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Signals_ToManyRunsAtOnce_WakeEachOnceThoughFewFitInMemory()
    {
        const int runs = 300;
        await using var engine = new TestEngine(new EngineOptions { BacklogWindow = 4, ConcurrentRunsPerFlow = 3 });
        var workflow = engine.Publish(Waits);
        await engine.Runs.StartAsync();
        var started = new List<Guid>();
        for (var i = 0; i < runs; i++)
        {
            started.Add(await engine.StartAsync(workflow));
        }

        await Task.WhenAll(started.Select(run => engine.Reaches(run, RunStatus.Suspended)));

        (await engine.Runs.SignalAsync(new Signal(BookmarkKind.Event, "go"))).Should().HaveCount(runs);

        await Task.WhenAll(started.Select(run => engine.Reaches(run, RunStatus.Succeeded)));
        engine.World.Records.Should().HaveCount(runs);
        engine.World.Calls.Should().Be(runs);
    }

    [Fact]
    public async Task Signal_ThatCantBeTakenYet_LeavesTheRunWaiting()
    {
        await using var engine = new TestEngine();
        engine.Publish("""{"root":{"id":"l","type":"Elsa.WriteLine","text":{"expression":{"type":"Literal","value":"x"}}}}""", "child");
        var parent = engine.Publish("""
            {"root":{"id":"b","type":"Elsa.BulkDispatchWorkflows","workflowDefinitionId":{"expression":{"type":"Literal","value":"child"}},
                "items":{"expression":{"type":"Json","value":"[1,2,3]"}},
                "childCompleted":{"id":"e","type":"Elsa.Event","eventName":{"expression":{"type":"Literal","value":"go"}}}}}
            """);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(parent);
        await engine.Store.When(a => a.RunId == run && a.Summary.Status == RunStatus.Suspended && a.Mail.Any(m => m is BookmarkSet { Bookmark.Kind: BookmarkKind.Event })).WaitAsync(TimeSpan.FromSeconds(20));

        // The other two children have ended, or do now; the activity takes the next end when the port's event has come.
        await UntilAsync(async () => (await engine.Store.ListSignalsAsync(run)).Count == 2 && (await engine.Store.FindRunAsync(run))!.Status == RunStatus.Suspended);
        (await engine.Store.CountReadyAsync()).Should().BeEmpty("nobody waits for a turn");
        for (var i = 0; i < 3; i++)
        {
            await UntilAsync(async () => (await engine.Store.FindBookmarksAsync(BookmarkKind.Event, "go", null, 9)).Count == 1);
            await engine.Runs.SignalAsync(new Signal(BookmarkKind.Event, "go"));
        }

        await engine.Reaches(run, RunStatus.Succeeded);
    }

    [Fact]
    public async Task Signal_WhileAnotherBranchIsBusy_IsTakenAtOnce()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = new TestEngine();
        engine.World.OnCall = call => call == 1 ? open.Task : Task.CompletedTask;
        var workflow = engine.Publish("""
            {"root":{"id":"p","type":"Elsa.Parallel","activities":[
                {"id":"busy","type":"Test.Effect"},
                {"id":"s","type":"Elsa.Sequence","activities":[
                    {"id":"e","type":"Elsa.Event","eventName":{"expression":{"type":"Literal","value":"go"}}},
                    {"id":"x","type":"Test.Effect"}]}]}}
            """);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Store.When(a => a.Mail.Any(m => m is BookmarkSet)).WaitAsync(TimeSpan.FromSeconds(20));

        await engine.Runs.SignalAsync(new Signal(BookmarkKind.Event, "go"));

        await engine.Store.When(a => a.Mail.Any(m => m is SignalTaken)).WaitAsync(TimeSpan.FromSeconds(20));
        open.SetResult();
        await engine.Reaches(run, RunStatus.Succeeded);
    }

    [Fact]
    public async Task Parent_OfAChildThatEnds_GoesOn()
    {
        await using var engine = new TestEngine();
        engine.Publish("""{"root":{"id":"x","type":"Test.Effect"}}""", "child");
        var workflow = engine.Publish(Parent);
        await engine.Runs.StartAsync();

        var run = await engine.StartAsync(workflow);

        await engine.Reaches(run, RunStatus.Succeeded);
        engine.World.Records.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("Elsa.Sequence")]
    [InlineData("Elsa.Flowchart")]
    public async Task Parent_OfAChildWithNothingToDo_GoesOn(string root)
    {
        await using var engine = new TestEngine();
        engine.Publish($$"""{"root":{"id":"r","type":"{{root}}","activities":[]} }""", "child");
        var workflow = engine.Publish(Parent);
        await engine.Runs.StartAsync();

        var run = await engine.StartAsync(workflow);

        await engine.Reaches(run, RunStatus.Succeeded);
        (await engine.Store.ListRunsAsync("child", RunStatus.Succeeded, null, 9)).Should().ContainSingle();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Parent_WhoseAppendIsStoredThoughItFailed_LosesNoChild(bool isTriedAgain)
    {
        await using var engine = new TestEngine();
        engine.Publish("""{"root":{"id":"x","type":"Test.Effect"}}""", "child");
        var workflow = engine.Publish(Parent);
        engine.Store.SeemsToFail = append => !append.Mail.Any(m => m is RunBorn) ? null
            : isTriedAgain ? new RunFenceException(append.RunId, append.FirstSeq) : new StoreUnavailableException("disk I/O error");
        await engine.Runs.StartAsync();

        var run = await engine.StartAsync(workflow);

        await engine.Reaches(run, RunStatus.Succeeded);
        engine.World.Records.Should().HaveCount(2);
    }

    // Long before the pump looks by itself.
    [Fact]
    public async Task Child_WhoseTimeIsUp_IsEndedThen()
    {
        await using var engine = new TestEngine();
        engine.Publish(TimedWait, "child");
        var workflow = engine.Publish(Parent);
        await engine.Runs.StartAsync();

        var run = await engine.StartAsync(workflow);

        await engine.Store.When(a => a.RunId == run && a.Summary.Status == RunStatus.Faulted).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task RunOfASignal_WhoseTimeIsUp_IsEndedThen()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish(TimedWait.Replace("\"activities\":[", """
            "activities":[{"id":"begin","type":"Elsa.Event","customProperties":{"canStartWorkflow":true},"eventName":{"expression":{"type":"Literal","value":"begin"}}},
            """));
        await engine.Runs.StartAsync();

        var run = (await engine.Runs.SignalAsync(new Signal(BookmarkKind.Event, "begin"))).Should().ContainSingle().Subject.RunId;

        await engine.Store.When(a => a.RunId == run && a.Summary.Status == RunStatus.Faulted).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Cancel_OfAParent_CancelsTheChildThatItWaitsFor()
    {
        await using var engine = new TestEngine();
        engine.Publish("""{"root":{"id":"d","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"01:00:00"}}}}""", "child");
        var workflow = engine.Publish(Parent);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Store.When(a => a.Summary is { ParentRunId: not null, Status: RunStatus.Suspended }).WaitAsync(TimeSpan.FromSeconds(20));
        var child = (await engine.Store.ListRunsAsync("child", null, null, 1))[0];

        (await engine.Runs.CancelAsync(run, "enough")).Should().BeTrue();

        await engine.Reaches(child.RunId, RunStatus.Cancelled);
        child.ParentRunId.Should().Be(run);
    }

    [Fact]
    public async Task Resubmit_OfAParent_FindsTheRecordsThatItsChildrenMade()
    {
        await using var engine = new TestEngine();
        engine.Publish("""{"root":{"id":"x","type":"Test.Effect"}}""", "child");
        var workflow = engine.Publish(Parent);
        await engine.Runs.StartAsync();
        var run = await engine.StartAsync(workflow);
        await engine.Reaches(run, RunStatus.Succeeded);

        var again = (await engine.Runs.ResubmitAsync(run, asNew: false))!.Value;

        await engine.Reaches(again, RunStatus.Succeeded);
        (await engine.Store.ListRunsAsync("child", null, null, 9)).Should().HaveCount(2);
        engine.World.Calls.Should().Be(4);
        engine.World.Records.Should().HaveCount(2);
    }

    [Fact]
    public async Task Flow_ThatRunsItself_StopsByItself()
    {
        await using var engine = new TestEngine();
        var workflow = engine.Publish("""{"root":{"id":"c","type":"Elsa.ExecuteWorkflow","workflowDefinitionId":{"expression":{"type":"Literal","value":"test"}}}}""");
        await engine.Runs.StartAsync();

        var run = await engine.StartAsync(workflow);

        await engine.Reaches(run, RunStatus.Faulted);
        (await engine.Store.ListRunsAsync("test", null, null, 99)).Should().HaveCount(51).And.OnlyContain(r => r.Status == RunStatus.Faulted);
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (!await holds())
        {
            since.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20));
            await Task.Yield();
        }
    }
}
