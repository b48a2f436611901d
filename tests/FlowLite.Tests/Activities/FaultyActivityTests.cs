using System.Text;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Activities;

/// <summary>Activities that somebody else wrote, and not well: they fail or can't be published, and the engine goes on.</summary>
public sealed class FaultyActivityTests
{
    private static readonly Guid RunId = new("019a0000-0000-7000-8000-000000000009");

    [Theory]
    [InlineData(nameof(Faulty.CompletesWithNull), RunStatus.Faulted, "ActivityError")]
    [InlineData(nameof(Faulty.EntersAsNoContainer), RunStatus.Faulted, "ActivityError")]
    [InlineData(nameof(Faulty.CantTellItsEffect), RunStatus.Faulted, "ActivityError")]
    [InlineData(nameof(Faulty.SetsNothing), RunStatus.Succeeded, null)]
    [InlineData(nameof(Faulty.TakesTextsOfTypes), RunStatus.Succeeded, null)]
    [InlineData(nameof(Faulty.WaitsForEver), RunStatus.Suspended, null)]
    public async Task Run_OfAnActivityThatDoesWrong_EndsAsThatActivityDoes(string activity, RunStatus status, string? code)
    {
        var world = new EffectWorld();
        var workflow = Compile(world, activity);
        var store = new WatchedStore([workflow]);
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId));

        var state = await run.ResumeAsync(RunId, EffectWorld.Noon.GetUtcNow());

        state.Status.Should().Be(status);
        state.Incidents.Select(i => i.Failure.Code).FirstOrDefault().Should().Be(code);
    }

    [Theory]
    [InlineData(nameof(Faulty.CantTellItsMerge))]
    [InlineData(nameof(Faulty.CantTellItsTimeout))]
    [InlineData(nameof(Faulty.TakesForEver))]
    public void Compile_OfAnActivityThatCantTellItsSettings_IsAProblem(string activity)
    {
        var compile = () => Compile(new EffectWorld(), activity);

        compile.Should().Throw<InvalidDefinitionException>().Which.Problems.Should().ContainSingle(p => p.ActivityId == "a");
    }

    [Theory]
    [InlineData(nameof(Faulty.TellsItsSecret), null)]
    [InlineData(nameof(Faulty.ThrowsItsSecret), "ActivityError")]
    public async Task Run_OfAnActivityThatTellsItsSecret_KeepsItSealed(string activity, string? code)
    {
        var workflow = Compile(new EffectWorld(), activity);
        var store = new WatchedStore([workflow]);
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(RunId));

        var state = await run.ResumeAsync(RunId, EffectWorld.Noon.GetUtcNow());

        state.Incidents.Select(i => i.Failure.Code).FirstOrDefault().Should().Be(code);
        var stored = (await store.LoadAsync(RunId, wholeJournal: true))!;
        string.Concat(stored.Batches.Select(batch => Encoding.UTF8.GetString(batch.Span))).Should().NotBeEmpty().And.NotContain("secret-7");
    }

    private static CompiledWorkflow Compile(EffectWorld world, string activity) => world.Compile(
        JsonElement.Parse("""
            {"definitionId":"t","variables":[{"id":"v","name":"v"}],"root":{"id":"a","type":"Faulty.ACTIVITY",
              "key":{"expression":{"type":"JavaScript","value":"'secret-' + 7"}},
              "id1":{"expression":{"type":"Literal","value":"0d3f9c1e-77a1-4f0e-9d1c-3a3a5f3e5a11"}},
              "address":{"expression":{"type":"Literal","value":"https://api.test/x"}},
              "day":{"expression":{"type":"Literal","value":"2026-01-31"}},
              "list":{"expression":{"type":"Literal","value":"[1, 2]"}}}}
            """.Replace("ACTIVITY", activity)),
        more: typeof(Faulty).GetNestedTypes().Where(type => !type.IsAbstract));

    public static class Faulty
    {
        public abstract class Simple : Activity
        {
            protected internal override ValueTask ExecuteAsync(ActivityContext context)
            {
                Do(context);
                return ValueTask.CompletedTask;
            }

            protected virtual void Do(ActivityContext context)
            {
            }
        }

        [Activity("Faulty", "Test")]
        public sealed class CompletesWithNull : Simple
        {
            protected override void Do(ActivityContext context) => context.Complete(null!);
        }

        [Activity("Faulty", "Test")]
        public sealed class EntersAsNoContainer : Simple
        {
            protected override void Do(ActivityContext context) => context.Enter("Body");
        }

        [Activity("Faulty", "Test", Effect = Effect.AtLeastOnce)]
        public sealed class CantTellItsEffect : Simple
        {
            protected internal override Effect EffectOf(ActivityNode node) => throw new NotSupportedException();
        }

        [Activity("Faulty", "Test")]
        public sealed class SetsNothing : Simple
        {
            [Output]
            public Output<object> Result { get; set; } = null!;

            protected override void Do(ActivityContext context)
            {
                context.SetVariable("v", default);
                context.SetOutput(Result, default);
            }
        }

        [Activity("Faulty", "Test", Effect = Effect.AtLeastOnce)]
        public sealed class WaitsForEver : Simple
        {
            protected override void Do(ActivityContext context) => throw new ActivityException("Later", "Later.") { Retryable = true, RetryAfter = TimeSpan.MaxValue };
        }

        [Activity("Faulty", "Test")]
        public sealed class TakesTextsOfTypes : Simple
        {
            [Input]
            public Input<Guid> Id1 { get; set; } = null!;

            [Input]
            public Input<Uri> Address { get; set; } = null!;

            [Input]
            public Input<DateTime> Day { get; set; } = null!;

            [Input]
            public Input<List<int>> List { get; set; } = null!;

            protected override void Do(ActivityContext context)
            {
                (Id1.Get(context), Address.Get(context)!.Host, Day.Get(context).Day).Should().Be((new Guid("0d3f9c1e-77a1-4f0e-9d1c-3a3a5f3e5a11"), "api.test", 31));
                List.Get(context).Should().Equal(1, 2);
            }
        }

        [Activity("Faulty", "Test")]
        public sealed class TellsItsSecret : Simple
        {
            [Input(IsSensitive = true)]
            public Input<string> Key { get; set; } = null!;

            [Output]
            public Output<string> Result { get; set; } = null!;

            protected override void Do(ActivityContext context)
            {
                var key = Key.Get(context)!;
                context.Log(key);
                context.Note = key;
                context.SetVariable("v", JsonSerializer.SerializeToElement(key));
                context.SetOutput(Result, JsonSerializer.SerializeToElement(key));
            }
        }

        [Activity("Faulty", "Test", Effect = Effect.AtLeastOnce)]
        public sealed class ThrowsItsSecret : Simple
        {
            [Input(IsSensitive = true)]
            public Input<string> Key { get; set; } = null!;

            protected override void Do(ActivityContext context) => throw new NotSupportedException(Key.Get(context));
        }

        [Activity("Faulty", "Test")]
        public sealed class CantTellItsMerge : Simple
        {
            protected internal override MergeMode? Merge => throw new NotSupportedException();
        }

        [Activity("Faulty", "Test")]
        public sealed class CantTellItsTimeout : Simple
        {
            protected internal override TimeSpan? Timeout => throw new NotSupportedException();
        }

        [Activity("Faulty", "Test")]
        public sealed class TakesForEver : Simple
        {
            protected internal override TimeSpan? Timeout => TimeSpan.MaxValue;
        }
    }
}
