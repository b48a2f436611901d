using System.Text.Json.Nodes;
using FlowLite.Engine.Runs;
using static FlowLite.Tests.Activities.FlowJson;

namespace FlowLite.Tests.Activities;

public sealed class ControlFlowTests
{
    [Fact]
    public async Task Sequence_Children_RunInOrder()
    {
        var run = await Simulation.RunAsync(Simulation.Compile(Sequence("q", Step("a", "Odd"), Step("b"), Step("c"))));

        run.ExecutedIds.Should().Equal("a", "b", "c");
        run.State.Status.Should().Be(RunStatus.Succeeded);
    }

    [Fact]
    public async Task Sequence_Empty_IsDoneAtOnce() =>
        (await Simulation.RunAsync(Simulation.Compile(Sequence("q")))).State.Status.Should().Be(RunStatus.Succeeded);

    [Theory]
    [InlineData(true, "yes")]
    [InlineData(false, "no")]
    public async Task If_Condition_RunsThatBranchAndGivesItsResult(bool condition, string branch)
    {
        var flow = Simulation.Compile(Sequence("q",
            Activity("Elsa.If", "i", ("condition", Literal(condition)), ("then", Step("yes")), ("else", Step("no")), ("result", BoundTo("r"))),
            Step("after")), ["r"]);

        var run = await Simulation.RunAsync(flow);

        run.ExecutedIds.Should().Equal("i", branch, "after");
        run.State.Variables["r"].GetBoolean().Should().Be(condition);
    }

    [Fact]
    public async Task If_NullConditionAndNoElse_GoesOn()
    {
        var flow = Simulation.Compile(Sequence("q", Activity("Elsa.If", "i", ("condition", Path("v")), ("then", Step("yes"))), Step("after")), ["v"]);

        (await Simulation.RunAsync(flow)).ExecutedIds.Should().Equal("i", "after");
    }

    [Fact]
    public async Task ForEach_List_RunsTheBodyForEachItemInOrder()
    {
        var flow = Simulation.Compile(Loop("loop", Literal(new JsonArray("x", 2, null)), Line("line", Path("item")), "current"), ["current"]);

        var run = await Simulation.RunAsync(flow, count => count - 1);

        run.Log.Should().Equal("x", "2", "");
        run.State.Variables["current"].ValueKind.Should().Be(System.Text.Json.JsonValueKind.Null, "the last item was null");
        run.Executed.Select(i => i.ItemPath).Should().Equal(null, "0", "1", "2");
        run.Executed.Select(i => i.Id).Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData("""["a","b"]""", 2)]
    [InlineData("[]", 0)]
    [InlineData("  ", 0)]
    [InlineData("null", 0)]
    public async Task ForEach_JsonText_IsReadAsAList(string text, int rounds)
    {
        var flow = Simulation.Compile(Sequence("q",
            Set("s", "list", text), Loop("loop", Path("list"), Line("line", Path("item")))), ["list"]);

        var run = await Simulation.RunAsync(flow);

        run.State.Status.Should().Be(RunStatus.Succeeded);
        run.Log.Should().HaveCount(rounds);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("5")]
    public async Task ForEach_NoList_Fails(string text)
    {
        var flow = Simulation.Compile(Sequence("q", Set("s", "list", text), Loop("loop", Path("list"), Step("b"))), ["list"]);

        var run = await Simulation.RunAsync(flow);

        run.State.Status.Should().Be(RunStatus.Faulted);
        run.State.Incidents.Single().Failure.Code.Should().Be("InvalidInput");
    }

    [Fact]
    public async Task ForEach_Nested_EachStepKnowsItsPlace()
    {
        var inner = Loop("inner", Path("item"), Sequence("body",
            Activity("Elsa.If", "if", ("condition", Literal(true)), ("then", Line("line", Path("item"))))));
        var flow = Simulation.Compile(Loop("outer", Literal(new JsonArray(new JsonArray("a", "b"), new JsonArray("c"))), inner));

        var run = await Simulation.RunAsync(flow);

        run.Log.Should().Equal("a", "b", "c");
        run.Executed.Where(i => i.Activity == "line").Select(i => i.ItemPath).Should().Equal("0/0", "0/1", "1/0");
        run.Executed.Select(i => i.Id).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task ForEach_FoldedFromSnapshotMidway_GoesOnAtTheSamePlace()
    {
        var flow = Simulation.Compile(Loop("loop", Literal(new JsonArray("a", "b", "c")), Line("line", Path("item"))));
        var run = await Simulation.RunAsync(flow);

        var half = RunStateJson.Read(Simulation.RunId, RunStateJson.Write(RunDecider.Fold(flow, Simulation.RunId, run.Events.Take(3)), []), _ => default);

        half.Ready.Single().ItemPath.Should().Be("1");
        foreach (var @event in run.Events.Skip(3))
        {
            RunDecider.Apply(flow, half, @event);
        }

        RunStateJson.Write(half, []).Should().Equal(RunStateJson.Write(run.State, []));
    }

    [Fact]
    public async Task Fault_CodeAndMessage_AreTheRunsIncident()
    {
        var flow = Simulation.Compile(Sequence("q",
            Activity("Elsa.Fault", "x", ("code", Literal("NoEmail")), ("message", Literal("The lead has no e-mail.")), ("category", Literal("Lead"))), Step("never")));

        var run = await Simulation.RunAsync(flow);

        run.State.Status.Should().Be(RunStatus.Faulted);
        var failure = run.State.Incidents.Single().Failure;
        failure.Code.Should().Be("NoEmail");
        failure.Message.Should().Be("The lead has no e-mail.");
        failure.Details!.Value.GetProperty("category").GetString().Should().Be("Lead");
    }

    [Theory]
    [InlineData("PT90S", 90)]
    [InlineData("00:01:00", 60)]
    public async Task Delay_Positive_WaitsOnADurableTimer(string wait, int seconds)
    {
        var flow = Simulation.Compile(Sequence("q", Activity("Elsa.Delay", "d", ("timeSpan", Literal(wait))), Step("after")));

        var run = await Simulation.RunAsync(flow);

        var started = run.Events[0].At;
        run.Events.OfType<ActivitySuspended>().Single().ResumeAt.Should().Be(started.AddSeconds(seconds));
        run.ExecutedIds.Should().Equal("d", "d", "after");
    }

    [Theory]
    [InlineData("PT0S")]
    [InlineData("-PT5S")]
    public async Task Delay_ZeroOrLess_GoesOnAtOnce(string wait)
    {
        var flow = Simulation.Compile(Sequence("q", Activity("Elsa.Delay", "d", ("timeSpan", Literal(wait))), Step("after")));

        (await Simulation.RunAsync(flow)).ExecutedIds.Should().Equal("d", "after");
    }

    [Fact]
    public async Task Delay_Null_FailsInsteadOfNotWaiting()
    {
        var flow = Simulation.Compile(Sequence("q", Activity("Elsa.Delay", "d", ("timeSpan", Path("v")))), ["v"]);

        (await Simulation.RunAsync(flow)).State.Incidents.Single().Failure.Code.Should().Be("InvalidInput");
    }

    [Fact]
    public async Task SetVariable_Value_IsThereForWhatFollows()
    {
        var flow = Simulation.Compile(Sequence("q", Set("s", "v", "hello"), Line("line", Path("v"))), ["v"]);

        (await Simulation.RunAsync(flow)).Log.Should().Equal("hello");
    }

    private static JsonObject Loop(string id, JsonObject items, JsonObject body, string? current = null)
    {
        var json = Activity("Elsa.ForEach", id, ("items", items), ("body", body));
        if (current is not null)
        {
            json["currentValue"] = BoundTo(current);
        }

        return json;
    }

    private static JsonObject Line(string id, JsonObject text) => Activity("Elsa.WriteLine", id, ("text", text));

    private static JsonObject Set(string id, string variable, JsonNode value) =>
        Activity("Elsa.SetVariable", id, ("variable", new JsonObject { ["id"] = variable }), ("value", Literal(value)));
}
