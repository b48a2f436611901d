using System.Text.Json;
using System.Text.Json.Serialization;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Runs;

namespace FlowLite.Activities.ControlFlow;

/// <summary>
/// Named states and transitions between them. A state is entered (its entry runs), then the first transition without a trigger whose condition holds is
/// taken, else the triggers of its transitions run side by side. A trigger that completes and whose transition's condition holds wins: the
/// others are cancelled, the state's exit runs, the transition's action, and the next state is entered. A state that no transition leaves ends the machine.
/// </summary>
[Activity("Elsa", "Flow", "States, and transitions between them that triggers and conditions decide on.", DisplayName = "State Machine")]
[ChildList("states", "entry", "exit", Keys = ["name"])]
[ChildList("transitions", "trigger", "action", Keys = ["name", "trigger.id", "action.id", "from+to"])]
public sealed class StateMachine : Container
{
    /// <summary>Far more than any flow takes in a row that gets somewhere, and done in a moment.</summary>
    private const int IdleTransitions = 10_000;

    private IReadOnlyList<Transition>? _all;

    [Input(IsBrowsable = false)]
    public List<State>? States { get; set; }

    /// <summary>Their conditions, by the transitions' keys.</summary>
    [Input(IsBrowsable = false)]
    public CaseInput Transitions { get; set; } = null!;

    [Input(IsBrowsable = false)]
    public string? InitialState { get; set; }

    [Input(IsBrowsable = false)]
    public string? CurrentState { get; set; }

    protected override IEnumerable<DefinitionProblem> ValidateDocument(ActivityNode node, JsonElement json) =>
        new StateMachineProblems(node, json, FirstOf(CurrentState, InitialState)).Find();

    protected override ValueTask ExecuteAsync(ActivityContext context)
    {
        var transitions = All;
        var state = StateOf(context.Container, transitions) ?? FirstOf(CurrentState, InitialState);
        if (!Exists(state))
        {
            return ValueTask.CompletedTask;
        }

        if (context.Container.Port is null && context.Container.Ports is null)
        {
            context.Enter(StatePort(state!));
            return ValueTask.CompletedTask;
        }

        var outbound = transitions.Where(t => t.From == state && Exists(t.To)).ToList();
        var fired = context.Container.Arrivals;
        var asked = fired is { Count: > 0 }
            ? outbound.Where(t => fired.ContainsKey(t.Port("trigger")))
            : outbound.Where(t => !context.Node.Ports.ContainsKey(t.Port("trigger")));
        if (asked.FirstOrDefault(t => Transitions.Holds(context, t.Key, unset: true)) is { } taken)
        {
            if (context.Container.ItemIndex == IdleTransitions)
            {
                throw new ActivityException("EndlessTransitions",
                    $"The machine took {IdleTransitions} transitions in a row without a trigger or anything being done on the way, and stands at '{state}': it would never end. Give a transition of this cycle a trigger, such as a Delay, or an action that changes what the conditions look at.");
            }

            context.Enter(taken.Port());
            return ValueTask.CompletedTask;
        }

        IReadOnlyList<string> triggers = fired is { Count: > 0 } ? [.. fired.Keys] : [.. outbound.Select(t => t.Port("trigger")).Where(context.Node.Ports.ContainsKey)];
        if (triggers.Count > 0)
        {
            context.Enter(triggers);
        }
        else if (outbound.Count > 0)
        {
            throw new ActivityException("NoTransition", $"No condition of the transitions from state '{state}' holds, and none has a trigger: the machine would never leave it.");
        }

        return ValueTask.CompletedTask;
    }

    public override void Entered(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node)
    {
        if (instance.Ports is null && instance.Port!.StartsWith("states/", StringComparison.Ordinal))
        {
            Run(scheduler, instance, node, $"{instance.Port}/entry");
            return;
        }

        if (All.FirstOrDefault(t => t.Port() == instance.Port) is { } taken)
        {
            if (instance.Arrivals?.GetValueOrDefault(taken.Port("trigger")) is { } trigger)
            {
                instance.Cause = Guid.Parse(trigger.Min!);
                instance.ItemIndex = 0;
            }

            instance.Arrivals = null;
            scheduler.CancelChildren(instance);
            Run(scheduler, instance, node, $"{StatePort(taken.From)}/exit");
            return;
        }

        var fired = instance.Arrivals;
        instance.Arrivals = null;
        foreach (var port in instance.Ports ?? [instance.Port!])
        {
            // One that fired in vain is set again, after itself.
            var cause = fired?.GetValueOrDefault(port) is { } before ? Guid.Parse(before.Min!) : instance.Cause ?? instance.Id;
            scheduler.Schedule(instance, node.Ports[port], InstanceIds.Child(cause, port, node.Ports[port].Id));
        }
    }

    public override void ChildCompleted(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, ActivityInstance child, IReadOnlyList<string> outcomes)
    {
        var port = node.Ports.First(p => p.Value.Id == child.Activity).Key;
        if (!port.EndsWith("/trigger", StringComparison.Ordinal))
        {
            instance.Cause = child.Id;
            After(scheduler, instance, node, port);
            return;
        }

        instance.Arrivals ??= new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        instance.Arrivals[port] = new SortedSet<string>(StringComparer.Ordinal) { child.Id.ToString() };
        if (instance.Status != InstanceStatus.Ready)
        {
            scheduler.Again(instance);
        }
    }

    /// <summary>Runs what stands at a port; where nothing does, goes on as if it had.</summary>
    private void Run(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, string port)
    {
        if (node.Ports.TryGetValue(port, out var child))
        {
            instance.ItemIndex = 0;
            scheduler.Schedule(instance, child, InstanceIds.Child(instance.Cause ?? instance.Id, port, child.Id));
        }
        else
        {
            After(scheduler, instance, node, port);
        }
    }

    private void After(ActivityScheduler scheduler, ActivityInstance instance, ActivityNode node, string port)
    {
        if (port.EndsWith("/entry", StringComparison.Ordinal))
        {
            scheduler.Again(instance);
            return;
        }

        var taken = All.First(t => t.Port() == instance.Port);
        if (port.EndsWith("/exit", StringComparison.Ordinal))
        {
            Run(scheduler, instance, node, taken.Port("action"));
        }
        else
        {
            // Without anything of its own a state is still another step: what follows must not be named as it was the last time round.
            instance.Cause = InstanceIds.Child(instance.Cause ?? instance.Id, taken.Port(), node.Id);
            instance.Port = StatePort(taken.To);
            instance.ItemIndex++;
            Run(scheduler, instance, node, $"{instance.Port}/entry");
        }
    }

    private static string? StateOf(ActivityInstance instance, IReadOnlyList<Transition> transitions)
    {
        var port = instance.Port ?? instance.Ports?[0];
        return port is null ? null
            : port.StartsWith("states/", StringComparison.Ordinal) ? port["states/".Length..]
            : transitions.First(t => port == t.Port() || port == t.Port("trigger")).From;
    }

    private bool Exists(string? state) => States?.Exists(s => s.Name == state) == true;

    private static string? FirstOf(string? one, string? other) => string.IsNullOrWhiteSpace(one) ? other : one;

    private static string StatePort(string state) => $"states/{state}";

    private IReadOnlyList<Transition> All => _all ??= [.. Transitions.Labels.Zip(Transitions.Items, (key, item) => new Transition(key, Text(item, "from"), Text(item, "to")))];

    private static string Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty;

    public sealed record State([property: JsonPropertyName("name")] string? Name);

    private sealed record Transition(string Key, string From, string To)
    {
        public string Port() => $"transitions/{Key}";

        public string Port(string member) => $"transitions/{Key}/{member}";
    }
}
