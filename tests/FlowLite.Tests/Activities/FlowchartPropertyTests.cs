using System.Text.Json.Nodes;
using CsCheck;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Activities;

/// <summary>The law of joins, over random flowcharts without cycles and random orders of completion.</summary>
public sealed class FlowchartPropertyTests
{
    private static readonly string[] Outcomes = ["A", "B", "A,B", "None"];

    [Fact]
    public void Run_RandomAcyclicFlowchart_EveryJoinFiresOnceAfterAllThatLeadsToIt() =>
        Gen.Select(Gen.Int[1, 14], Gen.Int, Gen.Int, Gen.Int).Sample((size, shape, order1, order2) =>
        {
            var graph = Graph.Random(size, new Random(shape));
            var expected = graph.ExpectedToRun();

            var one = Run(graph, order1, expected);
            var two = Run(graph, order2, expected);

            one.ExecutedIds.Should().BeEquivalentTo(expected, "what the outcomes lead to runs once, the rest not");
            one.Executed.Select(i => i.Id).Should().BeEquivalentTo(two.Executed.Select(i => i.Id), "ids don't depend on the order");
        }, iter: 1_000);

    /// <summary>Some of its branches begin outside of the cycle and bring something once, others come round.</summary>
    [Fact]
    public void Run_MergeOnACycle_RunsInEachRoundWhateverLeadsRoundToIt() =>
        Gen.Select(Gen.Int[2, 4], Gen.Int[1, 4], Gen.Int, Gen.Int).Sample((branches, rounds, shape, order) =>
        {
            var random = new Random(shape);
            var round = random.Next(1, 1 << branches);
            var activities = new List<JsonObject>
            {
                FlowJson.Step("start"), Merging(FlowJson.Step("merge"), "Merge"), FlowJson.Step("after"),
                FlowJson.Activity("Test.Counter", "more", ("count", FlowJson.Path("n")), ("limit", FlowJson.Literal(rounds))),
            };
            var connections = new List<string> { "merge->more", "more->after" };
            for (var branch = 0; branch < branches; branch++)
            {
                var steps = random.Next(1, 3);
                activities.AddRange(Enumerable.Range(0, steps).Select(step => Merging(FlowJson.Step($"b{branch}{step}"), random.Next(2) == 0 ? "Stream" : "Cascade")));
                connections.AddRange(Enumerable.Range(1, steps - 1).Select(step => $"b{branch}{step - 1}->b{branch}{step}"));
                connections.AddRange([$"start->b{branch}0", $"b{branch}{steps - 1}->merge"]);
                if ((round & (1 << branch)) != 0)
                {
                    connections.Add($"more:Again->b{branch}0");
                }
            }

            var document = activities.ToArray();
            random.Shuffle(document);
            var root = FlowJson.Flowchart("f", document, connections);
            root["start"] = "start";

            var run = Simulation.RunAsync(Simulation.Compile(root, ["n"]), new Random(order).Next).GetAwaiter().GetResult();

            run.State.Status.Should().Be(RunStatus.Succeeded);
            run.ExecutedIds.Count(id => id == "merge").Should().Be(rounds);
            run.ExecutedIds.Should().ContainSingle(id => id == "after");
        }, iter: 1_000);

    private static JsonObject Merging(JsonObject step, string mode)
    {
        step["customProperties"] = new JsonObject { ["mergeMode"] = mode };
        return step;
    }

    private static Simulation Run(Graph graph, int order, HashSet<string> expected)
    {
        var random = new Random(order);
        var completed = new HashSet<string>();
        var run = Simulation.RunAsync(graph.Compile(), random.Next, (simulation, instance) =>
        {
            completed.UnionWith(simulation.Events.OfType<ActivityCompleted>().Select(e => e.Activity));
            graph.Before(instance.Activity).Where(expected.Contains).Should().BeSubsetOf(completed, "{0} was scheduled", instance.Activity);
        }).GetAwaiter().GetResult();
        run.State.Status.Should().Be(RunStatus.Succeeded);
        return run;
    }

    /// <summary>Edges lead from lower to higher numbers; the document lists the activities in any order.</summary>
    private sealed record Graph(string[] Nodes, string[] Outcome, List<(int From, string Outcome, int To)> Edges, int[] DocumentOrder)
    {
        public static Graph Random(int size, Random random)
        {
            var edges = from @from in Enumerable.Range(0, size)
                        from to in Enumerable.Range(@from + 1, size - @from - 1)
                        from outcome in new[] { "A", "B" }
                        where random.NextDouble() < 2.0 / size
                        select (@from, outcome, to);
            var order = Enumerable.Range(0, size).ToArray();
            var graph = new Graph(
                [.. order.Select(i => $"n{i}")],
                [.. order.Select(_ => Outcomes[random.Next(Outcomes.Length)])],
                [.. edges], [.. order]);
            random.Shuffle(graph.DocumentOrder);
            return graph;
        }

        public CompiledWorkflow Compile()
        {
            var root = FlowJson.Flowchart("f",
                DocumentOrder.Select(i => FlowJson.Step(Nodes[i], Outcome[i])),
                Edges.Select(e => $"{Nodes[e.From]}:{e.Outcome}->{Nodes[e.To]}"));
            root["start"] = Nodes[0];
            return Simulation.Compile(root);
        }

        public HashSet<string> ExpectedToRun()
        {
            var runs = new bool[Nodes.Length];
            runs[0] = true;
            foreach (var (from, outcome, to) in Edges)
            {
                // Edges are in the order of their sources, which is a topological one.
                runs[to] |= runs[from] && Outcome[from].Split(',').Contains(outcome);
            }

            return [.. Nodes.Where((_, i) => runs[i])];
        }

        public IEnumerable<string> Before(string node)
        {
            var found = new HashSet<int> { Array.IndexOf(Nodes, node) };
            foreach (var (from, _, to) in Enumerable.Reverse(Edges))
            {
                if (found.Contains(to))
                {
                    found.Add(from);
                }
            }

            return found.Select(i => Nodes[i]).Where(n => n != node);
        }
    }
}
