using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>
/// Long loops, large flowcharts and deep nesting. What is compared is bytes and events: their growth tells whether the work is linear,
/// on any machine. Time is bounded where work leaves no trace in what is written, and so that only work that grows with the square exceeds it.
/// </summary>
public sealed class ScaleTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-000000000009");
    private static readonly JsonSerializerOptions Deep = new() { MaxDepth = 1000 };

    [Theory]
    [InlineData("ForEach")]
    [InlineData("For")]
    [InlineData("While")]
    public async Task Loop_OfTenThousandRounds_WritesTheSameForEachRoundAsAShortOne(string kind)
    {
        var (_, shortRun) = await RunAsync(Loop(kind, 2_000));
        var (state, longRun) = await InTimeAsync(() => RunAsync(Loop(kind, 10_000)));

        state.Status.Should().Be(RunStatus.Succeeded);
        state.Instances.Should().BeEmpty();
        longRun.Bytes.Should().BeLessThan((long)(shortRun.Bytes * 5 * 1.15));
        longRun.LargestSnapshot.Should().BeLessThan(8 * 1024);
    }

    [Fact]
    public async Task While_ThatWaitsInEachOfTwoThousandRounds_WritesTheSameForEachRound()
    {
        var (_, shortRun) = await RunAsync(Loop("While", 400, wait: true));
        var (state, longRun) = await InTimeAsync(() => RunAsync(Loop("While", 2_000, wait: true)), seconds: 60);

        state.Status.Should().Be(RunStatus.Succeeded);
        (state.FinishedAt - state.Start.At).Should().Be(TimeSpan.FromMinutes(2_000));
        longRun.Bytes.Should().BeLessThan((long)(shortRun.Bytes * 5 * 1.15));
        // Each resume reads what came after the snapshot, not the whole run.
        longRun.LargestLoad.Should().BeLessThan(shortRun.LargestLoad * 2);
    }

    [Fact]
    public async Task BulkDispatch_OfFiveThousandRuns_WritesTheSameForEachRun_AndLooksOnceAtEachEnd()
    {
        var shortRun = await BulkAsync(1_000);
        // With a look at all that is waited for, for each end that is in the mailbox, this took minutes.
        var longRun = await InTimeAsync(() => BulkAsync(5_000), seconds: 60);

        longRun.Should().BeLessThan((long)(shortRun * 5 * 1.15));
    }

    /// <returns>What its parent writes.</returns>
    private static async Task<long> BulkAsync(int runs)
    {
        var world = new EffectWorld();
        var parent = world.Compile(JsonElement.Parse($$$"""
            {"root":{"id":"b","type":"Elsa.BulkDispatchWorkflows","workflowDefinitionId":"child",
                "items":{"expression":{"type":"Json","value":"[{{{string.Join(',', Enumerable.Range(0, runs))}}}]"} } } }
            """));
        var flows = new FlowCatalog(null!, null!);
        flows.Publish(parent, new FlowSecrets("test", "", "", new Dictionary<string, string>()));
        flows.Publish(world.Compile(JsonElement.Parse("""{"root":{"id":"l","type":"Elsa.WriteLine","text":"a line"}}"""), "child"), new FlowSecrets("child", "", "", new Dictionary<string, string>()));
        var store = new MemoryRunStore();
        var run = EffectWorld.Run(parent, store, flows: flows);
        await run.AcceptAsync(new RunRequest(RunId));

        (await run.ResumeAsync(RunId, DateTimeOffset.MaxValue)).Status.Should().Be(RunStatus.Succeeded);

        var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;
        // With what is stored apart.
        return stored.Batches.SelectMany(batch => RunJournal.Read(batch, stored.Values)).Sum(@event =>
        {
            using var json = new Utf8JsonWriter(Stream.Null);
            RunJournal.Write(@event, json);
            return json.BytesCommitted + json.BytesPending;
        });
    }

    [Fact]
    public async Task Flowchart_OfFiveThousandActivities_RunsThemAll()
    {
        var (state, written) = await InTimeAsync(() => RunAsync(Chart(5_000)));

        state.Status.Should().Be(RunStatus.Succeeded);
        written.Events.Should().Be(5_001);
    }

    [Fact]
    public async Task Flowchart_ThatForksTwoThousandWaysIntoAJoin_JoinsThemOnce()
    {
        var activities = new JsonArray(Log("start"), Log("join"));
        var connections = new JsonArray();
        for (var i = 0; i < 2_000; i++)
        {
            activities.Add(Log($"b{i}"));
            connections.Add(Connect("start", $"b{i}"));
            connections.Add(Connect($"b{i}", "join"));
        }

        var document = Document(new JsonObject { ["id"] = "root", ["type"] = "Elsa.Flowchart", ["activities"] = activities, ["connections"] = connections });

        var (state, written) = await InTimeAsync(() => RunAsync(document));

        state.Status.Should().Be(RunStatus.Succeeded);
        written.Events.Should().Be(2_003);
    }

    [Theory]
    [InlineData("Elsa.Sequence", "Elsa.If")]
    [InlineData("Elsa.ForEach", "Elsa.Flowchart")]
    [InlineData("Elsa.Parallel", "FlowLite.Scope")]
    [InlineData("Elsa.Fork", "Elsa.While")]
    public async Task Nesting_OfTwoHundredContainers_NeedsNoMoreStackThanASmallThread(params string[] types)
    {
        var text = JsonSerializer.Serialize(Document(Nested(200, types)), Deep);
        Exception? error = null;
        RunState? state = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    var document = DefinitionJson.Read(Encoding.UTF8.GetBytes(text));
                    var written = JsonSerializer.SerializeToUtf8Bytes(document, Deep);
                    written.Length.Should().BeGreaterThan(1000);
                    state = RunAsync(document).GetAwaiter().GetResult().State;
                }
                catch (Exception e)
                {
                    error = e;
                }
            },
            maxStackSize: 512 * 1024);
        thread.Start();
        await Task.Run(thread.Join);

        error.Should().BeNull();
        state!.Status.Should().Be(RunStatus.Succeeded);
        state.Actions.Should().ContainKey("deepest");
    }

    [Fact]
    public void Publish_OfAFlowThatTheStudioCantRead_SaysSo()
    {
        var workflow = new EffectWorld().Compile(Element(Document(Nested(40, "Elsa.Sequence", "Elsa.If"))));

        workflow.Warnings.Should().ContainSingle().Which.Message.Should().Contain("Studio");
    }

    [Fact]
    public async Task Publish_OfManyEmptyContainersInARow_TakesOneLookAtEach()
    {
        var activities = new JsonArray();
        var connections = new JsonArray();
        for (var i = 0; i < 5_000; i++)
        {
            activities.Add(new JsonObject { ["id"] = $"s{i}", ["type"] = "Elsa.Sequence" });
            if (i > 0)
            {
                connections.Add(Connect($"s{i - 1}", $"s{i}"));
            }
        }

        var document = Element(Document(new JsonObject { ["id"] = "root", ["type"] = "Elsa.Flowchart", ["activities"] = activities, ["connections"] = connections }));

        // With a pass over all for each that is let go this took minutes.
        var workflow = await Task.Run(() => new EffectWorld().Compile(document)).WaitAsync(TimeSpan.FromSeconds(20));

        workflow.Nodes.Should().HaveCount(5_001);
    }

    private static JsonObject Loop(string kind, int rounds, bool wait = false)
    {
        var loop = new JsonObject { ["id"] = "loop", ["type"] = $"Elsa.{kind}" };
        var steps = new JsonArray(Log("log"));
        switch (kind)
        {
            case "ForEach":
                loop["items"] = Expression("Json", $"[{string.Join(",", Enumerable.Range(0, rounds).Select(n => $"\"item number {n:D5} of the list\""))}]");
                break;
            case "For":
                loop["start"] = Expression("Literal", "1");
                loop["end"] = Expression("Literal", $"{rounds}");
                loop["step"] = Expression("Literal", "1");
                break;
            default:
                loop["condition"] = Expression("Scriban", $"{{{{ variables.n < {rounds} }}}}");
                steps.Add(new JsonObject { ["id"] = "inc", ["type"] = "Elsa.SetVariable", ["variable"] = new JsonObject { ["id"] = "n" }, ["value"] = Expression("Scriban", "{{ variables.n + 1 }}") });
                break;
        }

        if (wait)
        {
            steps.Add(new JsonObject { ["id"] = "wait", ["type"] = "Elsa.Delay", ["timeSpan"] = Expression("Literal", "00:01:00") });
        }

        loop["body"] = new JsonObject { ["id"] = "body", ["type"] = "Elsa.Sequence", ["activities"] = steps };
        return Document(loop);
    }

    private static JsonObject Chart(int count)
    {
        var activities = new JsonArray();
        var connections = new JsonArray();
        for (var i = 0; i < count; i++)
        {
            activities.Add(Log($"a{i}"));
            if (i > 0)
            {
                connections.Add(Connect($"a{i - 1}", $"a{i}"));
            }
        }

        return Document(new JsonObject { ["id"] = "root", ["type"] = "Elsa.Flowchart", ["activities"] = activities, ["connections"] = connections });
    }

    /// <param name="types">Inside of each other, in turn.</param>
    private static JsonObject Nested(int levels, params string[] types)
    {
        var inner = new JsonObject { ["id"] = "deepest", ["type"] = "Elsa.SetVariable", ["variable"] = new JsonObject { ["id"] = "n" }, ["value"] = Expression("Literal", "1") };
        for (var i = 0; i < levels; i++)
        {
            var container = new JsonObject { ["id"] = $"n{i}", ["type"] = types[i % types.Length] };
            switch (types[i % types.Length])
            {
                case "Elsa.If":
                    container["condition"] = Expression("Literal", "true");
                    container["then"] = inner;
                    break;
                case "Elsa.ForEach":
                    container["items"] = Expression("Json", "[1]");
                    container["body"] = inner;
                    break;
                case "Elsa.While":
                    // Until the deepest has run.
                    container["condition"] = Expression("Scriban", "{{ variables.n == 0 }}");
                    container["body"] = inner;
                    break;
                case "FlowLite.Scope":
                    container["body"] = inner;
                    break;
                case "Elsa.Fork":
                    container["branches"] = new JsonArray(inner);
                    break;
                default:
                    container["activities"] = new JsonArray(inner);
                    break;
            }

            inner = container;
        }

        return inner;
    }

    private static JsonObject Log(string id) => new() { ["id"] = id, ["type"] = "Elsa.WriteLine", ["text"] = Expression("Literal", "x") };

    private static JsonObject Expression(string type, string value) => new() { ["expression"] = new JsonObject { ["type"] = type, ["value"] = value } };

    private static JsonObject Connect(string source, string target) =>
        new() { ["source"] = new JsonObject { ["activity"] = source, ["port"] = "Done" }, ["target"] = new JsonObject { ["activity"] = target, ["port"] = "In" } };

    private static JsonObject Document(JsonObject root) => root.ContainsKey("root") ? root : new()
    {
        ["definitionId"] = "scale",
        ["variables"] = new JsonArray(new JsonObject { ["id"] = "n", ["name"] = "n", ["typeName"] = "Int32", ["value"] = "0" }),
        ["root"] = root,
    };

    private static JsonElement Element(JsonObject document) =>
        DefinitionJson.Read(JsonSerializer.SerializeToUtf8Bytes(document, Deep));

    // Many times what it takes where all cores are busy.
    private static Task<T> InTimeAsync<T>(Func<Task<T>> run, int seconds = 20) => Task.Run(run).WaitAsync(TimeSpan.FromSeconds(seconds));

    private static Task<(RunState State, CountingStore Store)> RunAsync(JsonObject document) => RunAsync(Element(document));

    private static async Task<(RunState State, CountingStore Store)> RunAsync(JsonElement document)
    {
        var workflow = new EffectWorld().Compile(document);
        var store = new CountingStore();
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId));
        return (await run.ResumeAsync(RunId, DateTimeOffset.MaxValue), store);
    }

    private sealed class CountingStore() : RunStoreDecorator(new MemoryRunStore())
    {
        private long _sinceSnapshot;

        /// <summary>All that was written: events, snapshots, values.</summary>
        public long Bytes { get; private set; }
        public long Events { get; private set; }
        public long LargestSnapshot { get; private set; }
        /// <summary>The most that a resume has to read.</summary>
        public long LargestLoad { get; private set; }

        public override ValueTask AppendAsync(RunAppend append)
        {
            Events += append.Count;
            var snapshot = append.Snapshot?.Length ?? 0;
            Bytes += append.Events.Length + snapshot + append.Values.Sum(v => (long)v.Utf8.Length);
            _sinceSnapshot = snapshot > 0 ? snapshot : _sinceSnapshot + append.Events.Length;
            LargestSnapshot = Math.Max(LargestSnapshot, snapshot);
            LargestLoad = Math.Max(LargestLoad, _sinceSnapshot);
            return base.AppendAsync(append);
        }
    }
}
