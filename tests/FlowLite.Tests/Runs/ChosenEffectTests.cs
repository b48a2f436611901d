using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary><c>customProperties.effect</c> of a request: what a crash between it and its commit does.</summary>
public sealed class ChosenEffectTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-00000000000c");

    [Theory]
    [InlineData("AtMostOnce", RunStatus.Suspended, 1)]
    [InlineData("atmostonce", RunStatus.Suspended, 1)]
    [InlineData("AtLeastOnce", RunStatus.Succeeded, 2)]
    [InlineData(null, RunStatus.Succeeded, 2)]
    public async Task Request_UnderWayInACrash_IsRepeatedOrLeftToAPerson(string? effect, RunStatus ends, int sent)
    {
        var (world, state) = await RunAsync("200", effect, crashAt: 3);

        (state.Status, world.Calls).Should().Be((ends, sent));
        world.Records.Should().ContainSingle("it carries the same key");
        state.Incidents.Select(i => i.Failure.Code).Should().Equal(ends == RunStatus.Suspended ? ["OutcomeUnknown"] : []);
    }

    [Theory]
    [InlineData("AtMostOnce", false)]
    [InlineData("AtLeastOnce", true)]
    public async Task Request_WithoutAnAnswer_IsSentAgainOrFails(string effect, bool again)
    {
        var (world, state) = await RunAsync("slow", effect, crashAt: null);

        state.Status.Should().Be(RunStatus.Faulted);
        (world.Calls > 1).Should().Be(again, "else it is tried for a week");
    }

    [Theory]
    [InlineData("Elsa.FlowSendHttpRequest", "\"Twice\"", "AtLeastOnce or AtMostOnce")]
    [InlineData("Elsa.FlowSendHttpRequest", "7", "AtLeastOnce or AtMostOnce")]
    [InlineData("Elsa.WriteLine", "\"AtMostOnce\"", "no effect that could be chosen")]
    [InlineData("Test.Effect", "\"AtMostOnce\"", "no effect that could be chosen")]
    public void Publish_EffectThatCantBeChosen_IsRefusedThere(string type, string effect, string message)
    {
        var compile = () => new EffectWorld().Compile(JsonElement.Parse($$"""
            {"root":{"id":"a","type":"{{type}}","url":"https://api.test/200","customProperties":{"effect":{{effect}} } } }
            """));

        var problem = compile.Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle().Subject;
        problem.Path.Should().Be("/root/customProperties/effect");
        problem.Message.Should().Contain(message);
    }

    private static async Task<(EffectWorld World, RunState State)> RunAsync(string answer, string? effect, int? crashAt)
    {
        var world = new EffectWorld();
        var custom = effect is null ? "" : $$""","customProperties":{"effect":"{{effect}}"}""";
        var workflow = world.Compile(JsonElement.Parse($$"""
            {"root":{"id":"send","type":"Elsa.SendHttpRequest","url":"https://api.test/{{answer}}","method":"POST"{{custom}} } }
            """));
        var store = new WatchedStore(workflow);
        if (crashAt is { } append)
        {
            store.CrashAt(append, CrashPoint.BeforeTheCommit);
        }

        var run = EffectWorld.Run(workflow, store, snapshotEvery: 1);
        await run.AcceptAsync(new RunRequest(RunId));
        while (true)
        {
            try
            {
                return (world, await run.ResumeAsync(RunId, DateTimeOffset.MaxValue));
            }
            catch (StoreUnavailableException)
            {
                // The executor died after the request was sent; the next one starts from what is stored.
            }
        }
    }
}
