using System.Text.Json;
using System.Text.Unicode;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Definitions;

/// <summary>
/// Reads a workflow definition in Elsa 3's JSON, exports of Elsa included, and says everything that is wrong with its shape at once.
/// What it does not know it keeps: unknown properties and unknown activity types are part of the document.
/// </summary>
public static class DefinitionJson
{
    /// <summary>
    /// 200 activities, one in the other, fit. Nothing here needs stack for them but a few writers that recurse once for each level, which this bounds.
    /// </summary>
    public const int MaxDepth = 500;

    /// <summary>The Studio reads answers to a depth of 64, and the definition stands one level deep in them.</summary>
    internal const int StudioDepth = 63;

    private static readonly JsonDocumentOptions Nesting = new() { MaxDepth = MaxDepth };

    private static readonly string[] Texts = ["definitionId", "name", "description"];
    private static readonly string[] Lists = ["variables", "inputs", "outputs", "outcomes"];
    private static readonly string[] Objects = ["customProperties", "options", "root"];

    /// <param name="utf8">With or without a byte order mark.</param>
    /// <exception cref="InvalidDefinitionException">It is not JSON, or not the JSON of a definition.</exception>
    public static JsonElement Read(ReadOnlyMemory<byte> utf8)
    {
        var document = Parse(utf8, MaxDepth);
        var problems = Check(document);
        return problems.Count == 0 ? document : throw new InvalidDefinitionException(problems);
    }

    /// <summary>A document that was read here before, from where it is stored.</summary>
    public static JsonElement ReadStored(string text) => JsonElement.Parse(text, Nesting);

    /// <summary>JSON without duplicate keys (whose meaning differs from reader to reader) and with nothing but Unicode text in it.</summary>
    /// <exception cref="InvalidDefinitionException">It isn't that.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8, int maxDepth)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        // The parser takes names as they are, and stumbles when they are read.
        if (!Utf8.IsValid(utf8.Span))
        {
            throw Invalid(new DefinitionProblem(null, "", "This is not JSON: it is not UTF-8."));
        }

        try
        {
            var json = JsonElement.Parse(utf8.Span, new JsonDocumentOptions { MaxDepth = maxDepth, AllowDuplicateProperties = false });
            // A lone surrogate (\ud800) parses but can't be read or written as text.
            JsonValues.CompactText(json);
            return json;
        }
        catch (JsonException e)
        {
            throw Invalid(new DefinitionProblem(null, "", $"This is not JSON: {e.Message}"));
        }
        catch (InvalidOperationException)
        {
            throw Invalid(new DefinitionProblem(null, "", "This is not JSON: a text holds half a surrogate pair."));
        }
    }

    /// <summary>Everything that is wrong with the shape of a definition; whether it can run is the compiler's to say.</summary>
    public static IReadOnlyList<DefinitionProblem> Check(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object)
        {
            return [new DefinitionProblem(null, "", "A definition is a JSON object.")];
        }

        var problems = new List<DefinitionProblem>();
        CheckKinds(document, "", null, Texts, JsonValueKind.String, problems);
        CheckKinds(document, "", null, Lists, JsonValueKind.Array, problems);
        CheckKinds(document, "", null, Objects, JsonValueKind.Object, problems);
        CheckId(document, problems);
        foreach (var list in Lists.Take(3))
        {
            CheckItems(document, list, "", null, problems);
        }

        if (document.Member("root") is { ValueKind: JsonValueKind.Object } root)
        {
            CheckActivity(root, "/root", problems);
        }

        return problems;
    }

    // It is a segment of the flow's URLs.
    private static void CheckId(JsonElement document, List<DefinitionProblem> problems)
    {
        if (document.Text("definitionId") is { } id
            && (id.Length > 200 || id is "." or ".." || id.Any(c => char.IsControl(c) || c is '/' or '\\' or '?' or '#' or '%')))
        {
            problems.Add(new DefinitionProblem(null, "/definitionId",
                "The definition id stands in URLs: at most 200 characters, without slashes, ?, #, % and control characters."));
        }
    }

    // Children at ports and unknown places are looked at by the compiler; here only what has to be right for the tree to be walked.
    private static void CheckActivity(JsonElement root, string rootPath, List<DefinitionProblem> problems)
    {
        var work = new Queue<(JsonElement Json, string Path)>();
        work.Enqueue((root, rootPath));
        while (work.TryDequeue(out var item))
        {
            var (json, path) = item;
            var id = json.Text("id");
            foreach (var name in (string[])["id", "type"])
            {
                if (json.Text(name) is null)
                {
                    problems.Add(new DefinitionProblem(id, $"{path}/{name}", $"An activity needs {(name == "id" ? "an id" : "a type")}, as text."));
                }
            }

            CheckKinds(json, path, id, ["customProperties", "metadata"], JsonValueKind.Object, problems);
            CheckItems(json, "connections", path, id, problems);
            if (CheckItems(json, "activities", path, id, problems))
            {
                var index = 0;
                foreach (var child in json.Member("activities").EnumerateArray())
                {
                    if (child.ValueKind == JsonValueKind.Object)
                    {
                        work.Enqueue((child, $"{path}/activities/{index}"));
                    }

                    index++;
                }
            }
        }
    }

    private static bool CheckItems(JsonElement owner, string name, string path, string? activity, List<DefinitionProblem> problems)
    {
        var list = owner.Member(name);
        if (list.ValueKind != JsonValueKind.Array)
        {
            if (activity is not null)
            {
                CheckKinds(owner, path, activity, [name], JsonValueKind.Array, problems);
            }

            return false;
        }

        var index = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                problems.Add(new DefinitionProblem(activity, $"{path}/{name}/{index}", $"This is an object, not {Say(item.ValueKind)}."));
            }

            index++;
        }

        return true;
    }

    private static void CheckKinds(
        JsonElement owner, string path, string? activity, IEnumerable<string> names, JsonValueKind expected, List<DefinitionProblem> problems)
    {
        foreach (var name in names)
        {
            var kind = owner.Member(name).ValueKind;
            if (kind != expected && kind is not (JsonValueKind.Undefined or JsonValueKind.Null))
            {
                problems.Add(new DefinitionProblem(activity, $"{path}/{name}", $"'{name}' is {Say(expected)}, not {Say(kind)}."));
            }
        }
    }

    private static string Say(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    private static InvalidDefinitionException Invalid(DefinitionProblem problem) => new([problem]);
}
