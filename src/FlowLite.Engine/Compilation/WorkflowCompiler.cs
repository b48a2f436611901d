using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Compilation;

/// <summary>Turns a definition into something that runs, or says everything that keeps it from running, at once.</summary>
public sealed class WorkflowCompiler(ActivityRegistry registry, ExpressionLanguages languages)
{
    /// <exception cref="InvalidDefinitionException">With every problem, each with its activity and JSON path.</exception>
    public CompiledWorkflow Compile(WorkflowDefinition definition)
    {
        var problems = new List<DefinitionProblem>();
        var workflow = TryCompile(definition, problems);
        var errors = problems.Where(p => !p.IsWarning).ToList();
        return workflow is not null && errors.Count == 0 ? workflow : throw new InvalidDefinitionException(errors);
    }

    /// <summary>
    /// A version that was published once, maybe when less was checked: what it was taken with then doesn't keep it from running now.
    /// </summary>
    /// <exception cref="InvalidDefinitionException">Something of it can't be read here, such as an activity that vanished; without that it would be another flow.</exception>
    public CompiledWorkflow CompilePublished(WorkflowDefinition definition)
    {
        var problems = new List<DefinitionProblem>();
        var workflow = TryCompile(definition, problems);
        var errors = problems.Where(p => !p.IsWarning && !p.RunsAnyway).ToList();
        return workflow is not null && errors.Count == 0 ? workflow : throw new InvalidDefinitionException(errors);
    }

    /// <summary>Null when there is no root to speak of; else a workflow that may only run when no problem is an error.</summary>
    public CompiledWorkflow? TryCompile(WorkflowDefinition definition, List<DefinitionProblem> problems)
    {
        var document = definition.Document;
        if (!document.TryGetProperty("root", out var root) || root.ValueKind != JsonValueKind.Object)
        {
            problems.Add(new DefinitionProblem(null, "/root", "The definition has no root activity."));
            return null;
        }

        var variables = new Dictionary<string, Variable>();
        VariableReader.Read(document, "", null, variables, problems);
        var nodes = new Dictionary<string, ActivityNode>();
        var reader = new ActivityReader(registry, nodes, variables, problems);
        var rootNode = reader.Read(root, "/root", parent: null);
        if (rootNode is null)
        {
            return null;
        }

        SecureSettings.ReadVariables(document, variables, problems);
        var binder = new InputBinder(languages, variables, problems);
        var log = LogPersistence.OfFlow(document);
        foreach (var (node, json) in reader.Read())
        {
            node.Log = LogPersistence.Of(node, json, node.Parent?.Log ?? log, problems);
            SecureSettings.Read(node, json);
            binder.Bind(node, json);
            RetryPolicyReader.Read(node, json, problems);
            EffectReader.Read(node, json, problems);
            AskActivity(node, json, problems);
            ScopeMembers.Find(node);
        }

        Timeouts.ReadRun(rootNode, document, problems);
        var (activation, continues) = (Strategies.Activation(document, problems), Strategies.ContinuesWithIncidents(document, problems));

        // An input's expression stands three levels deeper.
        if (nodes.Values.FirstOrDefault(n => n.Path.Count('/') + 3 > DefinitionJson.StudioDepth) is { } deep)
        {
            problems.Add(new DefinitionProblem(deep.Id, deep.Path,
                $"The flow is nested deeper than Elsa Studio can read ({DefinitionJson.StudioDepth} levels of JSON): it runs, but can't be opened there.", IsWarning: true));
        }

        // Containers produce nothing that is asked for by their names, and the Studio calls each branch's Flowchart1.
        foreach (var name in nodes.Values.GroupBy(n => n.Name).Where(g => g.Count() > 1 && !g.All(n => n.Descriptor is { IsContainer: true, Outputs.Count: 0 })))
        {
            problems.Add(new DefinitionProblem(name.Last().Id, name.Last().Path,
                $"{name.Count()} activities are named '{name.Key}': actions.{name.Key} would be whichever ran last. Give each its own name.", RunsAnyway: true));
        }

        for (var i = 0; i < problems.Count; i++)
        {
            if (problems[i].ActivityId is { } id && nodes.TryGetValue(id, out var node))
            {
                problems[i] = problems[i] with { ActivityName = node.Name };
            }
        }

        return new CompiledWorkflow
        {
            Definition = definition,
            Root = rootNode,
            Nodes = nodes,
            Variables = variables,
            Inputs = document.Member("inputs") is { ValueKind: JsonValueKind.Array } inputs ? [.. inputs.EnumerateArray().Select(input => input.Text("name")).OfType<string>()] : [],
            ContinuesWithIncidents = continues,
            Activation = activation,
            SecureInputs = SecureSettings.ReadRun(document),
            Warnings = [.. problems.Where(p => p.IsWarning)],
            Tolerated = [.. problems.Where(p => p.RunsAnyway && !p.IsWarning)],
            Flow = JsonValues.Object(writer =>
            {
                writer.WriteString("id", definition.DefinitionId);
                writer.WriteString("versionId", definition.Id);
                writer.WriteString("name", definition.Name);
                writer.WriteNumber("version", definition.Version);
            }),
        };
    }

    private static void AskActivity(ActivityNode node, JsonElement json, List<DefinitionProblem> problems)
    {
        try
        {
            MergeModes.Read(node, json, problems);
            Timeouts.Read(node, json, problems);
            CheckStart(node, problems);
        }
        // A plugin's fault is a problem of the flows with it.
        catch (Exception e)
        {
            problems.Add(InputBinder.CantCheck(node, e));
        }
    }

    private static void CheckStart(ActivityNode node, List<DefinitionProblem> problems)
    {
        if (node.CanStartWorkflow && !problems.Exists(p => p.ActivityId == node.Id && !p.IsWarning))
        {
            problems.AddRange(node.Activity.ValidateStart().Select(problem => new DefinitionProblem(node.Id, node.Path, problem, RunsAnyway: true)));
        }
    }
}

/// <summary>Variables that a definition or a container declares: <c>[{"id","name","typeName","isArray","value"}]</c>.</summary>
internal static class VariableReader
{
    public static void Read(JsonElement owner, string path, string? container, Dictionary<string, Variable> variables, List<DefinitionProblem> problems)
    {
        if (!owner.TryGetProperty("variables", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        var index = -1;
        foreach (var item in list.EnumerateArray())
        {
            index++;
            var name = item.Text("name");
            var id = item.Text("id") ?? name;
            if (id is null || name is null)
            {
                problems.Add(new DefinitionProblem(null, $"{path}/variables/{index}", "A variable needs a name."));
                continue;
            }

            var type = new VariableType(item.Text("typeName"), item.Member("isArray").ValueKind == JsonValueKind.True);
            if (!type.TryReadText(item.Member("value"), out var value))
            {
                problems.Add(new DefinitionProblem(null, $"{path}/variables/{index}/value", $"The value of variable '{name}' is no {type}.", RunsAnyway: true));
                value = item.Member("value");
            }

            if (!variables.TryAdd(id, new Variable(id, name, type, value, container)))
            {
                problems.Add(new DefinitionProblem(null, $"{path}/variables/{index}/id", $"Two variables have the id '{id}'."));
            }
        }
    }
}
