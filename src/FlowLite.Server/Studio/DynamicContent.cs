using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Expressions.Templates;
using FlowLite.Engine.Schema;

namespace FlowLite.Server.Studio;

/// <param name="Kind"><c>trigger | item | action | variables | inputs | run</c></param>
/// <param name="ActivityId">Of a trigger, a loop or an action.</param>
internal sealed record ContentGroup(string Title, string Kind, string? ActivityId, IReadOnlyList<ContentItem> Items);

/// <param name="Path">As a template says it: <c>trigger.body.UserDetails.Email</c>.</param>
/// <param name="Expression">The same in braces, ready to be inserted.</param>
/// <param name="Type">Of JSON schema, several with " or " between; <c>any</c> where it isn't known.</param>
internal sealed record ContentItem(string Title, string Path, string Expression, string Type, string? Description = null);

/// <summary>
/// Flow's "dynamic content": what the expressions of an activity can see, by where it is from, in names that people chose.
/// From a document as it stands, so that it is there while a draft is not finished.
/// </summary>
internal sealed partial class DynamicContent(ActivityRegistry registry)
{
    private const string HttpRequest = "FlowLite.HttpRequest";
    private static readonly string[] Loops = ["Elsa.ForEach", "Elsa.ParallelForEach"];

    /// <param name="activityId">Null, or one that isn't in the document yet: everything that any activity could see.</param>
    public IReadOnlyList<ContentGroup> Of(JsonElement document, string? activityId)
    {
        var graph = FlowGraph.Of(document);
        var node = activityId is null ? null : graph.Find(activityId);
        var before = node is null ? graph.Nodes : graph.Before(node);
        var groups = new List<ContentGroup>();
        groups.AddRange(Triggers(graph).Select(Trigger));
        if (node is not null && FlowGraph.Around(node).FirstOrDefault(c => Loops.Contains(c.Type)) is { } loop)
        {
            groups.Add(Item(loop, Triggers(graph)));
        }

        groups.AddRange(before.Where(IsAction).Select(Action));
        groups.Add(Variables(document, node is null ? graph.Nodes : FlowGraph.Around(node)));
        groups.Add(Inputs(document));
        groups.Add(Run());
        return [.. groups.Where(g => g.Items.Count > 0)];
    }

    private static List<FlowGraphNode> Triggers(FlowGraph graph) => [.. graph.Nodes.Where(n => n.Type == HttpRequest)];

    /// <summary>The schema of a trigger's body, or nothing if it has none that can be read.</summary>
    public static JsonElement? Schema(FlowGraphNode trigger)
    {
        var schema = trigger.Input("schema");
        if (schema.ValueKind == JsonValueKind.String)
        {
            try
            {
                schema = JsonElement.Parse(schema.GetString()!);
            }
            catch (JsonException)
            {
                return null;
            }
        }

        return schema.ValueKind == JsonValueKind.Object ? schema : null;
    }

    private static ContentGroup Trigger(FlowGraphNode trigger)
    {
        var fields = Schema(trigger) is { } schema ? SchemaFields.Of(schema) : [];
        var parameters = trigger.Input("relativePath") is { ValueKind: JsonValueKind.String } path
            ? Parameter().Matches(path.GetString()!).Select(m => m.Groups[1].Value)
            : [];
        return new ContentGroup(trigger.Title, "trigger", trigger.Id,
        [
            .. fields.Select(f => Field("trigger", f, "body")),
            .. parameters.Select(p => Entry(p, "string", "A parameter of the relative path.", "trigger", "path", p)),
            Entry("Body", fields.Count > 0 ? "object" : "any", "The whole body of the request.", "trigger", "body"),
            Entry("Headers", "object", "By name, whatever its case.", "trigger", "headers"),
            Entry("Queries", "object", "Query parameters of the URL, without the signature.", "trigger", "queries"),
        ]);
    }

    // Which array a loop goes through is known where it is a field of the trigger.
    private static ContentGroup Item(FlowGraphNode loop, List<FlowGraphNode> triggers)
    {
        IEnumerable<SchemaField> fields = [];
        if (loop.Input("items") is { ValueKind: JsonValueKind.String } items && BodyPath().Match(items.GetString()!) is { Success: true } match)
        {
            var path = match.Groups["name"].Captures.Select(c => c.Value).ToList();
            fields = triggers.Select(Schema).OfType<JsonElement>().Select(s => SchemaFields.OfItems(s, path)).FirstOrDefault(f => f.Count > 0) ?? [];
        }

        return new ContentGroup(loop.Title, "item", loop.Id,
            [Entry("Current item", fields.Any() ? "object" : "any", "What the loop is at.", "item"), .. fields.Select(f => Field("item", f))]);
    }

    private bool IsAction(FlowGraphNode node) =>
        node.Type != HttpRequest && registry.Find(node.Type) is { IsContainer: false };

    private ContentGroup Action(FlowGraphNode action)
    {
        var outputs = registry.Find(action.Type)!.Outputs;
        return new ContentGroup(action.Title, "action", action.Id,
        [
            .. outputs.Select(o => Entry(o.Settings.DisplayName ?? o.Name, JsonType(o.Type), o.Settings.Description, "actions", action.Name, "outputs", o.JsonName)),
            Entry("Status", "string", "Succeeded or Failed.", "actions", action.Name, "status"),
        ]);
    }

    private static ContentGroup Variables(JsonElement document, IEnumerable<FlowGraphNode> containers)
    {
        var declared = containers.Select(c => c.Json).Append(document)
            .SelectMany(json => Named(json, "variables"))
            .DistinctBy(v => v.Name);
        return new ContentGroup("Variables", "variables", null,
            [.. declared.Select(v => Entry(v.Name, JsonType(v.Type, v.IsArray), null, "variables", v.Name))]);
    }

    private static ContentGroup Inputs(JsonElement document) => new("Inputs", "inputs", null,
        [.. Named(document, "inputs").Select(i => Entry(i.Name, JsonType(i.Type, i.IsArray), null, "inputs", i.Name))]);

    private static ContentGroup Run() => new("Run", "run", null,
    [
        Entry("Run id", "string", null, "run", "id"),
        Entry("Started at", "string", "When the run was started, as ISO 8601 text.", "run", "now"),
        Entry("Tracking id of the sender", "string", "x-ms-client-tracking-id of the request.", "run", "clientTrackingId"),
        Entry("Root run id", "string", "The same for a run and its resubmits.", "run", "rootId"),
        Entry("Flow id", "string", null, "flow", "id"),
        Entry("Flow name", "string", null, "flow", "name"),
        Entry("Flow version", "integer", null, "flow", "version"),
    ]);

    private static IEnumerable<(string Name, string? Type, bool IsArray)> Named(JsonElement json, string member)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(member, out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        return list.EnumerateArray()
            .Where(v => v.ValueKind == JsonValueKind.Object && v.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String && name.GetString()!.Length > 0)
            .Select(v => (
                v.GetProperty("name").GetString()!,
                v.TryGetProperty("typeName", out var type) || v.TryGetProperty("type", out type) ? type.ToString() : null,
                v.TryGetProperty("isArray", out var isArray) && isArray.ValueKind == JsonValueKind.True));
    }

    private static ContentItem Field(string root, SchemaField field, params string[] below)
    {
        var path = TemplatePath.Of(root, [.. below, .. field.Path]);
        return new ContentItem(field.Title, path, TemplatePath.Expression(path), field.Type, field.Description);
    }

    private static ContentItem Entry(string title, string type, string? description, string root, params string[] names)
    {
        var path = TemplatePath.Of(root, names);
        return new ContentItem(title, path, TemplatePath.Expression(path), type, description);
    }

    private static string JsonType(Type type)
    {
        var alias = ElsaTypes.Alias(type);
        return alias.EndsWith("[]", StringComparison.Ordinal) ? "array" : type == typeof(object) || type == typeof(JsonElement) ? "any" : JsonType(alias, false);
    }

    private static string JsonType(string? elsaType, bool isArray) => isArray ? "array" : elsaType switch
    {
        "String" or "DateTimeOffset" or "DateTime" or "TimeSpan" or "Guid" => "string",
        "Boolean" => "boolean",
        "Int32" or "Int64" => "integer",
        "Double" or "Decimal" or "Single" => "number",
        "ObjectArray" => "array",
        _ => "any",
    };

    [GeneratedRegex(@"\{([A-Za-z_][A-Za-z0-9_]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^\s*\{\{-?\s*trigger\.body(?:\.(?<name>[A-Za-z_][A-Za-z0-9_]*))*\s*-?\}\}\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex BodyPath();
}
