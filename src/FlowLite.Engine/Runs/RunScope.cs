using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Secure;

namespace FlowLite.Engine.Runs;

/// <summary>What the expressions of one activity instance see. Used while the run is locked, not after.</summary>
internal sealed class RunScope(CompiledWorkflow workflow, RunState state, SecureValues secure) : IExpressionScope
{
    private JsonElement? _trigger;
    private bool _triggerIsSecure;
    private bool _looked;

    private (string? Name, string? CorrelationId, JsonElement Json)? _run;
    private Dictionary<string, JsonElement>? _set;
    private RunChanges? _changes;

    /// <summary>The instance whose inputs are evaluated; its loop says what <c>item</c> is.</summary>
    public ActivityInstance? Instance { get; private set; }

    /// <summary>To be called for each execution, also of an activity whose inputs are stored: what is left of another one's is not for it.</summary>
    public RunScope For(ActivityInstance instance)
    {
        Instance = instance;
        _set = null;
        _changes = null;
        IsUnrepeatable = IsSecure = _looked = false;
        return this;
    }

    /// <summary>An expression looked at the clock or at chance.</summary>
    public bool IsUnrepeatable { get; private set; }

    /// <summary>An expression looked at a secure value, so what it gave is one too.</summary>
    public bool IsSecure { get; private set; }

    /// <summary>Whether one did since this was asked last.</summary>
    public bool TakeLooked() => Interlocked.Exchange(ref _looked, false);

    public bool IsSecureVariable(string id) => workflow.Variables.GetValueOrDefault(id)?.IsSecure == true;

    /// <summary>What expressions have changed, for the event that carries the values of these expressions; only once.</summary>
    public ExpressionChanges TakeChanges()
    {
        var (set, changes) = (_set, _changes);
        (_set, _changes) = (null, null);
        foreach (var (id, value) in set ?? [])
        {
            set![id] = secure.Keep(value, IsSecure || IsSecureVariable(id));
        }

        return new ExpressionChanges(set, changes);
    }

    /// <summary>What was kept, as an expression sees it.</summary>
    private JsonElement Open(JsonElement kept)
    {
        if (!SecureValues.AreIn(kept))
        {
            return kept;
        }

        var open = secure.Open(kept);
        IsSecure = _looked = true;
        return open;
    }

    public string VariableId(string idOrName) => workflow.FindVariable(idOrName)?.Id ?? idOrName;

    public JsonElement Fit(string idOrName, JsonElement value) => workflow.FindVariable(idOrName) is { } variable ? variable.Fit(value) : value;

    public void SetVariable(string idOrName, JsonElement value) => (_set ??= [])[VariableId(idOrName)] = Fit(idOrName, value);

    public void SetRunName(string name) => _changes = (_changes ?? new RunChanges()) with { Name = IsSecret ? SecureValues.Hidden : name };

    public void SetCorrelationId(string correlationId) => _changes = !IsSecret
        ? (_changes ?? new RunChanges()) with { CorrelationId = correlationId }
        : throw new ExpressionException("A secure value can't be a run's correlation id.");

    private bool IsSecret => IsSecure || (Instance is { } instance && workflow.Node(instance.Activity) is { SecureInputs: true } or { SecureOutputs: true });

    public void MarkUnrepeatable() => IsUnrepeatable = true;

    public IEnumerable<string> VariableNames =>
        workflow.Variables.Values.Select(variable => variable.Name).Concat(state.Variables.Keys.Where(id => !workflow.Variables.ContainsKey(id)))
            .Concat(LoopScope.VariableNames(workflow, state, Instance)).Distinct();

    public IEnumerable<string> ActionNames => state.Actions.Keys.Concat(LoopScope.ActionNames(workflow, state, Instance)).Distinct();

    public IEnumerable<string> InputNames =>
        state.Start.Input is { ValueKind: JsonValueKind.Object } input ? input.EnumerateObject().Select(member => member.Name) : [];

    public IEnumerable<string> DeclaredInputs => workflow.Inputs;

    public JsonElement LastResult =>
        state.LastResultOf is { } name && state.Actions.TryGetValue(name, out var action) && action.Outputs is { } outputs ? Open(outputs.Member(ActionResult.Result)) : default;

    public JsonElement Trigger
    {
        get
        {
            if (_trigger is not { } open)
            {
                var kept = state.Start.Trigger ?? default;
                _triggerIsSecure = SecureValues.AreIn(kept);
                _trigger = open = secure.Open(kept);
            }

            IsSecure |= _triggerIsSecure;
            _looked |= _triggerIsSecure;
            return open;
        }
    }

    /// <summary><c>now</c> is when the run was started, as journaled: a template gives the same however often it is evaluated.</summary>
    public JsonElement Run
    {
        get
        {
            var (name, correlationId) = _changes is { } changes ? (changes.NameAfter(state.Name), changes.CorrelationIdAfter(state.CorrelationId)) : (state.Name, state.CorrelationId);
            if (_run is not { } made || made.Name != name || made.CorrelationId != correlationId)
            {
                _run = made = (name, correlationId, MakeRun(name, correlationId));
            }

            return made.Json;
        }
    }

    private JsonElement MakeRun(string? name, string? correlationId) => JsonValues.Object(writer =>
    {
        writer.WriteString("id", state.RunId);
        writer.WriteString("now", state.Start.At);
        writer.WriteString("rootId", state.Start.RootRunId);
        writer.WriteString("clientTrackingId", state.Start.ClientTrackingId);
        writer.WriteString("name", name);
        writer.WriteString("correlationId", correlationId);
    });

    public JsonElement Flow => workflow.Flow;

    public JsonElement Item => LoopScope.Around(state, Instance) is var (container, index) ? Open(container.Items![index]) : default;

    public bool TryGetAction(string name, out ActionView action)
    {
        var result = LoopScope.Action(workflow, state, Instance, name);
        if (result is null && !state.Actions.TryGetValue(name, out result)
            && !(workflow.Nodes.TryGetValue(name, out var node) && state.Actions.TryGetValue(node.Name, out result)))
        {
            // As everywhere: exactly first, then ignoring case.
            result = state.Actions.FirstOrDefault(a => a.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
        }

        if (result is null)
        {
            action = default;
            return false;
        }

        action = new ActionView(result.Status, result.Outputs is { } outputs ? Open(outputs) : JsonValues.EmptyObject);
        return true;
    }

    public bool TryGetVariable(string idOrName, out JsonElement value)
    {
        var variable = workflow.FindVariable(idOrName);
        if (_set is not null && _set.TryGetValue(variable?.Id ?? idOrName, out value))
        {
            // What an input before this one has set after it looked at something secure is kept as a secure value too.
            IsSecure |= variable?.IsSecure == true;
            _looked |= IsSecure;
            return true;
        }

        if (variable is null)
        {
            // Set by a script, declared by nobody; or what Elsa's loops declare for their bodies.
            var isSet = state.Variables.TryGetValue(idOrName, out value) || LoopScope.TryGetVariable(workflow, state, Instance, idOrName, out value);
            value = Open(value);
            return isSet;
        }

        IsSecure |= variable.IsSecure;
        _looked |= variable.IsSecure;
        value = Open(VariableScopes.Value(workflow, state, Instance, variable));
        return true;
    }

    public bool TryGetInput(string name, out JsonElement value)
    {
        value = default;
        if (state.Start.Input is not { ValueKind: JsonValueKind.Object } input || !JsonValues.TryGetMember(input, name, out value))
        {
            return false;
        }

        value = Open(value);
        return true;
    }
}
