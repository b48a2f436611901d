using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Activities;
using FlowLite.Activities.Crm;
using FlowLite.Activities.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.Tests.Activities;

/// <summary>A run without an executor: whatever is ready is executed one by one, in the order that the test chooses.</summary>
internal sealed class Simulation
{
    public static readonly Guid RunId = new("01890000-0000-7000-8000-000000000001");
    private static readonly ExpressionLanguages Languages =
        new([new ConstantLanguage("Literal"), new ConstantLanguage("Object"), new ConstantLanguage("Json"), new PathLanguage()]);

    private static readonly SecureValues Secure = new(PlainValues.Instance);

    private readonly CompiledWorkflow _workflow;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<ActivityInstance> _ready = [];

    private Simulation(CompiledWorkflow workflow) => _workflow = workflow;

    public RunState State { get; } = new() { RunId = RunId };
    public List<RunEvent> Events { get; } = [];
    /// <summary>What was executed, in order.</summary>
    public List<ActivityInstance> Executed { get; } = [];
    public DateTimeOffset Now => _time.GetUtcNow();
    public IEnumerable<string> ExecutedIds => Executed.Select(i => i.Activity);
    public IEnumerable<string> Log => Events.OfType<ActivityCompleted>().SelectMany(e => e.Log ?? []);

    public static CompiledWorkflow Compile(JsonObject root, IEnumerable<string>? variables = null, Connections? connections = null, PendingResponses? responses = null)
    {
        var registry = new ActivityRegistry([.. ActivitiesRegistration.Types, typeof(Step), typeof(Counter)], type => type switch
        {
            _ when type == typeof(CreateRecord) => new CreateRecord(connections ?? new Connections(_ => null)),
            _ when type == typeof(Response) => new Response(responses ?? new PendingResponses()),
            _ => (Activity)Activator.CreateInstance(type)!,
        });
        return new WorkflowCompiler(registry, Languages).Compile(new WorkflowDefinition
        {
            Id = "v1",
            DefinitionId = "flow",
            Version = 1,
            IsLatest = true,
            IsPublished = true,
            CreatedAt = default,
            Document = FlowJson.Document(root, variables ?? []),
        });
    }

    /// <param name="choose">Which of so many ready instances comes next; the first one by default.</param>
    /// <param name="scheduled">Told of each instance when it becomes ready.</param>
    public static async Task<Simulation> RunAsync(
        CompiledWorkflow workflow, Func<int, int>? choose = null, Action<Simulation, ActivityInstance>? scheduled = null, string? trigger = null, JsonElement? request = null)
    {
        var run = new Simulation(workflow);
        run.Apply(new RunStarted { At = run.Now, DefinitionId = "flow", VersionId = "v1", RootRunId = RunId, TriggerActivity = trigger, Trigger = request }, scheduled);
        while (!run.State.IsOver)
        {
            if (run._ready.Count == 0)
            {
                run.FireNextTimer(scheduled);
                continue;
            }

            var index = choose?.Invoke(run._ready.Count) ?? 0;
            var instance = run._ready[index];
            run._ready.RemoveAt(index);
            run.Executed.Add(instance);
            run.Apply(await run.ExecuteAsync(instance), scheduled);
        }

        return run;
    }

    private void FireNextTimer(Action<Simulation, ActivityInstance>? scheduled)
    {
        var next = State.Instances.Values.Where(i => i.Due is not null).MinBy(i => i.Due)
            ?? throw new InvalidOperationException("The run is stuck: nothing is ready and nothing waits.");
        _time.SetUtcNow(next.Due!.Value);
        Apply(new TimerFired { At = Now, Instance = next.Id, Activity = next.Activity }, scheduled);
    }

    private async ValueTask<RunEvent> ExecuteAsync(ActivityInstance instance)
    {
        var node = _workflow.Node(instance.Activity);
        var runner = new ActivityRunner(_time, NullLogger.Instance, RunBirths.None, Secure);
        var scope = new RunScope(_workflow, State, Secure).For(instance);
        var inputs = InputEvaluator.Evaluate(node, scope, Secure);
        return await runner.ExecuteAsync(node, node.Activity.EffectOf(node), State, instance, inputs, scope.TakeChanges(), scope, CancellationToken.None);
    }

    private void Apply(RunEvent @event, Action<Simulation, ActivityInstance>? scheduled)
    {
        Events.Add(@event);
        RunDecider.Apply(_workflow, State, @event);
        while (State.Ready.TryDequeue(out var instance))
        {
            _ready.Add(instance);
            scheduled?.Invoke(this, instance);
        }
    }
}
