using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;

namespace FlowLite.Engine.Activities;

/// <summary>
/// What an activity sees of its run, and where it records what it did. It only records: the executor turns the record into
/// one event, so nothing of an activity that threw is kept.
/// </summary>
public sealed class ActivityContext
{
    private readonly JsonElement[] _inputs;
    private readonly bool[]? _secureSlots;
    private readonly RunState _state;
    private readonly RunScope? _scope;
    private readonly RunBirths _births;
    private readonly SecureValues _secure;
    private readonly ReceivedSignal? _signal;
    private readonly string? _correlationId;
    private Dictionary<string, JsonElement>? _outputs;
    private List<string>? _log;
    private List<MailItem>? _outbox;
    private List<StartedRun>? _runs;
    private HashSet<string>? _keptVariables;

    internal ActivityContext(
        ActivityNode node, Effect effect, RunState state, ActivityInstance instance, SlotValues inputs, RunScope? scope, RunBirths births, SecureValues secure, TimeProvider time, CancellationToken cancellationToken)
    {
        _secure = secure;
        Node = node;
        Effect = effect;
        _state = state;
        _inputs = inputs.Open;
        _secureSlots = inputs.Secure;
        _scope = scope;
        _births = births;
        Instance = instance.Id;
        ItemPath = instance.ItemPath;
        Attempt = instance.Attempts + 1;
        Resumed = instance.Resumed;
        _signal = instance.Signal;
        BookmarksLeft = instance.Bookmarks.Count;
        // Read before the first await, as all of the run's state.
        _correlationId = state.CorrelationId;
        Container = instance;
        ResponseSent = state.ResponseSent;
        IsTrigger = state.Start.TriggerActivity == node.Id && !state.Actions.ContainsKey(node.Name);
        Time = time;
        CancellationToken = cancellationToken;
    }

    public ActivityNode Node { get; }
    /// <summary>What this execution was prepared for: of at-least-once and at-most-once effects the intention is committed.</summary>
    public Effect Effect { get; }
    public Guid RunId => _state.RunId;
    /// <summary>This execution of the activity; the same for every attempt.</summary>
    public Guid Instance { get; }
    /// <summary>Where in its loops this execution stands: <c>2</c> is the third item, <c>2/0</c> that one's first; null outside of loops.</summary>
    public string? ItemPath { get; }
    /// <summary>What the other side may tell repeats by: the same for every attempt and every resubmit.</summary>
    public Guid IdempotencyKey => InstanceIds.IdempotencyKey(_state.Start.RootRunId, Instance);
    /// <summary>From 1.</summary>
    public int Attempt { get; }
    /// <summary>The timer or the signal that the activity waited for has come.</summary>
    public bool Resumed { get; }
    /// <summary>What woke it; null: its timer, or it did not wait.</summary>
    public ReceivedSignal? Signal
    {
        get
        {
            IsSecure |= SignalIsSecure;
            return SignalIsSecure ? _signal! with { Payload = _secure.Open(_signal.Payload!.Value) } : _signal;
        }
    }

    /// <summary>The run's; null: it has none.</summary>
    public string? CorrelationId => (RunBefore is { } changes ? changes.CorrelationIdAfter(_correlationId) : _correlationId) ?? _state.Start.ClientTrackingId;
    /// <summary>The run started at this activity, and it is executed for the first time.</summary>
    public bool IsTrigger { get; }
    /// <summary>The run begins with this activity: it is what started it, or where somebody started the flow by hand.</summary>
    public bool StartsRun => Node.CanStartWorkflow && !_state.Actions.ContainsKey(Node.Name)
        && (_state.Start.TriggerActivity is { } trigger ? trigger == Node.Id : Node.Parent?.Start == Node);
    /// <summary>A container that is asked again: where it stands.</summary>
    public ActivityInstance Container { get; }
    /// <summary>The trigger's caller was answered earlier in this run.</summary>
    public bool ResponseSent { get; }
    public TimeProvider Time { get; }
    public CancellationToken CancellationToken { get; }
    /// <summary><c>{"headers","queries","path","body"}</c>; undefined when no request started the run.</summary>
    public JsonElement Trigger
    {
        get
        {
            var kept = _state.Start.Trigger ?? default;
            IsSecure |= SecureValues.AreIn(kept);
            return _secure.Open(kept);
        }
    }

    public JsonElement Input(int slot) => _inputs[slot];

    /// <summary>
    /// The input's expression gave something secure: what people are shown wherever they look, such as the code of a failure, can't be made of it.
    /// What stands in the definition is no secret, though its activity's inputs be secure.
    /// </summary>
    public bool IsSecret(Input input) => input is { IsSet: true, Constant: null } && _secureSlots?[input.Slot] == true;

    /// <summary>
    /// Evaluates an input that the activity evaluates itself. Only in activities without an effect and before their first await:
    /// what the run holds is another's to change afterwards.
    /// </summary>
    /// <param name="item">What the expression sees as <c>item</c>; undefined leaves it the item of the loop around.</param>
    /// <exception cref="ExpressionException">With the input's name in its message.</exception>
    public JsonElement Evaluate<T>(Deferred<T> input, JsonElement item = default) =>
        Evaluate(input.Compiled!, new ActivityScope(Scope, this, item, isScript: false));

    /// <summary>Like <see cref="Evaluate{T}"/>, for a script that may set the outcomes of the activity.</summary>
    public JsonElement RunScript<T>(Deferred<T> script) =>
        Evaluate(script.Compiled!, new ActivityScope(Scope, this, default, isScript: true));

    private JsonElement Evaluate(CompiledInput input, ActivityScope scope)
    {
        try
        {
            return InputEvaluator.Evaluate(input, scope);
        }
        finally
        {
            // Before its first await the scope is this activity's.
            IsSecure |= Scope.IsSecure;
        }
    }

    /// <summary>Null when it was never set. Only before the first await.</summary>
    public JsonElement GetVariable(string id)
    {
        if (TryGetSet(id, out var set))
        {
            return set;
        }

        var isKnown = Scope.TryGetVariable(id, out var value);
        IsSecure |= Scope.IsSecure;
        return isKnown ? value : JsonValues.Null;
    }

    /// <summary>A variable that this activity, or the expressions of its inputs, have set.</summary>
    internal bool TryGetSet(string id, out JsonElement value)
    {
        if (Variables is null || !Variables.TryGetValue(id, out value))
        {
            value = default;
            return false;
        }

        if (_keptVariables?.Contains(id) == true)
        {
            // What an input's expression has set is as it is kept.
            IsSecure |= SecureValues.AreIn(value);
            value = _secure.Open(value);
        }

        return true;
    }

    /// <summary>Variables that the expressions of the inputs have set, as they are kept.</summary>
    internal void SetKept(string id, JsonElement value)
    {
        SetVariable(id, value);
        (_keptVariables ??= []).Add(id);
    }

    internal bool IsKept(string id) => _keptVariables?.Contains(id) == true;

    /// <summary>It has looked at a secure value, so what it gives out is one too.</summary>
    internal bool IsSecure { get; private set; }

    /// <summary>What it was given is secure, so what it sends to others is too.</summary>
    internal bool InputsAreSecure { get; init; }

    /// <summary>What the expressions of its inputs have changed of the run, as it is kept.</summary>
    internal RunChanges? RunBefore { get; init; }

    /// <summary>What woke it is secure, so what it makes of that is too.</summary>
    internal bool SignalIsSecure => _signal?.Payload is { } payload && SecureValues.AreIn(payload);

    private bool SendsSecure => IsSecure || InputsAreSecure;

    private JsonElement? Keep(JsonElement? value, bool isSecure) => value is { } json ? _secure.Keep(json, isSecure) : null;

    /// <summary>What is put into that variable is secure, wherever it comes from.</summary>
    internal bool IsSecureVariable(string id) => _scope?.IsSecureVariable(id) == true;

    public void SetOutput<T>(Output<T> output, JsonElement value) => SetOutput(output.Name, value);

    public void SetOutput(string name, JsonElement value) => (_outputs ??= [])[name] = OrNull(value);

    public void SetVariable(string id, JsonElement value)
    {
        (Variables ??= [])[id] = OrNull(value);
        _keptVariables?.Remove(id);
    }

    // An element that was never given a value can't be written.
    private static JsonElement OrNull(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? JsonValues.Null : value;

    /// <summary>A line of the run's log.</summary>
    public void Log(string line) => (_log ??= []).Add(line);

    /// <summary>A remark on how it went, shown in the history.</summary>
    public string? Note { get; set; }

    /// <summary>Without it an activity completes with Done.</summary>
    public void Complete(params IReadOnlyList<string> outcomes) => Outcomes = outcomes ?? throw new ArgumentNullException(nameof(outcomes));

    /// <summary>The activity is executed again, <see cref="Resumed"/>, when a durable timer has fired.</summary>
    public void SuspendUntil(DateTimeOffset due) => (ResumeAt, Waits) = (due, true);

    /// <summary>The activity is executed again, <see cref="Resumed"/>, when one of them has come (<see cref="Signal"/>); with a time, then at the latest.</summary>
    public void WaitFor(IReadOnlyList<Bookmark> bookmarks, DateTimeOffset? until = null) =>
        (Bookmarks, ResumeAt, Waits) = ([.. bookmarks.Select(Kept)], until, true);

    private Bookmark Kept(Bookmark bookmark) => bookmark with
    {
        CorrelationId = bookmark.CorrelationId ?? CorrelationId,
        Payload = bookmark.Payload is { } payload ? _secure.KeepMembers(payload, SendsSecure, bookmark.ShownMember) : null,
    };

    /// <inheritdoc cref="WaitFor(IReadOnlyList{Bookmark}, DateTimeOffset?)"/>
    public void WaitFor(Bookmark bookmark, DateTimeOffset? until = null) => WaitFor([bookmark], until);

    /// <summary>How many of its bookmarks are left.</summary>
    public int BookmarksLeft { get; }

    /// <summary>The activity waits for what is left of what it waited for.</summary>
    public void WaitForMore() => Waits = true;

    /// <summary>
    /// Wakes the activities that wait for it, and starts runs of the flows that begin with it unless it is for one run only, all in the
    /// transaction of this activity's result.
    /// </summary>
    public void Publish(Signal signal)
    {
        _outbox ??= [];
        _outbox.Add(new SignalSent(signal with { Payload = Keep(signal.Payload, SendsSecure) }));
        if (signal.RunId is null)
        {
            foreach (var birth in _births.OfSignal(signal, SendsSecure, Cause, Time.GetUtcNow()))
            {
                Add(birth);
            }
        }
    }

    /// <summary>
    /// Starts a run of another flow, in the transaction of this activity's result. Gives its id, which the activity waits for if the request
    /// says that it does.
    /// </summary>
    /// <exception cref="ActivityException"><c>WorkflowNotFound</c>, <c>NestedTooDeep</c></exception>
    public async ValueTask<Guid> StartRunAsync(ChildRequest request)
    {
        var birth = await _births.OfChildAsync(request, SendsSecure, Cause, Time.GetUtcNow());
        Add(birth);
        return birth.Append.RunId;
    }

    private RunCause Cause => new(RunId, _state.Start.RootRunId, Instance, _state.Start.Parent?.Depth ?? 0);

    private void Add(RunBorn birth)
    {
        (_outbox ??= []).Add(birth);
        _runs ??= [];
        _runs.Add(new StartedRun(birth.Append.RunId, birth.Append.Summary.DefinitionId, birth.Append.Summary.VersionId, _runs.Count));
    }

    /// <summary>A container goes on with the child at a port, once for each of the items (a JSON array) if there are any.</summary>
    public void Enter(string port, JsonElement? items = null)
    {
        CheckContainer();
        (EnteredPort, Items) = (port, items);
    }

    /// <summary>A container goes on with the child at a port, once for each number.</summary>
    public void Enter(string port, LoopRange range)
    {
        CheckContainer();
        (EnteredPort, Range) = (port, range);
    }

    /// <summary>A container goes on with the children at these ports.</summary>
    public void Enter(IReadOnlyList<string> ports)
    {
        CheckContainer();
        if (ports is [var only])
        {
            EnteredPort = only;
        }
        else
        {
            EnteredPorts = ports;
        }
    }

    private void CheckContainer()
    {
        if (Node.Activity is not Activities.Container)
        {
            throw new InvalidOperationException($"{Node.Type} is no container: only a class that derives from Container can enter a port.");
        }
    }

    /// <summary>The run ends here, whatever else is still to do.</summary>
    public void EndRun() => EndsRun = true;

    /// <summary>The run ends here with this status.</summary>
    /// <param name="failure">Why; a run that failed has it as its incident, of one that was cancelled its message is the reason.</param>
    public void EndRun(RunStatus status, RunFailure? failure) => (EndsRun, Ending) = (true, new RunEnding(status, failure));

    /// <summary>The innermost loop ends here, and what is under way in it is cancelled.</summary>
    public void Break() => Breaks = true;

    public void SetRunName(string name) => Run = (Run ?? new RunChanges()) with { Name = name };

    public void Correlate(string correlationId) => Run = (Run ?? new RunChanges()) with { CorrelationId = correlationId };

    /// <summary>An output of the run, for whoever started it.</summary>
    public void SetRunOutput(string name, JsonElement value) =>
        Run = (Run ?? new RunChanges()) with { Outputs = new Dictionary<string, JsonElement>(Run?.Outputs ?? new Dictionary<string, JsonElement>()) { [name] = value } };

    /// <summary>How the run completes, for the flow that called it.</summary>
    public void SetRunOutcomes(IReadOnlyList<string> outcomes) => Run = (Run ?? new RunChanges()) with { Outcomes = outcomes };

    private RunScope Scope => _scope ?? throw new InvalidOperationException("An activity with an effect sees its inputs only.");

    internal IReadOnlyList<string> Outcomes { get; private set; } = Activities.Outcomes.JustDone;
    internal bool Waits { get; private set; }
    internal DateTimeOffset? ResumeAt { get; private set; }
    internal IReadOnlyList<Bookmark>? Bookmarks { get; private set; }
    internal IReadOnlyList<MailItem>? Outbox => _outbox;
    internal IReadOnlyList<StartedRun>? Runs => _runs;
    internal string? EnteredPort { get; private set; }
    internal IReadOnlyList<string>? EnteredPorts { get; private set; }
    internal JsonElement? Items { get; private set; }
    internal LoopRange? Range { get; private set; }
    internal bool Breaks { get; private set; }
    internal RunChanges? Run { get; private set; }
    internal bool EndsRun { get; private set; }
    internal RunEnding? Ending { get; private set; }
    internal Dictionary<string, JsonElement>? OutputValues => _outputs;
    internal Dictionary<string, JsonElement>? Variables { get; private set; }
    internal IReadOnlyList<string>? LogLines => _log;
}
