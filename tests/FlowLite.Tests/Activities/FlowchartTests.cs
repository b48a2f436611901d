using FlowLite.Engine.Runs;
using static FlowLite.Tests.Activities.FlowJson;

namespace FlowLite.Tests.Activities;

public sealed class FlowchartTests
{
    [Fact]
    public async Task Run_EmptyFlowchart_Succeeds()
    {
        var run = await Simulation.RunAsync(Simulation.Compile(Flowchart("f", [])));

        run.State.Status.Should().Be(RunStatus.Succeeded);
        run.Executed.Should().BeEmpty();
    }

    [Fact]
    public async Task Run_OutcomeWithoutConnection_EndsThere()
    {
        var run = await Simulation.RunAsync(Simulation.Compile(Flowchart("f", [Step("a", "Other"), Step("b")], "a->b")));

        run.ExecutedIds.Should().Equal("a");
        run.State.Status.Should().Be(RunStatus.Succeeded);
    }

    [Fact]
    public async Task Run_StartedByTrigger_BeginsAtThatTrigger()
    {
        var flow = Simulation.Compile(Flowchart("f",
            [Activity("FlowLite.HttpRequest", "t1"), Activity("FlowLite.HttpRequest", "t2"), Step("a"), Step("b")], "t1->a", "t2->b"));

        var run = await Simulation.RunAsync(flow, trigger: "t2");

        run.ExecutedIds.Should().Equal("t2", "b");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Run_ForkAndJoin_JoinRunsOnceAfterBothBranches(int choice)
    {
        var flow = Simulation.Compile(Flowchart("f", [Step("s"), Step("a"), Step("b"), Step("b2"), Step("j")],
            "s->a", "s->b", "a->j", "b->b2", "b2->j"));

        var run = await Simulation.RunAsync(flow, count => Math.Min(choice, count - 1));

        run.ExecutedIds.Should().BeEquivalentTo("s", "a", "b", "b2", "j");
        run.ExecutedIds.Last().Should().Be("j");
    }

    [Theory]
    [InlineData("True")]
    [InlineData("False")]
    public async Task Run_DecisionIntoJoin_DoesNotWaitForTheDeadBranch(string taken)
    {
        var flow = Simulation.Compile(Flowchart("f",
            [Activity("Elsa.FlowDecision", "d", ("condition", Literal(taken == "True"))), Step("yes"), Step("no"), Step("j")],
            "d:True->yes", "d:False->no", "yes->j", "no->j"));

        var run = await Simulation.RunAsync(flow);

        run.ExecutedIds.Should().Equal("d", taken == "True" ? "yes" : "no", "j");
    }

    [Fact]
    public async Task Run_BothOutcomesOfOneActivityIntoOneTarget_RunsItOnce()
    {
        var flow = Simulation.Compile(Flowchart("f", [Step("s", "A,B"), Step("j")], "s:A->j", "s:B->j"));

        var run = await Simulation.RunAsync(flow);

        run.ExecutedIds.Should().Equal("s", "j");
    }

    [Fact]
    public async Task Run_Cycle_EachRoundHasItsOwnInstances()
    {
        // work is a join of the entry and of the way back; end is a join behind the loop's exit.
        var flow = Simulation.Compile(Flowchart("f",
            [Step("s"), Step("work"), Counter("check", 4), Step("side"), Step("end")],
            "s->work", "work->check", "check:Again->work", "check->end", "s->side", "side->end"), ["n"]);

        var run = await Simulation.RunAsync(flow);

        run.ExecutedIds.Count(id => id == "work").Should().Be(4);
        run.ExecutedIds.Count(id => id == "end").Should().Be(1);
        run.ExecutedIds.Last().Should().Be("end");
        run.Executed.Select(i => i.Id).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task Run_TwoJoinsOnOneCycle_TheFirstInTheDocumentGoesFirst()
    {
        var flow = Simulation.Compile(Flowchart("f",
            [Step("s"), Step("a"), Step("b"), Step("j2"), Step("j1", "Out"), Step("end")],
            "s->a", "s->b", "a->j1", "b->j2", "j1->j2", "j2->j1", "j1:Out->end"));

        var run = await Simulation.RunAsync(flow);

        // Each can be reached from the other: j2 stands first, so it runs, and j1 runs once for both its arrivals.
        run.ExecutedIds.Should().Equal("s", "a", "b", "j2", "j1", "end");
    }

    [Fact]
    public async Task Run_JoinBehindAPendingJoin_WaitsForIt()
    {
        var flow = Simulation.Compile(Flowchart("f",
            [Step("s"), Step("late"), Step("a-second"), Step("z-first"), Step("x")],
            "s->z-first", "s->a-second", "s->x", "x->z-first", "z-first->late", "late->a-second"));

        var run = await Simulation.RunAsync(flow);

        run.ExecutedIds.Should().Equal("s", "x", "z-first", "late", "a-second");
    }

    [Fact]
    public async Task Run_WideFork_JoinsOnceForAll()
    {
        var branches = Enumerable.Range(0, 2_000).Select(i => $"b{i}").ToList();
        var flow = Simulation.Compile(Flowchart("f",
            [Step("s"), .. branches.Select(b => Step(b)), Step("j")],
            branches.SelectMany(b => new[] { $"s->{b}", $"{b}->j" })));

        var run = await Simulation.RunAsync(flow);

        run.Executed.Should().HaveCount(2_002);
        run.ExecutedIds.Last().Should().Be("j");
    }

    [Fact]
    public async Task Run_Finish_EndsTheRunWithOtherBranchesUndone()
    {
        var flow = Simulation.Compile(Flowchart("f", [Step("s"), Activity("Elsa.Finish", "end"), Step("a"), Step("b")], "s->end", "s->a", "a->b"));

        var run = await Simulation.RunAsync(flow);

        run.ExecutedIds.Should().Equal("s", "end");
        run.State.Status.Should().Be(RunStatus.Succeeded);
    }

    private static System.Text.Json.Nodes.JsonObject Counter(string id, int limit) =>
        Activity("Test.Counter", id, ("count", Path("n")), ("limit", Literal(limit)));
}
