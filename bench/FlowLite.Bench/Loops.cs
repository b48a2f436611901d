using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Activities.Composition;
using FlowLite.Activities.ControlFlow;
using FlowLite.Activities.Primitives;
using FlowLite.Activities.Scheduling;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Replay;
using FlowLite.Engine.Runs;
using Activity = FlowLite.Engine.Activities.Activity;

namespace FlowLite.Bench;

/// <summary>
/// Long loops, large flowcharts, deep nesting and many children in this process, with the server's executor and a store in memory: what a round or an
/// activity writes, takes and leaves behind. Where work is linear, each column stays the same as the numbers grow.
/// </summary>
internal static class Loops
{
    private static readonly Type[] Types = [typeof(ForEach), typeof(For), typeof(While), typeof(Sequence), typeof(SetVariable), typeof(WriteLine), typeof(Delay), typeof(Flowchart), typeof(BulkDispatchWorkflows)];
    private static readonly JsonSerializerOptions Deep = new() { MaxDepth = 1000 };

    public static async Task RunAsync()
    {
        Console.WriteLine("Loops (a line of log in each round)       rounds   journal bytes/round   events/round   us/round   MB kept");
        foreach (var rounds in (int[])[1_000, 10_000, 100_000])
        {
            await MeasureAsync("ForEach", Flow("ForEach", rounds, wait: false), rounds);
            await MeasureAsync("For", Flow("For", rounds, wait: false), rounds);
            await MeasureAsync("While", Flow("While", rounds, wait: false), rounds);
        }

        foreach (var rounds in (int[])[200, 2_000, 20_000])
        {
            await MeasureAsync("While that waits", Flow("While", rounds, wait: true), rounds);
        }

        foreach (var activities in (int[])[500, 5_000])
        {
            await MeasureAsync("Flowchart in a row, per activity", Chart(activities), activities);
        }

        foreach (var depth in (int[])[20, 200])
        {
            await MeasureAsync("Sequences in each other, per level", Nested(depth), depth);
        }

        foreach (var runs in (int[])[100, 1_000, 5_000])
        {
            await MeasureAsync("Bulk dispatch that waits, per run", Bulk(runs), runs);
        }
    }

    private static async Task MeasureAsync(string what, JsonObject document, int rounds)
    {
        var (state, bytes, elapsed) = await RunAsync(document);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-36} {rounds,11:N0} {(double)bytes / rounds,21:F0} {(double)state.Seq / rounds,14:F1} {elapsed.TotalMicroseconds / rounds,10:F0} {GC.GetTotalMemory(forceFullCollection: true) / 1048576.0,9:F0}"));
    }

    private static async Task<(RunState State, long Bytes, TimeSpan Elapsed)> RunAsync(JsonObject document)
    {
        var registry = new ActivityRegistry(Types, type => (Activity)Activator.CreateInstance(type)!);
        var compiler = new WorkflowCompiler(registry, ExpressionLanguages.Default);
        var flows = new FlowCatalog(null!, compiler);
        flows.Publish(compiler.Compile(Definition("child", new JsonObject { ["root"] = Line("line") })), Secrets("child"));
        var store = new MemoryRunStore();
        var watch = Stopwatch.StartNew();
        var workflow = compiler.Compile(Definition("loop", document));
        var run = new VirtualRun(workflow, store, new VirtualTime(DateTimeOffset.UnixEpoch), flows: flows);
        var id = new Guid("019a0000-0000-7000-8000-00000000000b");
        await run.AcceptAsync(new RunRequest(id));
        var state = await run.ResumeAsync(id, DateTimeOffset.MaxValue);
        watch.Stop();
        if (state.Status != RunStatus.Succeeded)
        {
            throw new InvalidOperationException($"The run is {state.Status}.");
        }

        var stored = (await store.LoadAsync(id, wholeJournal: true))!;
        return (state, stored.Batches.Sum(b => (long)b.Length), watch.Elapsed);
    }

    private static WorkflowDefinition Definition(string id, JsonObject document) => new()
    {
        Id = $"{id}-v1",
        DefinitionId = id,
        Version = 1,
        IsLatest = true,
        IsPublished = true,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Document = JsonSerializer.SerializeToElement(document, Deep),
    };

    private static FlowSecrets Secrets(string id) => new(id, "", "", new Dictionary<string, string>());

    private static JsonObject Chart(int activities)
    {
        var connections = new JsonArray();
        for (var i = 1; i < activities; i++)
        {
            connections.Add(new JsonObject
            {
                ["source"] = new JsonObject { ["activity"] = $"a{i - 1}", ["port"] = "Done" },
                ["target"] = new JsonObject { ["activity"] = $"a{i}", ["port"] = "In" },
            });
        }

        return new JsonObject
        {
            ["root"] = new JsonObject
            {
                ["id"] = "root",
                ["type"] = "Elsa.Flowchart",
                ["activities"] = new JsonArray([.. Enumerable.Range(0, activities).Select(i => Line($"a{i}"))]),
                ["connections"] = connections,
            },
        };
    }

    private static JsonObject Nested(int depth)
    {
        var inner = Line("deepest");
        for (var i = 0; i < depth; i++)
        {
            inner = new JsonObject { ["id"] = $"s{i}", ["type"] = "Elsa.Sequence", ["activities"] = new JsonArray(Line($"l{i}"), inner) };
        }

        return new JsonObject { ["root"] = inner };
    }

    private static JsonObject Bulk(int runs) => new()
    {
        ["root"] = new JsonObject
        {
            ["id"] = "all",
            ["type"] = "Elsa.BulkDispatchWorkflows",
            ["workflowDefinitionId"] = "child",
            ["items"] = Input("Json", $"[{string.Join(",", Enumerable.Range(0, runs))}]"),
        },
    };

    private static JsonObject Line(string id) => new() { ["id"] = id, ["type"] = "Elsa.WriteLine", ["text"] = Input("Literal", "a line") };

    private static JsonObject Flow(string kind, int rounds, bool wait)
    {
        var loop = new JsonObject { ["id"] = "loop", ["type"] = $"Elsa.{kind}" };
        var steps = new JsonArray(Line("log"));
        switch (kind)
        {
            case "ForEach":
                loop["items"] = Input("Json", $"[{string.Join(",", Enumerable.Range(0, rounds))}]");
                break;
            case "For":
                (loop["start"], loop["end"]) = (Input("Literal", "1"), Input("Literal", $"{rounds}"));
                break;
            default:
                loop["condition"] = Input("Scriban", $"{{{{ variables.n < {rounds} }}}}");
                steps.Add(new JsonObject { ["id"] = "next", ["type"] = "Elsa.SetVariable", ["variable"] = "n", ["value"] = Input("Scriban", "{{ variables.n + 1 }}") });
                break;
        }

        if (wait)
        {
            steps.Add(new JsonObject { ["id"] = "wait", ["type"] = "Elsa.Delay", ["timeSpan"] = Input("Literal", "00:01:00") });
        }

        loop["body"] = new JsonObject { ["id"] = "body", ["type"] = "Elsa.Sequence", ["activities"] = steps };
        return new JsonObject
        {
            ["definitionId"] = "loop",
            ["variables"] = new JsonArray(new JsonObject { ["id"] = "n", ["name"] = "n", ["typeName"] = "Int32", ["value"] = "0" }),
            ["root"] = loop,
        };
    }

    private static JsonObject Input(string type, string value) => new() { ["expression"] = new JsonObject { ["type"] = type, ["value"] = value } };
}
