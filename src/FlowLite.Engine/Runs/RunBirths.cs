using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Secure;

namespace FlowLite.Engine.Runs;

/// <summary>The activity that starts runs.</summary>
/// <param name="Depth">How many runs led to its run.</param>
internal sealed record RunCause(Guid RunId, Guid RootRunId, Guid Instance, int Depth)
{
    /// <summary>The id of a run that it starts: names the run by the cause, so that it is the same in each attempt, and no other run's.</summary>
    public Guid RunIdOf(string name, DateTimeOffset now) => RunIds.Derived(InstanceIds.IdempotencyKey(RunId, Instance), name, now);

    /// <summary>Its root run: the same for a resubmit of the cause's run, and no other run's of it.</summary>
    public Guid RootOf(string name) => InstanceIds.Version5(InstanceIds.IdempotencyKey(RootRunId, Instance), name);
}

/// <summary>A run that an activity starts.</summary>
/// <param name="Index">Which of the activity's it is, from 0.</param>
public sealed record ChildRequest(string DefinitionId, int Index = 0)
{
    /// <summary>Null: the flow's published version.</summary>
    public string? VersionId { get; init; }
    /// <summary>By name: an object. The body of a flow that begins with a request.</summary>
    public JsonElement? Input { get; init; }
    public string? CorrelationId { get; init; }
    /// <summary>The activity waits for its end: a bookmark of kind <see cref="BookmarkKind.Child"/> for the run's id.</summary>
    public bool Waits { get; init; }
    /// <summary>
    /// It is a part of the flow that starts it: no activation strategy holds it up, and of a flow that updates those who use it
    /// (<c>options.autoUpdateConsumingWorkflows</c>) it is the published version, whatever it is pinned to.
    /// </summary>
    public bool IsPart { get; init; }
}

/// <summary>
/// Runs that are started by others: children, and runs of flows that begin with an event. Their first append goes in the transaction of what
/// starts them. Their ids and root runs are named after the activity that starts them, so a resubmit of its run finds the records that theirs made.
/// </summary>
/// <param name="flows">Null: there are none to start, as in a trial or a replay of one flow.</param>
internal sealed class RunBirths(FlowCatalog? flows, EngineOptions options, SecureValues secure)
{
    /// <summary>A chain of runs that start each other ends here: it would never end by itself.</summary>
    private const int Deepest = 50;

    public static readonly RunBirths None = new(null, new EngineOptions(), new SecureValues(PlainValues.Instance));

    /// <param name="isSecure">What it is started with is secure.</param>
    /// <exception cref="ActivityException">There is no such flow that works.</exception>
    public async ValueTask<RunBorn> OfChildAsync(ChildRequest request, bool isSecure, RunCause cause, DateTimeOffset now)
    {
        if (cause.Depth >= Deepest)
        {
            throw new ActivityException("NestedTooDeep", $"Each of {Deepest} runs was started by the one before; this one starts no more.");
        }

        var workflow = await FindAsync(request);
        var name = $"child\n{request.Index}";
        var trigger = workflow.Nodes.Values.FirstOrDefault(n => n.CanStartWorkflow && n.Activity is Trigger);
        return Born(workflow, new RunRequest(cause.RunIdOf(name, now))
        {
            RootRunId = cause.RootOf(name),
            Parent = new ParentRun(cause.RunId, cause.Instance, request.Waits, cause.Depth + 1),
            TriggerActivity = trigger?.Id,
            Trigger = trigger is null ? null : AsRequest(request.Input),
            Input = request.Input,
            IsSecure = isSecure,
            CorrelationId = request.CorrelationId,
        }, now, request.IsPart ? RunActivation.Always : workflow.Activation);
    }

    private async ValueTask<CompiledWorkflow> FindAsync(ChildRequest request)
    {
        if (flows is null)
        {
            throw new ActivityException("WorkflowNotFound", "No other flows can be started here.");
        }

        var published = flows.Find(request.DefinitionId);
        if (request.VersionId is null || published?.Definition.Id == request.VersionId || (request.IsPart && published?.UpdatesConsumers == true))
        {
            return published?.Workflow ?? throw new ActivityException("WorkflowNotFound", published?.Broken is { } broken
                ? $"The published version of flow '{request.DefinitionId}' does not work here: {broken}"
                : $"There is no published flow '{request.DefinitionId}'.");
        }

        try
        {
            var version = await flows.VersionAsync(request.VersionId);
            return version.Definition.DefinitionId == request.DefinitionId
                ? version
                : throw new ActivityException("WorkflowNotFound", $"Version '{request.VersionId}' is not one of flow '{request.DefinitionId}'.");
        }
        catch (InvalidDefinitionException e)
        {
            throw new ActivityException("WorkflowNotFound", $"Version '{request.VersionId}' of flow '{request.DefinitionId}' does not work here: {e.Message}");
        }
    }

    /// <summary>One run of each published flow that begins with the signal.</summary>
    /// <param name="signal">As it was sent, not as it is kept.</param>
    /// <param name="isSecure">What it carries is secure.</param>
    /// <param name="cause">Null: it comes from outside.</param>
    public IReadOnlyList<RunBorn> OfSignal(Signal signal, bool isSecure, RunCause? cause, DateTimeOffset now)
    {
        if (cause is { Depth: >= Deepest })
        {
            throw new ActivityException("NestedTooDeep", $"Each of {Deepest} runs was started by the one before; this one starts no more.");
        }

        List<RunBorn>? births = null;
        foreach (var flow in flows?.Published ?? [])
        {
            foreach (var (bookmark, activity) in flow.Starts)
            {
                if (bookmark.Is(signal.Kind, signal.Key))
                {
                    (births ??= []).Add(OfSignal(flow.Workflow!, activity, signal, isSecure, cause, now));
                }
            }
        }

        return births ?? [];
    }

    private RunBorn OfSignal(CompiledWorkflow workflow, ActivityNode trigger, Signal signal, bool isSecure, RunCause? cause, DateTimeOffset now)
    {
        var name = $"{workflow.Definition.DefinitionId}\n{trigger.Id}";
        var runId = cause?.RunIdOf(name, now) ?? RunIds.Derived(Guid.CreateVersion7(now), name, now);
        return Born(workflow, new RunRequest(runId)
        {
            RootRunId = cause?.RootOf(name) ?? runId,
            Parent = cause is null ? null : new ParentRun(cause.RunId, cause.Instance, Waits: false, cause.Depth + 1),
            TriggerActivity = trigger.Id,
            Trigger = AsRequest(signal.Payload),
            IsSecure = isSecure,
            CorrelationId = signal.CorrelationId,
        }, now, workflow.Activation);
    }

    private static JsonElement AsRequest(JsonElement? body) => JsonValues.Object(writer =>
    {
        foreach (var part in (ReadOnlySpan<string>)["headers", "queries", "path"])
        {
            writer.WriteStartObject(part);
            writer.WriteEndObject();
        }

        writer.WritePropertyName("body");
        (body ?? JsonValues.Null).WriteTo(writer);
    });

    private RunBorn Born(CompiledWorkflow workflow, RunRequest request, DateTimeOffset now, RunActivation activation)
    {
        var state = new RunState { RunId = request.RunId };
        var started = request.ToEvent(workflow, now, secure);
        RunDecider.Apply(workflow, state, started);
        var refused = request.Parent is { Waits: true } parent && activation != RunActivation.Always
            ? ChildEnd.Signal(request.RunId, parent, RunStatus.Cancelled, state.Outputs, [], RunRefusedException.Failure(workflow.Definition.DefinitionId, activation))
            : null;
        return new RunBorn(RunAppends.Make(state, [started], options.SnapshotEvery, activation), refused);
    }
}
