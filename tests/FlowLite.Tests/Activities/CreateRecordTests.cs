using System.Text.Json.Nodes;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;
using FlowLite.Tests.Runs;
using static FlowLite.Tests.Activities.FlowJson;

namespace FlowLite.Tests.Activities;

public sealed class CreateRecordTests
{
    private readonly RecordingConnector _crm = new();

    [Fact]
    public async Task CreateRecord_Fields_GoToTheConnectorWithTheInstancesKey()
    {
        var run = await RunAsync(Create(("fields", new JsonObject { ["lastname"] = Literal("One"), ["jobtitle"] = Literal(null), ["subject"] = Literal("") })));

        var request = _crm.Requests.Single();
        request.Connection.Should().Be("embedded");
        request.Entity.Should().Be("lead");
        request.Activity.Should().Be("create");
        request.Fields.GetRawText().Should().Be("""{"lastname":"One","subject":""}""");
        request.IdempotencyKey.Should().Be(InstanceIds.IdempotencyKey(Simulation.RunId, run.Executed.Single().Id));
        run.Events.OfType<ActivityCompleted>().Single().Outputs!.Value.GetRawText()
            .Should().Be("""{"RecordId":"1","RecordUrl":"http://crm/leads(1)","AlreadyExisted":true,"StatusCode":412}""");
        run.Events.OfType<ActivityCompleted>().Single().Note.Should().Contain("existed already");
    }

    [Fact]
    public async Task CreateRecord_InALoop_HasAKeyForEachItem()
    {
        await RunAsync(Activity("Elsa.ForEach", "loop", ("items", Literal(new JsonArray(1, 2))), ("body", Create())));

        _crm.Requests.Select(r => r.ItemPath).Should().Equal("0", "1");
        _crm.Requests.Select(r => r.IdempotencyKey).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task CreateRecord_RetryableFailure_IsTriedAgainWithTheSameKey()
    {
        _crm.Failures.Enqueue(new ActivityException("Http503", "busy") { Retryable = true, RetryAfter = TimeSpan.FromMinutes(3) });

        var run = await RunAsync(Create());

        run.State.Status.Should().Be(RunStatus.Succeeded);
        _crm.Requests.Select(r => r.IdempotencyKey).Distinct().Should().ContainSingle();
        run.Events.OfType<ActivityFailed>().Single().RetryAt.Should().Be(run.Events[0].At.AddMinutes(3));
    }

    [Fact]
    public async Task CreateRecord_FinalFailureWithFailedConnected_GoesThere()
    {
        _crm.Failures.Enqueue(new ActivityException("0x80040333", "duplicate"));

        var run = await RunAsync(Flowchart("f", [Create(), Step("ok"), Step("bad")], "create->ok", "create:Failed->bad"));

        run.ExecutedIds.Should().Equal("create", "bad");
    }

    [Fact]
    public async Task CreateRecord_UnknownConnection_Fails()
    {
        var run = await Simulation.RunAsync(Simulation.Compile(Sequence("q", Create()), connections: new Connections(_ => null)));

        run.State.Incidents.Single().Failure.Code.Should().Be("ConnectionNotFound");
    }

    [Theory]
    [InlineData("", "Entity is required")]
    [InlineData("leads(1)/x", "no name of a table")]
    public void CreateRecord_WrongEntity_IsAProblemAtPublish(string entity, string message)
    {
        var create = Create();
        create["entity"] = entity.Length == 0 ? null : entity;

        var compile = () => Simulation.Compile(create);

        compile.Should().Throw<InvalidDefinitionException>().WithMessage($"*{message}*");
    }

    [Fact]
    public async Task CreateRecord_FieldsAsTextOfAnEditor_AreRead()
    {
        await RunAsync(Create(("fields", """{ "subject": { "expression": { "type": "Literal", "value": "Hello" } } }""")));

        _crm.Requests.Single().Fields.GetRawText().Should().Be("""{"subject":"Hello"}""");
    }

    [Fact]
    public async Task CreateRecord_FieldsOfAClearedEditor_AreNone()
    {
        await RunAsync(Create(("fields", "")));

        _crm.Requests.Single().Fields.GetRawText().Should().Be("{}");
    }

    [Fact]
    public async Task CreateRecord_FieldWithAnEmptyExpression_IsNotSent()
    {
        await RunAsync(Create(("fields", new JsonObject
        {
            ["subject"] = new JsonObject { ["expression"] = new JsonObject { ["type"] = "Scriban", ["value"] = "" } },
            ["jobtitle"] = new JsonObject { ["expression"] = new JsonObject { ["type"] = "Literal", ["value"] = "" } },
        })));

        _crm.Requests.Single().Fields.GetRawText().Should().Be("""{"jobtitle":""}""");
    }

    private Task<Simulation> RunAsync(JsonObject root) =>
        Simulation.RunAsync(Simulation.Compile(root["type"]!.GetValue<string>() == "FlowLite.CreateRecord" ? Sequence("q", root) : root, connections: new Connections(_ => _crm)));

    private static JsonObject Create(params (string, JsonNode?)[] more) =>
        Activity("FlowLite.CreateRecord", "create", [("entity", "lead"), .. more]);

    [Theory]
    [InlineData(Effect.Idempotent, RunStatus.Succeeded, 2)]
    [InlineData(Effect.AtLeastOnce, RunStatus.Succeeded, 2)]
    [InlineData(Effect.AtMostOnce, RunStatus.Suspended, 1)]
    public async Task CreateRecord_CrashBeforeItsResultIsCommitted_DoesWhatTheConnectionDeclares(Effect effect, RunStatus ends, int calls)
    {
        _crm.Effect = effect;
        var workflow = Simulation.Compile(Create(), connections: new Connections(_ => _crm));
        var store = new WatchedStore(workflow);
        // 1: the start; then the intention, unless the effect is idempotent; then the result.
        store.CrashAt(effect == Effect.Idempotent ? 2 : 3, CrashPoint.BeforeTheCommit);
        var run = EffectWorld.Run(workflow, store);
        await run.AcceptAsync(new RunRequest(Simulation.RunId));

        await run.Invoking(r => r.ResumeAsync(Simulation.RunId, DateTimeOffset.MaxValue)).Should().ThrowAsync<StoreUnavailableException>();
        var state = await run.ResumeAsync(Simulation.RunId, DateTimeOffset.MaxValue);

        state.Status.Should().Be(ends);
        _crm.Requests.Should().HaveCount(calls);
        _crm.Requests.Select(request => request.IdempotencyKey).Distinct().Should().ContainSingle();
        state.Incidents.Select(i => i.Failure.Code).Should().BeEquivalentTo(ends == RunStatus.Suspended ? ["OutcomeUnknown"] : Array.Empty<string>());
    }

    [Theory]
    [InlineData(Effect.AtLeastOnce, true, RunStatus.Succeeded, 2)]
    [InlineData(Effect.AtMostOnce, true, RunStatus.Suspended, 1)]
    [InlineData(Effect.AtMostOnce, false, RunStatus.Succeeded, 2)]
    public async Task CreateRecord_FailureThatMayHaveMadeTheRecord_IsLeftToAPersonWhereItIsAtMostOnce(Effect effect, bool unknown, RunStatus ends, int calls)
    {
        _crm.Effect = effect;
        _crm.Failures.Enqueue(new ActivityException("Timeout", "No answer.") { Retryable = true, OutcomeUnknown = unknown });
        var run = EffectWorld.Run(Simulation.Compile(Create(), connections: new Connections(_ => _crm)), new MemoryRunStore());
        await run.AcceptAsync(new RunRequest(Simulation.RunId));

        var state = await run.ResumeAsync(Simulation.RunId, DateTimeOffset.MaxValue);

        state.Status.Should().Be(ends);
        _crm.Requests.Should().HaveCount(calls);
        state.Incidents.Count(i => i.Failure.Code == "OutcomeUnknown" && i.Failure.Message.Contains("No answer.")).Should().Be(ends == RunStatus.Suspended ? 1 : 0);
    }

    [Theory]
    [InlineData("""{"type":"none"}""")]
    [InlineData("null")]
    public async Task CreateRecord_ConnectionIsWeakerThanPreparedFor_SendsNothingAndIsPreparedAnew(string retry)
    {
        // Asked before the execution, then in it, after somebody has changed the connection.
        _crm.Effects.Enqueue(Effect.Idempotent);
        _crm.Effect = Effect.AtMostOnce;
        var store = new MemoryRunStore();
        var create = Create(("customProperties", new JsonObject { ["resilienceStrategy"] = JsonNode.Parse(retry) }));
        var run = EffectWorld.Run(Simulation.Compile(create, connections: new Connections(_ => _crm)), store);
        await run.AcceptAsync(new RunRequest(Simulation.RunId));

        var state = await run.ResumeAsync(Simulation.RunId, DateTimeOffset.MaxValue);

        state.Status.Should().Be(RunStatus.Succeeded);
        _crm.Requests.Should().ContainSingle();
        var stored = (await store.LoadAsync(Simulation.RunId, wholeJournal: true))!;
        var events = stored.Batches.SelectMany(b => RunJournal.Read(b, stored.Values)).ToList();
        // No attempt, so that a policy which tries nothing again doesn't fail it.
        events.OfType<ActivityFailed>().Should().BeEmpty();
        events.OfType<ActivitySuspended>().Single().Reason!.Code.Should().Be("ConnectionChanged");
        events.OfType<EffectIntended>().Should().ContainSingle();
    }

    private sealed class RecordingConnector : ICrmConnector
    {
        public List<CreateRecordRequest> Requests { get; } = [];
        public Queue<Exception> Failures { get; } = new();

        /// <summary>What it says first.</summary>
        public Queue<Effect> Effects { get; } = new();

        public Effect Effect { get; set; } = Effect.Idempotent;

        public Effect CreateEffect(string entity) => Effects.TryDequeue(out var effect) ? effect : Effect;

        public ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
        {
            Requests.Add(request);
            return Failures.TryDequeue(out var failure)
                ? throw failure
                : new ValueTask<CreatedRecord>(new CreatedRecord("1", "http://crm/leads(1)", AlreadyExisted: true, 412));
        }

        public ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
