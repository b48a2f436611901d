using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using FlowLite.Activities;
using FlowLite.Activities.Crm;
using FlowLite.Activities.Http.Client;
using FlowLite.Engine;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Replay;
using FlowLite.Engine.Runs;

namespace FlowLite.Tests.Runs;

/// <summary>The other side of <see cref="TestEffect"/>: keeps one record for a key, however often it is sent.</summary>
internal sealed class EffectWorld
{
    private int _calls;

    /// <summary>What was recorded by idempotency key.</summary>
    public ConcurrentDictionary<Guid, (string Activity, string Label)> Records { get; } = new();

    public int Calls => _calls;

    /// <summary>Called for each call before it is recorded.</summary>
    public Func<int, Task> OnCall { get; set; } = static async _ => await Task.Yield();

    public async Task RecordAsync(Guid key, string activity, string label)
    {
        await OnCall(Interlocked.Increment(ref _calls));
        Records.AddOrUpdate(key, (activity, label), (_, known) => known == (activity, label)
            ? known
            : throw new InvalidOperationException($"Key {key} was {known}, now it is ({activity}, {label})."));
    }

    public CompiledWorkflow Compile(JsonElement document, string definitionId = "test", IEnumerable<Type>? more = null)
    {
        var types = ActivitiesRegistration.Types.Where(t => t != typeof(CreateRecord)).Concat([typeof(TestEffect), typeof(TestAtMostOnce), typeof(TestAtLeastOnce), .. more ?? []]);
        var responses = new PendingResponses();
        var registry = new ActivityRegistry(types, type =>
            type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)[0].GetParameters() is [{ ParameterType: var parameter }]
                ? (Activity)Activator.CreateInstance(type, BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance, null, [parameter == typeof(EffectWorld) ? this : parameter == typeof(IHttpSender) ? new TestHttp(this) : responses], null)!
                : (Activity)Activator.CreateInstance(type)!);
        return new WorkflowCompiler(registry, ExpressionLanguages.Default).Compile(new WorkflowDefinition
        {
            Id = $"{definitionId}-v1",
            DefinitionId = definitionId,
            Version = 1,
            IsLatest = true,
            IsPublished = true,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Document = document,
        });
    }

    public static VirtualTime Noon => new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public static VirtualRun Run(CompiledWorkflow workflow, IRunStore store, int snapshotEvery = 500, VirtualTime? time = null, FlowCatalog? flows = null) =>
        new(workflow, store, time ?? Noon, new EngineOptions { SnapshotEvery = snapshotEvery }, flows: flows);
}

[Activity("Test", "Test", Type = "Test.Effect", Effect = Effect.Idempotent)]
public sealed class TestEffect : Activity
{
    private readonly EffectWorld _world;

    internal TestEffect(EffectWorld world) => _world = world;

    [Input]
    public Input<string> Label { get; set; } = null!;

    protected internal override async ValueTask ExecuteAsync(ActivityContext context) =>
        await _world.RecordAsync(context.IdempotencyKey, context.Node.Id, Label.Get(context) ?? "");
}

[Activity("Test", "Test", Type = "Test.AtMostOnce", Effect = Effect.AtMostOnce)]
public sealed class TestAtMostOnce : Activity
{
    private readonly EffectWorld _world;

    internal TestAtMostOnce(EffectWorld world) => _world = world;

    protected internal override async ValueTask ExecuteAsync(ActivityContext context) =>
        await _world.RecordAsync(context.IdempotencyKey, context.Node.Id, "");
}

[Activity("Test", "Test", Type = "Test.AtLeastOnce", Effect = Effect.AtLeastOnce)]
public sealed class TestAtLeastOnce : Activity
{
    private readonly EffectWorld _world;

    internal TestAtLeastOnce(EffectWorld world) => _world = world;

    [Input]
    public Input<string> Label { get; set; } = null!;

    protected internal override async ValueTask ExecuteAsync(ActivityContext context) =>
        await _world.RecordAsync(context.IdempotencyKey, context.Node.Id, Label.Get(context) ?? "");
}
