using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>Failures, retries, declared effects and large values, through the server's own executor.</summary>
public sealed class RunTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-000000000002");
    private static readonly DateTimeOffset Never = DateTimeOffset.MaxValue;

    [Fact]
    public async Task Retry_FixedPolicy_WaitsTheIntervalBetweenAttempts()
    {
        var world = new EffectWorld { OnCall = call => call < 4 ? throw Down() : Task.CompletedTask };
        var (state, events) = await RunAsync(world, Effect("""{"type":"fixed","interval":"PT10S","count":5}"""));

        state.Status.Should().Be(RunStatus.Succeeded);
        world.Calls.Should().Be(4);
        (state.FinishedAt - state.Start.At).Should().Be(TimeSpan.FromSeconds(30));
        events.OfType<ActivityFailed>().Select(f => f.RetryAt - f.At).Should().AllBeEquivalentTo(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Retry_CountUsedUp_FaultsTheRunWithAnIncident()
    {
        var world = new EffectWorld { OnCall = _ => throw Down() };
        var (state, _) = await RunAsync(world, Effect("""{"type":"fixed","interval":"PT1S","count":2}"""));

        state.Status.Should().Be(RunStatus.Faulted);
        world.Calls.Should().Be(3);
        state.Incidents.Should().ContainSingle().Which.Failure.Code.Should().Be("Down");
    }

    [Fact]
    public async Task Retry_WithoutPolicy_GoesOnForSevenDaysAndObeysRetryAfter()
    {
        var world = new EffectWorld { OnCall = call => throw (call == 1 ? Down(TimeSpan.FromHours(3)) : Down()) };
        var (state, events) = await RunAsync(world, Effect(retry: null));

        state.Status.Should().Be(RunStatus.Faulted);
        var failures = events.OfType<ActivityFailed>().ToList();
        (failures[0].RetryAt - failures[0].At).Should().Be(TimeSpan.FromHours(3));
        failures.Skip(1).SkipLast(1).Should().OnlyContain(f => f.RetryAt - f.At <= TimeSpan.FromHours(1));
        (state.FinishedAt - state.Start.At).Should().BeGreaterThan(TimeSpan.FromDays(7)).And.BeLessThan(TimeSpan.FromDays(7.1));
    }

    [Fact]
    public async Task Failure_ThatIsFinal_IsNotTriedAgain()
    {
        var world = new EffectWorld { OnCall = _ => throw new ActivityException("Refused", "No.") };
        var (state, _) = await RunAsync(world, Effect(retry: null));

        state.Status.Should().Be(RunStatus.Faulted);
        world.Calls.Should().Be(1);
    }

    [Fact]
    public async Task Failure_WithItsFailedPortConnected_TakesThatPortAndSucceeds()
    {
        var world = new EffectWorld { OnCall = _ => throw new ActivityException("Refused", "No.") };
        var (state, events) = await RunAsync(world, """
            {"definitionId":"t","variables":[{"id":"said","name":"said"}],"root":{"id":"flow","type":"Elsa.Flowchart","activities":[
              {"id":"effect","name":"effect","type":"Test.Effect"},
              {"id":"set","type":"Elsa.SetVariable","variable":{"id":"said"},"value":{"expression":{"type":"Scriban","value":"{{ actions.effect.status }} {{ actions.effect.outputs.error.code }}"}}},
              {"id":"never","type":"Elsa.Fault"}],
             "connections":[{"source":{"activity":"effect","port":"Failed"},"target":{"activity":"set","port":"In"}},{"source":{"activity":"effect","port":"Done"},"target":{"activity":"never","port":"In"}}]}}
            """);

        state.Status.Should().Be(RunStatus.Succeeded);
        state.Variables["said"].GetString().Should().Be("Failed Refused");
        events.OfType<ActivityFailed>().Should().ContainSingle();
    }

    [Fact]
    public async Task Expression_ThatFails_FaultsTheRunWithItsInputAndPlace()
    {
        var (state, _) = await RunAsync(new EffectWorld(), """
            {"definitionId":"t","root":{"id":"log","type":"Elsa.WriteLine","text":{"expression":{"type":"Scriban","value":"{{ 1 // 0 }}"}}}}
            """);

        state.Status.Should().Be(RunStatus.Faulted);
        state.Incidents.Single().Failure.Should().Match<RunFailure>(f => f.Code == "ExpressionFailed" && f.Message.StartsWith("Text: ") && f.Message.Contains("line 1"));
    }

    [Theory]
    [InlineData("Test.AtMostOnce", RunStatus.Suspended, 1)]
    [InlineData("Test.AtLeastOnce", RunStatus.Succeeded, 2)]
    public async Task Crash_BetweenAnEffectAndItsCommit_DoesWhatTheActivityDeclares(string type, RunStatus ends, int calls)
    {
        var world = new EffectWorld();
        var workflow = world.Compile(JsonElement.Parse("""{"definitionId":"t","root":{"id":"effect","type":"TYPE"}}""".Replace("TYPE", type)));
        var store = new WatchedStore(workflow);
        // 1: the start; 2: the intention, before the effect; 3: its result.
        store.CrashAt(3, CrashPoint.BeforeTheCommit);
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId));

        await run.Invoking(r => r.ResumeAsync(RunId, Never)).Should().ThrowAsync<StoreUnavailableException>();
        var state = await run.ResumeAsync(RunId, Never);

        state.Status.Should().Be(ends);
        world.Calls.Should().Be(calls);
        state.Incidents.Select(i => i.Failure.Code).Should().BeEquivalentTo(ends == RunStatus.Suspended ? ["OutcomeUnknown"] : Array.Empty<string>());
    }

    [Fact]
    public async Task Intention_OfAtMostOnce_IsDurableBeforeTheEffectStarts()
    {
        MemoryRunStore store = new();
        var intended = false;
        var world = new EffectWorld
        {
            OnCall = async _ => intended = RunJournal.Read((await store.LoadAsync(RunId))!.Batches[^1], _ => default)[^1] is EffectIntended,
        };
        var workflow = world.Compile(JsonElement.Parse("""{"definitionId":"t","root":{"id":"effect","type":"Test.AtMostOnce"}}"""));
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId));

        await run.ResumeAsync(RunId, Never);

        intended.Should().BeTrue();
    }

    [Fact]
    public async Task Resubmit_WithTheSameRootRun_SendsTheSameKeys()
    {
        var world = new EffectWorld();
        var workflow = world.Compile(JsonElement.Parse(Effect(retry: null)));
        var run = EffectWorld.Run(workflow, new MemoryRunStore());
        var (again, anew) = (new Guid("019a0000-0000-7000-8000-000000000003"), new Guid("019a0000-0000-7000-8000-000000000004"));
        await run.AcceptAsync(new RunRequest(RunId));
        await run.ResumeAsync(RunId, Never);
        await run.AcceptAsync(new RunRequest(again) { RootRunId = RunId });
        await run.ResumeAsync(again, Never);
        world.Records.Should().HaveCount(1);

        await run.AcceptAsync(new RunRequest(anew));
        await run.ResumeAsync(anew, Never);
        world.Records.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("Test.Effect")]
    [InlineData("Test.AtLeastOnce")]
    [InlineData("Test.AtMostOnce")]
    public async Task Resume_WithoutSnapshot_DoesNothingAgainThatIsDone(string type)
    {
        var world = new EffectWorld();
        var workflow = world.Compile(JsonElement.Parse("""
            {"definitionId":"t","root":{"id":"s","type":"Elsa.Sequence","activities":[
              {"id":"log","type":"Elsa.WriteLine"},
              {"id":"before","type":"TYPE"},
              {"id":"wait","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"00:01:00"}}},
              {"id":"after","type":"TYPE"}]}}
            """.Replace("TYPE", type)));
        MemoryRunStore store = new();
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId));

        var state = await run.ResumeAsync(RunId, Never);

        state.Status.Should().Be(RunStatus.Succeeded);
        world.Calls.Should().Be(2);
        var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;
        stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)).OfType<ActivityCompleted>().Select(e => e.Activity)
            .Should().Equal("log", "before", "wait", "after");
    }

    [Fact]
    public async Task Finish_WhileOtherBranchesWait_EndsTheRunAsSucceeded()
    {
        var (state, events) = await RunAsync(new EffectWorld(), """
            {"definitionId":"t","root":{"id":"flow","type":"Elsa.Flowchart","activities":[
              {"id":"start","type":"Elsa.WriteLine"},
              {"id":"wait","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"01:00:00"}}},
              {"id":"end","type":"Elsa.Finish"}],
             "connections":[{"source":{"activity":"start"},"target":{"activity":"wait"}},{"source":{"activity":"start"},"target":{"activity":"end"}}]}}
            """);

        state.Status.Should().Be(RunStatus.Succeeded);
        (state.FinishedAt - state.Start.At).Should().Be(TimeSpan.Zero);
        events.OfType<TimerFired>().Should().BeEmpty();
    }

    [Fact]
    public async Task Events_WithLargeValues_KeepThemOnceAndReadBackTheSame()
    {
        var body = new string('x', 100_000);
        var trigger = JsonSerializer.SerializeToElement(new { headers = new { }, body = new { text = body } });
        var world = new EffectWorld();
        var workflow = world.Compile(JsonElement.Parse("""
            {"definitionId":"t","variables":[{"id":"v","name":"v"}],"root":{"id":"set","type":"Elsa.SetVariable","variable":{"id":"v"},"value":{"expression":{"type":"Scriban","value":"{{ trigger.body }}"}}}}
            """));
        var store = new MemoryRunStore();
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId) { Trigger = trigger });

        var state = await run.ResumeAsync(RunId, Never);

        var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;
        stored.Batches.Sum(b => b.Length).Should().BeLessThan(10_000);
        JsonElement.DeepEquals(state.Variables["v"], trigger.GetProperty("body")).Should().BeTrue();
        JsonElement.DeepEquals(RunJournal.Read(stored.Batches[0], stored.Values).OfType<RunStarted>().Single().Trigger!.Value, trigger).Should().BeTrue();
    }

    [Fact]
    public void Journal_UserValueThatLooksLikeAReference_ReadsBackTheSame()
    {
        var trigger = JsonElement.Parse("""{"headers":{},"body":{"$value":"0123","other":[{"$value":1}]}}""");
        var values = new List<StoredValue>();
        var started = new RunStarted { At = default, DefinitionId = "d", VersionId = "v", RootRunId = RunId, Trigger = trigger };

        var bytes = RunJournal.Write([started], values);
        var read = RunJournal.Read(bytes, hash => values.Single(v => v.Hash == hash).Utf8);

        JsonElement.DeepEquals(((RunStarted)read.Single()).Trigger!.Value, trigger).Should().BeTrue();
    }

    [Theory]
    [InlineData("""{"$value":"HASH"}""")]
    [InlineData("""{"\u0024value":"HASH"}""")]
    [InlineData("""{ "$value" : "HASH" }""")]
    public void Journal_UserValueThatNamesTheHashOfALargeOneBesideIt_ReadsBackTheSame(string reference)
    {
        var text = JsonSerializer.SerializeToElement(new string('x', 100_000));
        var hash = Convert.ToHexStringLower(SHA256.HashData(JsonMarshal.GetRawUtf8Value(text)));
        var user = JsonElement.Parse(reference.Replace("HASH", hash, StringComparison.Ordinal));
        var trigger = JsonElement.Parse($$"""{"large":{{text.GetRawText()}},"body":{{user.GetRawText()}}}""");
        var values = new List<StoredValue>();
        RunEvent[] events =
        [
            new RunStarted { At = default, DefinitionId = "d", VersionId = "v", RootRunId = RunId, Trigger = trigger },
            new SignalReceived { At = default, Instance = RunId, Activity = "a", Signal = 1, Kind = "event", Key = "go", Payload = user },
        ];

        var bytes = RunJournal.Write(events, values);
        var read = RunJournal.Read(bytes, hash => values.First(v => v.Hash == hash).Utf8);

        JsonElement.DeepEquals(((RunStarted)read[0]).Trigger!.Value, trigger).Should().BeTrue();
        JsonElement.DeepEquals(((SignalReceived)read[1]).Payload!.Value, user).Should().BeTrue();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void Journal_ValueNestedDeeperThanItIsReadAgain_IsNotWritten(int length)
    {
        var json = $"{new string('[', 300)}\"{new string('x', length)}\"{new string(']', 300)}";
        var deep = JsonElement.Parse(json, new JsonDocumentOptions { MaxDepth = 400 });
        var signal = new SignalReceived { At = default, Instance = RunId, Activity = "a", Signal = 1, Kind = "event", Key = "go", Payload = deep };

        FluentActions.Invoking(() => RunJournal.Write([signal], [])).Should().Throw<JsonException>();
    }

    [Fact]
    public void Journal_Texts_TakeNoMoreRoomThanTheyDoInUtf8()
    {
        var text = string.Concat(Enumerable.Repeat("é中+/'&<", 10_000));
        var values = new List<StoredValue>();
        var signal = new SignalReceived { At = default, Instance = RunId, Activity = "a", Signal = 1, Kind = "event", Key = "é+", Payload = JsonSerializer.SerializeToElement(text) };

        var bytes = RunJournal.Write([signal], values);
        var read = (SignalReceived)RunJournal.Read(bytes, hash => values.Single(v => v.Hash == hash).Utf8).Single();

        values.Single().Utf8.Length.Should().Be(Encoding.UTF8.GetByteCount(text) + 2);
        Encoding.UTF8.GetString(bytes).Should().Contain("\"é+\"");
        (read.Key, read.Payload!.Value.GetString()).Should().Be(("é+", text));
    }

    [Fact]
    public void Journal_LargeMembersOfAnEvent_AreStoredApartAndReadBackTheSame()
    {
        var items = JsonSerializer.SerializeToElement(Enumerable.Range(0, 20_000));
        var text = JsonSerializer.SerializeToElement(new string('x', 100_000));
        var odd = JsonElement.Parse($$"""{"$value":"{{new string('a', 64)}}"}""");
        var runs = Enumerable.Range(0, 2_000).Select(i => new StartedRun(new Guid(i, 0, 0, new byte[8]), "child", "child-v1", i)).ToList();
        var bookmarks = runs.Select(r => new Bookmark(BookmarkKind.Child, r.RunId.ToString())).ToList();
        RunEvent[] events =
        [
            new ActivityEntered { At = default, Instance = RunId, Activity = "a", Port = "Body", Items = items },
            new SignalReceived { At = default, Instance = RunId, Activity = "a", Signal = 1, Kind = "event", Key = "go", Payload = text },
            new SignalReceived { At = default, Instance = RunId, Activity = "a", Signal = 1, Kind = "event", Key = "go", Payload = odd },
            new ActivitySuspended { At = default, StartedAt = default, Instance = RunId, Activity = "a", Runs = runs, Bookmarks = bookmarks },
        ];
        var values = new List<StoredValue>();

        var bytes = RunJournal.Write(events, values);
        var read = RunJournal.Read(bytes, hash => values.Single(v => v.Hash == hash).Utf8);

        bytes.Length.Should().BeLessThan(RunJournal.LargeValue);
        JsonElement.DeepEquals(((ActivityEntered)read[0]).Items!.Value, items).Should().BeTrue();
        JsonElement.DeepEquals(((SignalReceived)read[1]).Payload!.Value, text).Should().BeTrue();
        JsonElement.DeepEquals(((SignalReceived)read[2]).Payload!.Value, odd).Should().BeTrue();
        ((ActivitySuspended)read[3]).Runs.Should().Equal(runs);
        ((ActivitySuspended)read[3]).Bookmarks.Should().Equal(bookmarks);
    }

    [Fact]
    public async Task Loop_OverALongListThatIsResumedFromItsEvents_GoesOnWithItsItems()
    {
        var world = new EffectWorld();
        var workflow = world.Compile(JsonElement.Parse("""
            {"definitionId":"t","root":{"id":"loop","type":"Elsa.ForEach","items":{"expression":{"type":"Scriban","value":"{{ trigger.body }}"}},"body":{"id":"s","type":"Elsa.Sequence","activities":[
                {"id":"effect","type":"Test.Effect","label":{"expression":{"type":"Scriban","value":"{{ item | string.size }}"}}},
                {"id":"wait","type":"Elsa.Delay","timeSpan":{"expression":{"type":"Literal","value":"00:01:00"}}}]}}}
            """));
        var items = new[] { new string('x', 40_000), new string('y', 40_001), "z" };
        var run = EffectWorld.Run(workflow, new MemoryRunStore());
        await run.AcceptAsync(new RunRequest(RunId) { Trigger = JsonSerializer.SerializeToElement(new { body = items }) });

        var state = await run.ResumeAsync(RunId, Never);

        state.Status.Should().Be(RunStatus.Succeeded);
        world.Records.Values.Select(r => r.Label).Should().BeEquivalentTo("40000", "40001", "1");
    }

    private static ActivityException Down(TimeSpan? retryAfter = null) => new("Down", "The CRM is down.") { Retryable = true, RetryAfter = retryAfter };

    private static string Effect(string? retry) =>
        """{"definitionId":"t","root":{"id":"effect","type":"Test.Effect","customProperties":{"resilienceStrategy":POLICY}}}""".Replace("POLICY", retry ?? "null");

    private static async Task<(RunState State, List<RunEvent> Events)> RunAsync(EffectWorld world, string definition)
    {
        var workflow = world.Compile(JsonElement.Parse(definition));
        var store = new WatchedStore(workflow);
        var run = EffectWorld.Run(workflow, store, snapshotEvery: 1);
        await run.AcceptAsync(new RunRequest(RunId));
        var state = await run.ResumeAsync(RunId, Never);
        var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;
        return (state, [.. stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values))]);
    }
}
