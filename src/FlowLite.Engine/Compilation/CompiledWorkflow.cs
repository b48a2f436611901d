using System.Collections;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Runs;

namespace FlowLite.Engine.Compilation;

/// <summary>A version of a flow, ready to run: every port resolved, every expression parsed. Immutable, shared by its runs.</summary>
public sealed class CompiledWorkflow
{
    public required WorkflowDefinition Definition { get; init; }
    public required ActivityNode Root { get; init; }
    public required IReadOnlyDictionary<string, ActivityNode> Nodes { get; init; }
    public required IReadOnlyDictionary<string, Variable> Variables { get; init; }
    /// <summary>The names of the inputs that it declares.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];
    /// <summary>A failure ends what needs the failed activity, not the run (Elsa's ContinueWithIncidentsStrategy).</summary>
    public bool ContinuesWithIncidents { get; init; }
    /// <summary>Which runs may be under way at once.</summary>
    public RunActivation Activation { get; init; }
    /// <summary>What its runs are started with is secure.</summary>
    public bool SecureInputs { get; init; }
    /// <summary>Things that the author should look at; they don't keep the flow from running.</summary>
    public IReadOnlyList<DefinitionProblem> Warnings { get; init; } = [];
    /// <summary>Why it would not be published today. It was when less was checked, and runs.</summary>
    public IReadOnlyList<DefinitionProblem> Tolerated { get; init; } = [];
    /// <summary><c>{"id","versionId","name","version"}</c>, what expressions see as <c>flow</c>.</summary>
    public required JsonElement Flow { get; init; }

    public ActivityNode Node(string id) =>
        Nodes.TryGetValue(id, out var node) ? node : throw new InvalidOperationException($"Version {Definition.Id} has no activity '{id}'.");

    /// <summary>By id, else by name: exactly first, then ignoring case.</summary>
    public Variable? FindVariable(string idOrName) =>
        Variables.GetValueOrDefault(idOrName)
        ?? Variables.Values.FirstOrDefault(v => v.Name == idOrName)
        ?? Variables.Values.FirstOrDefault(v => v.Name.Equals(idOrName, StringComparison.OrdinalIgnoreCase));

    /// <summary>The trigger that says how many of its runs are under way and wait; null: none does.</summary>
    public Trigger? Limits => Nodes.Values.Where(n => n.CanStartWorkflow).Select(n => n.Activity).OfType<Trigger>().FirstOrDefault();

    /// <summary>Its runs stand in a line: the next begins when those before it are over.</summary>
    public bool HasLine => Limits?.ConcurrentRuns == 1;

    /// <summary>The activities of that type that can start a run.</summary>
    public IEnumerable<ActivityNode> Triggers<TActivity>() where TActivity : Activity =>
        Nodes.Values.Where(n => n.Activity is TActivity && n.CanStartWorkflow);
}

/// <param name="Default">What it holds in a new run, or each time its container begins.</param>
/// <param name="Container">The activity that declares it; null: the flow or its root do, and it lives as long as the run.</param>
/// <param name="IsSecure">Its values are secure, wherever they come from.</param>
public sealed record Variable(string Id, string Name, VariableType Type, JsonElement Default, string? Container = null, bool IsSecure = false)
{
    /// <summary>A value as the variable takes it.</summary>
    /// <exception cref="ActivityException"><c>InvalidInput</c>: it takes no such value. The value, which may be secure, is not told.</exception>
    public JsonElement Fit(JsonElement value) => Type.TryFit(value, out var fitted)
        ? fitted
        : throw new ActivityException("InvalidInput", Refusal(value));

    /// <summary>Why it doesn't take the value.</summary>
    public string Refusal(JsonElement value) => $"The variable '{Name}' is of the type {Type}, and this {Describe(value)} can't be made one.";

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "text",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Array => "list",
        _ => "object",
    };
}

/// <summary>An activity at its place in a flow.</summary>
public sealed class ActivityNode
{
    public required string Id { get; init; }
    public required string Type { get; init; }
    /// <summary>What expressions call it in <c>actions.&lt;name&gt;</c>.</summary>
    public required string Name { get; init; }
    /// <summary>Where it stands in the document, a JSON pointer.</summary>
    public required string Path { get; init; }
    public required ActivityNode? Parent { get; init; }
    public required Activity Activity { get; init; }
    public required ActivityDescriptor Descriptor { get; init; }
    public bool CanStartWorkflow { get; init; }
    public RetryPolicy? Retry { get; internal set; }
    /// <summary>What a crash does to what it does: its kind's, unless the author chose another.</summary>
    public Effect Effect { get; internal set; }

    /// <summary>What of it a run's history shows.</summary>
    public LogPersistence Log { get; internal set; } = LogPersistence.All;

    /// <summary>What it receives is secure.</summary>
    public bool SecureInputs { get; internal set; }
    /// <summary>What it gives out is secure; of a trigger that is what started the run.</summary>
    public bool SecureOutputs { get; internal set; }

    /// <summary>How long it may take, counted from when it becomes ready.</summary>
    public TimeSpan? Timeout { get; internal set; }
    /// <summary>The scope that tells of its result.</summary>
    public ActivityNode? ResultScope { get; internal set; }
    /// <summary>A scope: the activities that stand directly in it.</summary>
    public IReadOnlyList<ActivityNode> ResultsOf { get; internal set; } = [];

    public CompiledInput[] Inputs { get; internal set; } = [];
    public OutputBinding[] Outputs { get; internal set; } = [];

    /// <summary>Children by the port that they are embedded at (If: Then, Else; Switch: <c>cases/High/activity</c>).</summary>
    public Dictionary<string, ActivityNode> Ports { get; } = [];
    /// <summary>Children in the order of the document (Sequence, Flowchart).</summary>
    public List<ActivityNode> Children { get; } = [];
    /// <summary>Where its outcomes lead in the flowchart that it stands in.</summary>
    public List<Connection> Outbound { get; } = [];
    public int InboundCount { get; internal set; }
    /// <summary>The position in the parent, used to break ties between joins that wait for each other.</summary>
    public int Order { get; internal set; }
    /// <summary>The activity that a flowchart starts with when no trigger says otherwise.</summary>
    public ActivityNode? Start { get; internal set; }

    public bool IsJoin => InboundCount > 1 && Merge != MergeMode.Cascade;

    /// <summary>What it waits for, where several connections lead to it.</summary>
    public MergeMode Merge { get; internal set; }

    /// <summary>The connections that lead to it, in the order of the document.</summary>
    public IReadOnlyList<InboundConnection> Inbound { get; internal set; } = [];

    /// <summary>For a join: whether something at <paramref name="other"/> (by order) can still arrive here.</summary>
    public bool CanBeReachedFrom(ActivityNode other) => Upstream![other.Order];

    internal BitArray? Upstream { get; set; }

    public bool HasOutcome(string outcome) => Outbound.Exists(c => c.Outcome == outcome);
}

public readonly record struct Connection(string Outcome, ActivityNode Target);

/// <param name="IsOnCycle">What it comes from can be reached from its target.</param>
/// <param name="IsReachedElsewhere">What it comes from can be reached without its target too.</param>
public readonly record struct InboundConnection(ActivityNode Source, string Outcome, bool IsOnCycle, bool IsReachedElsewhere)
{
    /// <summary>It comes back from behind its target, and from nowhere else.</summary>
    public bool IsBackward => IsOnCycle && !IsReachedElsewhere;
}

/// <summary>One input. <see cref="Members"/> is set for a map of inputs (fields of a record, conditions of cases).</summary>
/// <param name="FailuresAreValues">A member that can't be evaluated gives <c>{"$error":"message"}</c>: it fails the activity only if it is needed.</param>
/// <param name="IsSecure">Its value is secure, whatever it is made of.</param>
public sealed record CompiledInput(string Name, CompiledExpression? Expression, CompiledInput[]? Members = null, bool FailuresAreValues = false, bool IsSecure = false);

/// <summary>An activity's output that is copied to a variable.</summary>
public sealed record OutputBinding(string Output, Variable Variable);
