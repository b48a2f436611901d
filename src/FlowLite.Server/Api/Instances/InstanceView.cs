using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;
using FlowLite.Server.Studio;

namespace FlowLite.Server.Api.Instances;

/// <summary>Reads runs for people, whatever has become of the versions that they are pinned to.</summary>
internal sealed class InstanceViews(RunService runs, FlowCatalog flows, IDefinitionStore definitions, ActivityRegistry registry)
{
    /// <summary>Null: there is no such run.</summary>
    /// <param name="scope">What is wanted of it; null: the run as it stands, without its lines and executions.</param>
    public async ValueTask<InstanceView?> FindAsync(string? id, Func<InstancePlaces, HistoryScope>? scope = null) =>
        Guid.TryParse(id, out var runId) ? await FindAsync(runId, scope) : null;

    /// <inheritdoc cref="FindAsync(string?, Func{InstancePlaces, HistoryScope}?)"/>
    public async ValueTask<InstanceView?> FindAsync(Guid runId, Func<InstancePlaces, HistoryScope>? scope = null)
    {
        if (await runs.ReadAsync(runId) is not { } reading)
        {
            return null;
        }

        var workflow = await WorkflowAsync(reading.Summary.VersionId);
        var definition = workflow?.Definition ?? await definitions.FindVersionAsync(reading.Summary.VersionId);
        var places = new InstancePlaces(definition);
        return new InstanceView(await FoldAsync(reading, workflow, () => scope?.Invoke(places) ?? HistoryScope.Nothing), reading, workflow, places, registry);
    }

    private async ValueTask<CompiledWorkflow?> WorkflowAsync(string versionId)
    {
        try
        {
            return await flows.VersionAsync(versionId);
        }
        catch (InvalidDefinitionException)
        {
            return null;
        }
    }

    // A run is quarantined when it can't be folded; what happened in it can be told without that.
    private static async ValueTask<RunHistory> FoldAsync(RunReading reading, CompiledWorkflow? workflow, Func<HistoryScope> scope)
    {
        try
        {
            return await RunHistory.FromAsync(reading.Summary, reading.Events(), workflow, scope());
        }
        catch (Exception e) when (workflow is not null && e is not StoreUnavailableException)
        {
            return await RunHistory.FromAsync(reading.Summary, reading.Events(), null, scope());
        }
    }
}

/// <summary>Where the activities of a run's version stand.</summary>
/// <param name="definition">Null: it is not in the catalogue any more.</param>
internal sealed class InstancePlaces(WorkflowDefinition? definition)
{
    private readonly NodePaths? _paths = definition is null ? null : NodePaths.Of(definition);

    /// <summary>0 when the version is not in the catalogue any more.</summary>
    public int Version => definition?.Version ?? 0;

    public ActivityPlace Of(ActionHistory action) => Of(action.ActivityId) with { Name = action.Name };

    public ActivityPlace Of(string activityId) =>
        activityId.Length == 0 ? NodePaths.Workflow
        : _paths?.Find(activityId) ?? new ActivityPlace(activityId, $"{NodePaths.WorkflowId}:{activityId}", "Elsa.NotFoundActivity", 1, activityId);
}

/// <summary>A run as it was read, and where its activities stand.</summary>
internal sealed class InstanceView(RunHistory history, RunReading reading, CompiledWorkflow? workflow, InstancePlaces places, ActivityRegistry registry)
{
    public RunHistory History => history;
    public RunSummary Run => history.Summary;
    /// <summary>0 when the version is not in the catalogue any more.</summary>
    public int Version => places.Version;

    public IAsyncEnumerable<RunEvent> Events() => reading.Events();

    /// <summary>Folds the run once more as it stood, for another part of its history.</summary>
    /// <param name="between">Awaited before each event.</param>
    public async Task ReadAgainAsync(HistoryScope scope, Func<ValueTask> between)
    {
        // Without the workflow if it could not be folded with it before.
        await RunHistory.FromAsync(Run, EventsAsync(), history.State is null ? null : workflow, scope);

        async IAsyncEnumerable<RunEvent> EventsAsync()
        {
            await foreach (var @event in reading.Events())
            {
                await between();
                yield return @event;
            }
        }
    }

    public ActivityPlace Place(ActionHistory action) => places.Of(action);

    public ActivityPlace Place(string activityId) => places.Of(activityId);

    /// <summary>
    /// An action's inputs. A Create record's are there as the form of its table shows them, too: with an input for each column.
    /// </summary>
    public static JsonElement? Inputs(ActionHistory action)
    {
        if (action.Type != RecordNames.CreateRecord || action.Inputs is not { ValueKind: JsonValueKind.Object } inputs
            || !JsonValues.TryGetMember(inputs, "fields", out var fields) || fields.ValueKind != JsonValueKind.Object)
        {
            return action.Inputs;
        }

        return JsonValues.Object(writer =>
        {
            foreach (var input in inputs.EnumerateObject())
            {
                input.WriteTo(writer);
            }

            foreach (var field in fields.EnumerateObject())
            {
                writer.WritePropertyName(RecordNames.Input(field.Name));
                field.Value.WriteTo(writer);
            }
        });
    }

    /// <summary>An action's outputs by the names that its descriptor declares.</summary>
    public JsonElement? Outputs(ActionHistory action)
    {
        if (action.Outputs is not { ValueKind: JsonValueKind.Object } outputs)
        {
            return action.Outputs;
        }

        var declared = action.Type is { } type ? registry.Find(type)?.Outputs : null;
        return JsonValues.Object(writer =>
        {
            foreach (var output in outputs.EnumerateObject())
            {
                writer.WritePropertyName(declared?.FirstOrDefault(o => o.Name.Equals(output.Name, StringComparison.OrdinalIgnoreCase))?.Name ?? Pascal(output.Name));
                output.Value.WriteTo(writer);
            }
        });
    }

    /// <summary>What the run's variables hold; empty when its version does not compile any more.</summary>
    public IReadOnlyList<VariableDto> Variables() => workflow is null || history.State is not { } state
        ? []
        : [.. workflow.Variables.Values.Select(v => new VariableDto(v.Id, v.Name, Shown(v, state)))];

    // An output that a container gives its variable while events are folded is not sealed: there is no key there.
    private static JsonElement Shown(Variable variable, RunState state) =>
        !state.Variables.TryGetValue(variable.Id, out var value) ? variable.Default : variable.IsSecure ? SecureValues.RedactedValue : value;

    private static string Pascal(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];
}
