using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Definitions;

/// <summary>
/// What can be wrong with the shape of a definition: members of another type than Elsa's contract gives them. The Studio shows nothing
/// at all of a definition that it can't read, so none such is kept.
/// </summary>
public sealed class DefinitionShape
{
    private static readonly (string Name, JsonValueKind Kind)[] Definition =
    [
        .. Each(JsonValueKind.String, "definitionId", "name", "description"),
        .. Each(JsonValueKind.Array, "variables", "inputs", "outputs", "outcomes"),
        .. Each(JsonValueKind.Object, "customProperties", "options", "root"),
    ];

    private static readonly (string Name, JsonValueKind Kind)[] Options =
    [
        .. Each(JsonValueKind.String, "activationStrategyType", "activityCategory", "incidentStrategyType", "commitStrategyName"),
        .. Each(JsonValueKind.True, "usableAsActivity", "autoUpdateConsumingWorkflows"),
    ];

    private static readonly (string Name, JsonValueKind Kind)[] Variable =
        [.. Each(JsonValueKind.String, "id", "name", "typeName", "storageDriverTypeName"), .. Each(JsonValueKind.True, "isArray")];

    private static readonly (string Name, JsonValueKind Kind)[] Argument =
        [.. Each(JsonValueKind.String, "type", "name", "displayName", "description", "category", "uiHint", "storageDriverType"), .. Each(JsonValueKind.True, "isArray")];

    private static readonly (string Name, JsonValueKind Kind)[] Activity =
        [.. Each(JsonValueKind.String, "name"), .. Each(JsonValueKind.Number, "version"), .. Each(JsonValueKind.Object, "customProperties", "metadata")];

    private static readonly (string Name, JsonValueKind Kind)[] End = Each(JsonValueKind.String, "activity", "port");

    private readonly List<DefinitionProblem> _problems = [];

    private DefinitionShape()
    {
    }

    /// <summary>Everything that is wrong with the shape of a definition; whether it can run is the compiler's to say.</summary>
    public static IReadOnlyList<DefinitionProblem> Check(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object)
        {
            return [new DefinitionProblem(null, "", "A definition is a JSON object.")];
        }

        var shape = new DefinitionShape();
        shape.CheckDefinition(document);
        return shape._problems;
    }

    /// <summary>The same of a file that is imported: it has a root, or anything could be taken for a flow.</summary>
    public static IReadOnlyList<DefinitionProblem> CheckFile(JsonElement document) =>
        document.ValueKind == JsonValueKind.Object && document.Member("root").ValueKind is JsonValueKind.Undefined or JsonValueKind.Null
            ? [new DefinitionProblem(null, "/root", "This is no workflow definition: it has no 'root', which is the activity that the flow begins with, an object."), .. Check(document)]
            : Check(document);

    private void CheckDefinition(JsonElement document)
    {
        CheckKinds(document, "", null, Definition);
        CheckId(document);
        CheckKinds(document.Member("options"), "/options", null, Options);
        foreach (var (item, path) in Items(document, "variables", "", null))
        {
            CheckKinds(item, path, null, Variable);
        }

        foreach (var (item, path) in Items(document, "inputs", "", null).Concat(Items(document, "outputs", "", null)))
        {
            CheckKinds(item, path, null, Argument);
        }

        if (document.Member("root") is { ValueKind: JsonValueKind.Object } root)
        {
            CheckTree(root);
        }
    }

    // It is a segment of the flow's URLs.
    private void CheckId(JsonElement document)
    {
        if (document.Text("definitionId") is { } id
            && (id.Length > 200 || id is "." or ".." || id.Any(c => char.IsControl(c) || c is '/' or '\\' or '?' or '#' or '%')))
        {
            Add(null, "/definitionId", "The definition id stands in URLs: at most 200 characters, without slashes, ?, #, % and control characters.");
        }
    }

    /// <summary>Activities may stand anywhere in one another: in <c>activities</c>, at ports, in <c>cases[].activity</c>.</summary>
    private void CheckTree(JsonElement root)
    {
        var work = new Queue<(JsonElement Json, string Path, bool IsActivity)>();
        work.Enqueue((root, "/root", true));
        while (work.TryDequeue(out var item))
        {
            var (json, path, isActivity) = item;
            if (json.ValueKind == JsonValueKind.Array)
            {
                var index = 0;
                foreach (var child in json.EnumerateArray())
                {
                    Enqueue(child, $"{path}/{index++}", isActivity: false);
                }

                continue;
            }

            isActivity |= LooksLikeActivity(json);
            if (isActivity)
            {
                CheckActivity(json, path);
                foreach (var (child, at) in Items(json, "activities", path, json.Text("id")))
                {
                    Enqueue(child, at, isActivity: true);
                }
            }

            // What stands in an expression is a value, whatever it looks like.
            foreach (var member in json.EnumerateObject().Where(m => m.Name is not ("customProperties" or "metadata" or "expression" or "connections") && !(isActivity && m.Name == "activities")))
            {
                Enqueue(member.Value, $"{path}/{member.Name}", isActivity: false);
            }
        }

        void Enqueue(JsonElement json, string path, bool isActivity)
        {
            if (json.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            {
                work.Enqueue((json, path, isActivity));
            }
        }
    }

    // A JSON schema's nodes have id and type as well; types of activities have a namespace.
    private static bool LooksLikeActivity(JsonElement json) => json.Text("id") is not null && json.Text("type")?.Contains('.', StringComparison.Ordinal) == true;

    private void CheckActivity(JsonElement json, string path)
    {
        var id = json.Text("id");
        foreach (var name in (string[])["id", "type"])
        {
            if (json.Text(name) is null)
            {
                Add(id, $"{path}/{name}", $"An activity needs {(name == "id" ? "an id" : "a type")}, as text.");
            }
        }

        CheckKinds(json, path, id, Activity);
        CheckKinds(json.Member("metadata"), $"{path}/metadata", id, Each(JsonValueKind.Object, "designer"));
        var designer = json.Member("metadata").Member("designer");
        CheckKinds(designer, $"{path}/metadata/designer", id, Each(JsonValueKind.Object, "position", "size"));
        CheckKinds(designer.Member("position"), $"{path}/metadata/designer/position", id, Each(JsonValueKind.Number, "x", "y"));
        CheckKinds(designer.Member("size"), $"{path}/metadata/designer/size", id, Each(JsonValueKind.Number, "width", "height"));
        foreach (var (connection, at) in Items(json, "connections", path, id))
        {
            CheckConnection(connection, at, id);
        }
    }

    private void CheckConnection(JsonElement connection, string path, string? activity)
    {
        foreach (var name in (string[])["source", "target"])
        {
            var end = connection.Member(name);
            // Elsa 3 writes {"activity","port"}; its first releases wrote the id alone.
            if (end.ValueKind is not (JsonValueKind.Object or JsonValueKind.String or JsonValueKind.Undefined or JsonValueKind.Null))
            {
                Add(activity, $"{path}/{name}", $"'{name}' is an object {{\"activity\",\"port\"}}, not {Say(end.ValueKind)}.");
            }

            CheckKinds(end, $"{path}/{name}", activity, End);
        }

        foreach (var (vertex, at) in Items(connection, "vertices", path, activity))
        {
            CheckKinds(vertex, at, activity, Each(JsonValueKind.Number, "x", "y"));
        }
    }

    /// <summary>The objects of a list, where it is one.</summary>
    private List<(JsonElement Item, string Path)> Items(JsonElement owner, string name, string path, string? activity)
    {
        var found = new List<(JsonElement, string)>();
        if (owner.Member(name) is not { ValueKind: JsonValueKind.Array } list)
        {
            if (path.Length > 0)
            {
                CheckKinds(owner, path, activity, Each(JsonValueKind.Array, name));
            }

            return found;
        }

        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            var at = $"{path}/{name}/{index++}";
            if (item.ValueKind == JsonValueKind.Object)
            {
                found.Add((item, at));
            }
            else
            {
                Add(activity, at, $"This is an object, not {Say(item.ValueKind)}.");
            }
        }

        return found;
    }

    private void CheckKinds(JsonElement owner, string path, string? activity, IEnumerable<(string Name, JsonValueKind Kind)> expected)
    {
        foreach (var (name, kind) in expected)
        {
            var given = owner.Member(name).ValueKind;
            if (given is not (JsonValueKind.Undefined or JsonValueKind.Null) && given != kind && !(kind == JsonValueKind.True && given == JsonValueKind.False))
            {
                Add(activity, $"{path}/{name}", $"'{name}' is {Say(kind)}, not {Say(given)}.");
            }
        }
    }

    private void Add(string? activity, string path, string message) => _problems.Add(new DefinitionProblem(activity, path, message));

    private static (string, JsonValueKind)[] Each(JsonValueKind kind, params string[] names) => [.. names.Select(name => (name, kind))];

    private static string Say(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };
}
