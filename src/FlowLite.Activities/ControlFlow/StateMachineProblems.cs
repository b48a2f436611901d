using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.ControlFlow;

/// <summary>What keeps a state machine from running: states that aren't there, transitions that follow each other for ever.</summary>
internal sealed class StateMachineProblems
{
    private readonly ActivityNode _node;
    private readonly string? _initial;
    private readonly Dictionary<string, JsonElement> _states = [];
    private readonly List<(string From, string To, JsonElement Json, string Path)> _transitions = [];

    /// <param name="initial">The state that it begins with; null or empty: none was chosen.</param>
    public StateMachineProblems(ActivityNode node, JsonElement json, string? initial)
    {
        _node = node;
        _initial = initial;
        foreach (var state in Items(json, "states"))
        {
            _states.TryAdd(state.Text("name") ?? "", state);
        }

        var index = 0;
        foreach (var transition in Items(json, "transitions"))
        {
            _transitions.Add((transition.Text("from") ?? "", transition.Text("to") ?? "", transition, $"{node.Path}/transitions/{index++}"));
        }
    }

    public IEnumerable<DefinitionProblem> Find()
    {
        if (_states.Count > 0 && string.IsNullOrWhiteSpace(_initial))
        {
            yield return Problem($"{_node.Path}/initialState", "No initial state is chosen: the machine does nothing.") with { IsWarning = true };
        }
        else if (!string.IsNullOrWhiteSpace(_initial) && !_states.ContainsKey(_initial))
        {
            yield return Problem($"{_node.Path}/initialState", $"There is no state '{_initial}'{Known}");
        }

        foreach (var (from, to, _, path) in _transitions)
        {
            if (!_states.ContainsKey(from))
            {
                yield return Problem($"{path}/from", $"There is no state '{from}'{Known}");
            }

            if (!_states.ContainsKey(to))
            {
                yield return Problem($"{path}/to", $"There is no state '{to}'{Known}");
            }
        }

        foreach (var cycle in Cycles())
        {
            yield return Problem(cycle[0].Path,
                $"The transitions lead {string.Join(" to ", cycle.Select(c => $"'{c.From}'"))} and back without a trigger, a condition or anything being done: the machine would never end.");
        }
    }

    private string Known => _states.Count == 0 ? ": the machine has none." : $"; there are {string.Join(", ", _states.Keys.Take(10).Select(name => $"'{name}'"))}{(_states.Count > 10 ? "…" : "")}.";

    private DefinitionProblem Problem(string path, string message) => new(_node.Id, path, message);

    /// <summary>Cycles of states that are each left at once for the next, with nothing done on the way.</summary>
    private List<List<(string From, string Path)>> Cycles()
    {
        var next = new Dictionary<string, (string To, string Path)>();
        foreach (var state in _states.Keys)
        {
            if (Always(state) is { } taken && IsIdle(state, taken.To, taken.Json))
            {
                next[state] = (taken.To, taken.Path);
            }
        }

        var cycles = new List<List<(string, string)>>();
        var seen = new HashSet<string>();
        foreach (var state in next.Keys)
        {
            var walk = new List<(string From, string Path)>();
            var at = state;
            while (seen.Add(at) && next.TryGetValue(at, out var step))
            {
                walk.Add((at, step.Path));
                at = step.To;
            }

            if (walk.FindIndex(step => step.From == at) is >= 0 and var begin)
            {
                cycles.Add(walk[begin..]);
            }
        }

        return cycles;
    }

    /// <summary>The transition that is taken from a state as soon as it is entered, whatever the run holds; null: that depends, or none is.</summary>
    private (string From, string To, JsonElement Json, string Path)? Always(string state)
    {
        foreach (var transition in _transitions.Where(t => t.From == state && _states.ContainsKey(t.To) && !Has(t.Json, "trigger")))
        {
            switch (Condition(transition.Json))
            {
                case true:
                    return transition;
                case null:
                    return null;
            }
        }

        return null;
    }

    private bool IsIdle(string from, string to, JsonElement transition) =>
        !Has(_states[from], "exit") && !Has(transition, "action") && !Has(_states[to], "entry");

    private static bool Has(JsonElement item, string member) => item.Member(member).ValueKind == JsonValueKind.Object;

    /// <summary>Null: only a run knows.</summary>
    private static bool? Condition(JsonElement transition)
    {
        var input = transition.Member("condition");
        var expression = input.Member("expression") is { ValueKind: JsonValueKind.Object } wrapped ? wrapped : input;
        var value = expression.ValueKind == JsonValueKind.Object ? expression.Member("value") : expression;
        return value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.True => true,
            JsonValueKind.False => false,
            // The same in every language.
            JsonValueKind.String when bool.TryParse(value.GetString(), out var constant) => constant,
            _ => null,
        };
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement json, string list) =>
        json.Member(list) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : default;
}
