using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
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

/// <summary>Long loops in this process, with the server's executor and a store in memory: what a round writes, takes and leaves behind.</summary>
internal static class Loops
{
    private static readonly Type[] Types = [typeof(ForEach), typeof(For), typeof(While), typeof(Sequence), typeof(SetVariable), typeof(WriteLine), typeof(Delay)];

    public static async Task RunAsync()
    {
        Console.WriteLine("Loops (a line of log in each round)       rounds   journal bytes/round   events/round   us/round   MB kept");
        foreach (var rounds in (int[])[1_000, 10_000, 100_000])
        {
            await MeasureAsync("ForEach", rounds, wait: false);
            await MeasureAsync("For", rounds, wait: false);
            await MeasureAsync("While", rounds, wait: false);
        }

        await MeasureAsync("While", 200, wait: true);
        await MeasureAsync("While", 2_000, wait: true);
    }

    private static async Task MeasureAsync(string kind, int rounds, bool wait)
    {
        var registry = new ActivityRegistry(Types, type => (Activity)Activator.CreateInstance(type)!);
        var workflow = new WorkflowCompiler(registry, ExpressionLanguages.Default).Compile(new WorkflowDefinition
        {
            Id = "v1",
            DefinitionId = "loop",
            Version = 1,
            IsLatest = true,
            IsPublished = true,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Document = JsonSerializer.SerializeToElement(Flow(kind, rounds, wait)),
        });
        var store = new MemoryRunStore();
        var run = new VirtualRun(workflow, store, new VirtualTime(DateTimeOffset.UnixEpoch));
        var id = new Guid("019a0000-0000-7000-8000-00000000000b");
        await run.AcceptAsync(new RunRequest(id));
        var watch = Stopwatch.StartNew();
        var state = await run.ResumeAsync(id, DateTimeOffset.MaxValue);
        watch.Stop();
        var stored = (await store.LoadAsync(id, wholeJournal: true))!;
        var bytes = stored.Batches.Sum(b => (long)b.Length);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{kind + (wait ? " that waits" : ""),-36} {rounds,11:N0} {(double)bytes / rounds,21:F0} {(double)state.Seq / rounds,14:F1} {watch.Elapsed.TotalMicroseconds / rounds,10:F0} {GC.GetTotalMemory(forceFullCollection: true) / 1048576.0,9:F0}"));
    }

    private static JsonObject Flow(string kind, int rounds, bool wait)
    {
        var loop = new JsonObject { ["id"] = "loop", ["type"] = $"Elsa.{kind}" };
        var steps = new JsonArray(new JsonObject { ["id"] = "log", ["type"] = "Elsa.WriteLine", ["text"] = Input("Literal", "a line") });
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
