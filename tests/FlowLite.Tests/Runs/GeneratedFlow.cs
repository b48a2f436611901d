using System.Text.Json.Nodes;

namespace FlowLite.Tests.Runs;

/// <summary>
/// A random flow of sequences, branches, switches, joins, loops, breaks, races, cycles, scopes, waits and runs of other flows, together with what it has to do: how often each
/// effect runs. What an effect sends depends on the trigger, its item and its own loop only, never on a race.
/// </summary>
internal sealed class GeneratedFlow
{
    private readonly Random _random;
    private int _ids;

    public GeneratedFlow(int seed)
    {
        _random = new Random(seed);
        var root = Block(depth: 0, times: 1, inLoop: null);
        Document = new JsonObject { ["definitionId"] = $"generated-{seed}", ["name"] = "Generated", ["root"] = root };
    }

    public JsonObject Document { get; }

    /// <summary>The flows that it starts runs of, by their ids.</summary>
    public Dictionary<string, JsonObject> Flows { get; } = [];

    /// <summary>Executions by effect id.</summary>
    public Dictionary<string, int> Expected { get; } = [];

    private JsonObject Block(int depth, int times, string? inLoop)
    {
        var children = new JsonArray();
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            children.Add(Element(depth, times, inLoop));
        }

        var block = Activity("Elsa.Sequence");
        block["activities"] = children;
        return block;
    }

    private JsonObject Element(int depth, int times, string? inLoop) => _random.Next(depth < 3 ? 18 : 4) switch
    {
        0 or 1 => Effect(times, inLoop),
        2 => Wait(),
        3 => Log(),
        4 => If(depth, times, inLoop),
        5 => ForEach(depth, times),
        6 => Fork(depth, times, inLoop),
        7 => For(depth, times),
        8 => ParallelForEach(depth, times),
        9 => Parallel(depth, times, inLoop),
        10 => Switch(depth, times, inLoop),
        11 => BreakOut(times),
        12 => Race(times, inLoop),
        13 => While(times),
        14 => Until(times),
        15 => Scope(times, inLoop),
        16 => OtherFlow(times),
        _ => Cycle(times),
    };

    private JsonObject Effect(int times, string? inLoop)
    {
        var effect = Activity("Test.Effect");
        effect["label"] = Scriban(inLoop is null ? "{{ trigger.body.name }}/{{ item }}" : $"{{{{ trigger.body.name }}}}/{{{{ item }}}}/{{{{ variables.{inLoop} }}}}");
        Expected[(string)effect["id"]!] = times;
        return effect;
    }

    private JsonObject Wait()
    {
        var wait = Activity("Elsa.Delay");
        wait["timeSpan"] = Literal($"00:0{_random.Next(0, 9)}:00");
        return wait;
    }

    private JsonObject Log()
    {
        var log = Activity("Elsa.WriteLine");
        log["text"] = Scriban("{{ run.now }} {{ item }}");
        return log;
    }

    private JsonObject If(int depth, int times, string? inLoop)
    {
        var condition = _random.Next(2) == 0;
        var @if = Activity("Elsa.If");
        @if["condition"] = condition ? Scriban("{{ trigger.body.name != '' }}") : Literal("false");
        @if["then"] = Block(depth + 1, condition ? times : 0, inLoop);
        @if["else"] = Block(depth + 1, condition ? 0 : times, inLoop);
        return @if;
    }

    private JsonObject ForEach(int depth, int times) => Each("Elsa.ForEach", depth, times);

    private JsonObject ParallelForEach(int depth, int times) => Each("Elsa.ParallelForEach", depth, times);

    private JsonObject Each(string type, int depth, int times)
    {
        var count = _random.Next(0, 4);
        var loop = Activity(type);
        loop["items"] = new JsonObject { ["expression"] = new JsonObject { ["type"] = "Json", ["value"] = $"[{string.Join(",", Enumerable.Range(1, count).Select(n => $"\"i{_ids}-{n}\""))}]" } };
        loop["body"] = Block(depth + 1, times * count, inLoop: null);
        return loop;
    }

    /// <summary>Branches that run side by side, one of them perhaps not taken, and a join after them.</summary>
    private JsonObject Fork(int depth, int times, string? inLoop)
    {
        var start = Log();
        var decision = Activity("Elsa.FlowDecision");
        decision["condition"] = Scriban("{{ trigger.body.name == 'nobody' }}");
        var join = Effect(times, inLoop);
        var dead = Effect(0, inLoop);
        var activities = new JsonArray { start, decision, join, dead };
        var connections = new JsonArray { Connect(start, "Done", decision), Connect(decision, "True", dead), Connect(decision, "False", join), Connect(dead, "Done", join) };
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            var branch = Block(depth + 1, times, inLoop);
            activities.Add(branch);
            connections.Add(Connect(start, "Done", branch));
            connections.Add(Connect(branch, "Done", join));
        }

        return Flowchart(activities, connections);
    }

    /// <summary>A cycle by connections that goes round a fixed number of times.</summary>
    private JsonObject Cycle(int times)
    {
        var rounds = _random.Next(1, 4);
        var variable = $"count{++_ids}";
        var reset = Set(variable, Literal("0"));
        var increment = Set(variable, Scriban($"{{{{ (variables.{variable} | string.to_int) + 1 }}}}"));
        var body = Effect(times * rounds, inLoop: variable);
        var decision = Activity("Elsa.FlowDecision");
        decision["condition"] = Scriban($"{{{{ (variables.{variable} | string.to_int) < {rounds} }}}}");
        var after = Effect(times, inLoop: variable);
        var cycle = Flowchart(
            [reset, increment, body, decision, after],
            [Connect(reset, "Done", increment), Connect(increment, "Done", body), Connect(body, "Done", decision), Connect(decision, "True", increment), Connect(decision, "False", after)]);
        // Its own in each of a parallel loop's rounds.
        cycle["variables"] = Variable(variable);
        return cycle;
    }

    private static JsonArray Variable(string id) => [new JsonObject { ["id"] = id, ["name"] = id, ["typeName"] = "Int32", ["value"] = "0" }];

    private JsonObject For(int depth, int times)
    {
        var (start, rounds, step) = (_random.Next(-2, 3), _random.Next(0, 4), _random.Next(2) == 0 ? 2 : -1);
        var loop = Activity("Elsa.For");
        loop["start"] = Literal($"{start}");
        loop["end"] = Literal($"{start + (rounds * step)}");
        loop["step"] = Literal($"{step}");
        loop["outerBoundInclusive"] = Literal("False");
        loop["body"] = Block(depth + 1, times * rounds, inLoop: null);
        return loop;
    }

    private JsonObject While(int times)
    {
        var rounds = _random.Next(0, 4);
        var variable = $"count{++_ids}";
        var loop = Activity("Elsa.While");
        loop["condition"] = Scriban($"{{{{ variables.{variable} < {rounds} }}}}");
        var body = Activity("Elsa.Sequence");
        body["activities"] = new JsonArray(Set(variable, Scriban($"{{{{ variables.{variable} + 1 }}}}")), Wait(), Effect(times * rounds, inLoop: variable));
        loop["body"] = body;
        var around = Activity("Elsa.Sequence");
        around["variables"] = Variable(variable);
        around["activities"] = new JsonArray(loop);
        return around;
    }

    /// <summary>Ends by its condition, or by its count.</summary>
    private JsonObject Until(int times)
    {
        var (rounds, byCount) = (_random.Next(1, 4), _random.Next(2) == 0);
        var variable = $"count{++_ids}";
        var loop = Activity("FlowLite.Until");
        loop["condition"] = byCount ? Literal("false") : Scriban($"{{{{ variables.{variable} >= {rounds} }}}}");
        loop["count"] = Literal($"{(byCount ? rounds : 60)}");
        var body = Activity("Elsa.Sequence");
        body["activities"] = new JsonArray(Set(variable, Scriban($"{{{{ variables.{variable} + 1 }}}}")), Effect(times * rounds, inLoop: variable));
        loop["body"] = body;
        var around = Activity("Elsa.Sequence");
        around["variables"] = Variable(variable);
        around["activities"] = new JsonArray(loop);
        return around;
    }

    /// <summary>A scope that succeeds, fails or is out of time, and what its ports lead to.</summary>
    private JsonObject Scope(int times, string? inLoop)
    {
        string[] ports = ["Done", "Failed", "TimedOut"];
        var comes = _random.Next(ports.Length);
        var steps = new JsonArray(Effect(times, inLoop), Wait());
        if (comes == 1)
        {
            var fault = Activity("Elsa.Fault");
            fault["code"] = Literal("Mine");
            steps.Add(fault);
        }
        else if (comes == 2)
        {
            steps.Add(Long());
        }

        steps.Add(Effect(comes == 0 ? times : 0, inLoop));
        var body = Activity("Elsa.Sequence");
        body["activities"] = steps;
        if (comes != 0)
        {
            // What is under way beside it is cancelled.
            var slow = Activity("Elsa.Sequence");
            slow["activities"] = new JsonArray(Long(), Effect(0, inLoop));
            var both = Activity("Elsa.Parallel");
            both["activities"] = new JsonArray(body, slow);
            body = both;
        }

        var scope = Activity("FlowLite.Scope");
        scope["body"] = body;
        scope["timeLimit"] = "PT1H";
        var activities = new JsonArray { scope };
        var connections = new JsonArray();
        for (var i = 0; i < ports.Length; i++)
        {
            var next = Effect(i == comes ? times : 0, inLoop);
            activities.Add(next);
            connections.Add(Connect(scope, ports[i], next));
        }

        return Flowchart(activities, connections);
    }

    /// <summary>Runs of another flow: waited for or not, as an activity, or one for each item of a list.</summary>
    private JsonObject OtherFlow(int times)
    {
        var kind = _random.Next(4);
        var items = kind == 3 ? _random.Next(0, 4) : 1;
        var flow = $"flow{++_ids}";
        var effect = Effect(times * items, inLoop: null);
        effect["label"] = Scriban("{{ inputs.who }}");
        var output = Activity("Elsa.SetOutput");
        (output["outputName"], output["outputValue"]) = (Literal("who"), Scriban("{{ inputs.who }}"));
        var root = Activity("Elsa.Sequence");
        root["activities"] = new JsonArray(effect, Wait(), output);
        Flows[flow] = new JsonObject { ["definitionId"] = flow, ["name"] = flow, ["root"] = root };

        var run = Activity(kind switch { 0 => "Elsa.ExecuteWorkflow", 1 => "Elsa.DispatchWorkflow", 2 => flow, _ => "Elsa.BulkDispatchWorkflows" });
        run["workflowDefinitionId"] = kind == 2 ? flow : Literal(flow);
        switch (kind)
        {
            case 2:
                run["who"] = Scriban("{{ trigger.body.name }}{{ item }}");
                break;
            case 3:
                run["items"] = new JsonObject { ["expression"] = new JsonObject { ["type"] = "Json", ["value"] = $"[{string.Join(",", Enumerable.Range(1, items))}]" } };
                run["defaultItemInputKey"] = Literal("who");
                var each = Effect(times * items, inLoop: null);
                each["label"] = Scriban("{{ item.output.who }}");
                var ended = Activity("Elsa.Sequence");
                ended["activities"] = new JsonArray(Wait(), each);
                run["childCompleted"] = ended;
                break;
            default:
                run["input"] = Scriban("{{ { who: trigger.body.name + '/' + (item ?? '') } }}");
                break;
        }

        return run;
    }

    private JsonObject Parallel(int depth, int times, string? inLoop)
    {
        var wide = Activity(_random.Next(2) == 0 ? "Elsa.Parallel" : "Elsa.Fork");
        var branches = new JsonArray();
        for (var i = _random.Next(0, 4); i > 0; i--)
        {
            branches.Add(Block(depth + 1, times, inLoop));
        }

        wide[(string)wide["type"]! == "Elsa.Fork" ? "branches" : "activities"] = branches;
        return wide;
    }

    private JsonObject Switch(int depth, int times, string? inLoop)
    {
        var any = _random.Next(2) == 0;
        var holds = new[] { false, _random.Next(2) == 0, true };
        var @switch = Activity("Elsa.Switch");
        @switch["mode"] = Literal(any ? "MatchAny" : "MatchFirst");
        var cases = new JsonArray();
        var taken = false;
        foreach (var condition in holds)
        {
            var runs = condition && (any || !taken);
            taken |= condition;
            cases.Add(new JsonObject
            {
                ["label"] = $"case {cases.Count}",
                ["condition"] = new JsonObject { ["type"] = "Scriban", ["value"] = condition ? "{{ trigger.body.name != '' }}" : "{{ false }}" },
                ["activity"] = Block(depth + 1, runs ? times : 0, inLoop),
            });
        }

        @switch["cases"] = cases;
        @switch["default"] = Block(depth + 1, 0, inLoop);
        return @switch;
    }

    /// <summary>A loop that a Break leaves while another branch of its body waits.</summary>
    private JsonObject BreakOut(int times)
    {
        var rounds = _random.Next(1, 4);
        var last = Activity("Elsa.If");
        last["condition"] = Scriban($"{{{{ item == {rounds} }}}}");
        last["then"] = Activity("Elsa.Break");
        var quick = Activity("Elsa.Sequence");
        quick["activities"] = new JsonArray(Effect(times * rounds, inLoop: null), last, Effect(times * (rounds - 1), inLoop: null));
        var slow = Activity("Elsa.Sequence");
        slow["activities"] = new JsonArray(Long(), Effect(times * (rounds - 1), inLoop: null));
        var body = Activity("Elsa.Parallel");
        body["activities"] = new JsonArray(quick, slow);
        var loop = Activity("Elsa.For");
        loop["start"] = Literal("1");
        loop["end"] = Literal("9");
        loop["step"] = Literal("1");
        loop["body"] = body;
        return loop;
    }

    private JsonObject Race(int times, string? inLoop)
    {
        var slow = Activity("Elsa.Sequence");
        slow["activities"] = new JsonArray(Long(), Effect(0, inLoop));
        var quick = Activity("Elsa.Sequence");
        quick["activities"] = new JsonArray(Wait(), Effect(times, inLoop));
        var fork = Activity("Elsa.Fork");
        fork["joinMode"] = "WaitAny";
        fork["branches"] = new JsonArray(slow, quick);
        return fork;
    }

    private JsonObject Long()
    {
        var wait = Activity("Elsa.Delay");
        wait["timeSpan"] = Literal("08:00:00");
        return wait;
    }

    private JsonObject Set(string variable, JsonObject value)
    {
        var set = Activity("Elsa.SetVariable");
        set["variable"] = new JsonObject { ["id"] = variable, ["name"] = variable };
        set["value"] = value;
        return set;
    }

    private JsonObject Flowchart(JsonArray activities, JsonArray connections)
    {
        var flowchart = Activity("Elsa.Flowchart");
        flowchart["activities"] = activities;
        flowchart["connections"] = connections;
        return flowchart;
    }

    private JsonObject Activity(string type)
    {
        var id = $"a{++_ids}";
        return new JsonObject { ["id"] = id, ["name"] = id, ["type"] = type, ["version"] = 1 };
    }

    private static JsonObject Connect(JsonObject source, string port, JsonObject target) => new()
    {
        ["source"] = new JsonObject { ["activity"] = (string)source["id"]!, ["port"] = port },
        ["target"] = new JsonObject { ["activity"] = (string)target["id"]!, ["port"] = "In" },
    };

    private static JsonObject Scriban(string template) => new() { ["expression"] = new JsonObject { ["type"] = "Scriban", ["value"] = template } };

    private static JsonObject Literal(string value) => new() { ["expression"] = new JsonObject { ["type"] = "Literal", ["value"] = value } };
}
